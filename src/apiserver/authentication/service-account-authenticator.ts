// SPDX-License-Identifier: Apache-2.0

import { type DeepReadonly, type KubeObject, goQuotedList } from "../../apimachinery/index.ts";
import type { Clock } from "../../base/index.ts";
import type { UserInfo } from "../request-context.ts";
import type { ResourceStores } from "../resource-store.ts";
import { BadCredentials, type AuthenticatedToken, type TokenAuthenticator } from "./authenticator.ts";
import { LegacyTokens } from "./legacy-tokens.ts";
import { parseServiceAccountToken, unverifiedIssuer, type ServiceAccountToken } from "./service-account-claims.ts";
import type { TokenVerifier } from "./token-ports.ts";
import {
  AUTHENTICATED,
  CREDENTIAL_ID_KEY,
  NODE_NAME_KEY,
  NODE_UID_KEY,
  POD_NAME_KEY,
  POD_UID_KEY,
  serviceAccountGroups,
  serviceAccountUserName,
} from "./user-names.ts";

/** Clocks of issuer and checker may differ by this much. */
const LEEWAY_SECONDS = 60;
/** A bound object that is being deleted counts as gone this long after its deletionTimestamp. */
const DELETED_GRACE_MS = 60_000;
/** Who signed the tokens that secrets hold. */
const LEGACY_ISSUER = "kubernetes/serviceaccount";
const INVALIDATED = "service account token has been invalidated";
const BAD_SIGNATURE = {
  malformed: "invalid bearer token",
  "unknown key": "invalid signature, no keys found",
  "bad signature": "go-jose/go-jose: error in cryptographic primitive",
} as const;

export interface ServiceAccountAuthenticatorOptions {
  readonly verifier: TokenVerifier;
  readonly clock: Clock;
  readonly stores: ResourceStores;
  readonly issuer: string;
  readonly audiences: readonly string[];
}

/** Tokens that this cluster's issuer signed: signature, time, audience, and that what they are bound to still exists. */
export class ServiceAccountAuthenticator implements TokenAuthenticator {
  readonly #options: ServiceAccountAuthenticatorOptions;
  readonly #legacy: LegacyTokens;

  constructor(options: ServiceAccountAuthenticatorOptions) {
    this.#options = options;
    this.#legacy = new LegacyTokens(options);
  }

  authenticateToken(text: string, wanted = this.#options.audiences): AuthenticatedToken | undefined {
    const issuer = unverifiedIssuer(text);
    const isLegacy = issuer === LEGACY_ISSUER;
    if (!isLegacy && issuer !== this.#options.issuer) return undefined;
    const verified = this.#options.verifier.verify(text);
    if (!verified.claims) throw new BadCredentials(BAD_SIGNATURE[verified.reason]);
    const token = parseServiceAccountToken(verified.claims);
    const own = token.audiences.length === 0 ? this.#options.audiences : token.audiences;
    const audiences = own.filter((audience) => wanted.includes(audience));
    if (audiences.length === 0) {
      throw new BadCredentials(
        `token audiences ${goQuotedList(own)} is invalid for the target audiences ${goQuotedList(wanted)}`,
      );
    }
    if (isLegacy) return { ...this.#legacy.check(text, verified.claims), audiences };
    this.#checkTime(token);
    this.#checkBound(token);
    return { user: userOf(token), audiences };
  }

  #checkTime(token: ServiceAccountToken): void {
    const nowSeconds = this.#options.clock.nowMs() / 1000;
    const isLater = (seconds: number | undefined) => seconds !== undefined && nowSeconds + LEEWAY_SECONDS < seconds;
    if (isLater(token.notBefore)) throw new BadCredentials("service account token is not valid yet");
    if (token.expires !== undefined && nowSeconds - LEEWAY_SECONDS > token.expires) {
      throw new BadCredentials("service account token has expired");
    }
    if (isLater(token.issuedAt)) throw new BadCredentials("service account token is issued in the future");
  }

  #checkBound({ kubernetes: k }: ServiceAccountToken): void {
    const { namespace, serviceaccount } = k;
    const account = this.#peek("serviceaccounts", namespace, serviceaccount.name);
    if (!account) throw new BadCredentials(`serviceaccounts ${JSON.stringify(serviceaccount.name)} not found`);
    const uid = account.metadata.uid ?? "";
    if (uid !== serviceaccount.uid) {
      throw new BadCredentials(`service account UID (${uid}) does not match claim (${serviceaccount.uid})`);
    }
    if (this.#isGone(account)) {
      throw new BadCredentials(`service account ${namespace}/${serviceaccount.name} has been deleted`);
    }
    this.#checkReference("secret", k);
    this.#checkReference("pod", k);
    // A node named beside a pod only informs; alone it is what the token is bound to.
    if (!k.pod) this.#checkReference("node", k);
  }

  #checkReference(kind: "pod" | "secret" | "node", kubernetes: ServiceAccountToken["kubernetes"]): void {
    const reference = kubernetes[kind];
    if (!reference) return;
    const namespace = kind === "node" ? "" : kubernetes.namespace;
    const found = this.#peek(`${kind}s`, namespace, reference.name);
    if (!found) throw new BadCredentials(INVALIDATED);
    const uid = found.metadata.uid ?? "";
    if (uid !== reference.uid) {
      throw new BadCredentials(
        `${kind} UID (${uid}) does not match service account ${kind} ref claim (${reference.uid})`,
      );
    }
    if (this.#isGone(found)) throw new BadCredentials(INVALIDATED);
  }

  #peek(resource: string, namespace: string, name: string): DeepReadonly<KubeObject> | undefined {
    return this.#options.stores.find("", resource)?.peek(namespace, name);
  }

  #isGone(object: DeepReadonly<KubeObject>): boolean {
    const { deletionTimestamp } = object.metadata;
    if (!deletionTimestamp) return false;
    return Date.parse(deletionTimestamp) + DELETED_GRACE_MS < this.#options.clock.nowMs();
  }
}

function userOf({ id, kubernetes: k }: ServiceAccountToken): UserInfo {
  const extra: Record<string, readonly string[]> = {};
  if (id) extra[CREDENTIAL_ID_KEY] = [`JTI=${id}`];
  if (k.node) {
    extra[NODE_NAME_KEY] = [k.node.name];
    if (k.node.uid) extra[NODE_UID_KEY] = [k.node.uid];
  }
  if (k.pod) {
    extra[POD_NAME_KEY] = [k.pod.name];
    extra[POD_UID_KEY] = [k.pod.uid];
  }
  return {
    name: serviceAccountUserName(k.namespace, k.serviceaccount.name),
    uid: k.serviceaccount.uid,
    groups: [...serviceAccountGroups(k.namespace), AUTHENTICATED],
    ...(Object.keys(extra).length > 0 ? { extra } : {}),
  };
}
