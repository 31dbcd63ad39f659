// SPDX-License-Identifier: Apache-2.0

import type { Secret, ServiceAccount } from "../../api/index.ts";
import type { Cached } from "../../client/index.ts";

/** The type of secrets that hold a token of a service account. */
export const TOKEN_SECRET = "kubernetes.io/service-account-token";

const ACCOUNT_NAME = "kubernetes.io/service-account.name";
const ACCOUNT_UID = "kubernetes.io/service-account.uid";
const CLAIM = "kubernetes.io/serviceaccount/";
/** Tells these tokens from those that end. */
const ISSUER = "kubernetes/serviceaccount";

/** An account as a secret names it; without a uid any account of that name will do. */
export interface AccountName {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** What a token secret must hold whatever its account. */
export interface TokenContent {
  /** PEM; nothing is written when it is empty. */
  readonly rootCa: string;
  /** A JWT over the claims. */
  signToken(claims: Readonly<Record<string, string>>): string;
}

/** Which account it is; of one that is gone nothing more is known. */
interface Account {
  readonly metadata: Partial<AccountName>;
}

const base64 = (text: string): string => new TextEncoder().encode(text).toBase64();

/** The account that a token secret names by its annotations. */
export function accountOf({ metadata }: Cached<Secret>): AccountName {
  const { namespace = "", annotations = {} } = metadata;
  return { namespace, name: annotations[ACCOUNT_NAME] ?? "", uid: annotations[ACCOUNT_UID] ?? "" };
}

/** Whether an account is the one that was named. */
export const isAccount = ({ metadata }: Account, { name, uid }: AccountName): boolean =>
  metadata.name === name && (uid === "" || metadata.uid === uid);

function claimsOf(secret: Cached<Secret>, { metadata }: Account): Readonly<Record<string, string>> {
  const { namespace = "", name = "", uid = "" } = metadata;
  return {
    iss: ISSUER,
    [`${CLAIM}namespace`]: namespace,
    [`${CLAIM}secret.name`]: secret.metadata.name,
    [`${CLAIM}service-account.name`]: name,
    [`${CLAIM}service-account.uid`]: uid,
    sub: `system:serviceaccount:${namespace}:${name}`,
  };
}

/** The secret with what it lacks: token, certificate authority, namespace. Undefined when it lacks nothing. */
export function filledSecret(secret: Cached<Secret>, account: Account, content: TokenContent): Secret | undefined {
  const { metadata, data = {} } = secret as Secret;
  const ca = base64(content.rootCa);
  const missing: Record<string, string> = {};
  if (ca && data["ca.crt"] !== ca) missing["ca.crt"] = ca;
  if (!data["namespace"]) missing["namespace"] = base64(metadata.namespace ?? "");
  if (!data["token"]) missing["token"] = base64(content.signToken(claimsOf(secret, account)));
  if (Object.keys(missing).length === 0) return undefined;
  const annotations = {
    ...metadata.annotations,
    [ACCOUNT_NAME]: account.metadata.name ?? "",
    [ACCOUNT_UID]: account.metadata.uid ?? "",
  };
  return { ...(secret as Secret), metadata: { ...metadata, annotations }, data: { ...data, ...missing } };
}

/** The account without its references to a secret; undefined when it has none. */
export function withoutReference(account: ServiceAccount, secretName: string): ServiceAccount | undefined {
  const secrets = account.secrets?.filter(({ name }) => name !== secretName) ?? [];
  return secrets.length === (account.secrets?.length ?? 0) ? undefined : { ...account, secrets };
}
