// SPDX-License-Identifier: Apache-2.0

import {
  badRequest,
  conflict,
  fieldError,
  formatTime,
  invalidObject,
  type DeepReadonly,
  type FieldError,
  type KubeObject,
} from "../../apimachinery/index.ts";
import type { Pod, TokenRequest } from "../../api/index.ts";
import { randomUid, type Clock, type Random } from "../../base/index.ts";
import { serviceAccountTokenClaims, type ClaimRef } from "../authentication/service-account-claims.ts";
import type { TokenSigner } from "../authentication/token-ports.ts";
import { serviceAccountUserName } from "../authentication/user-names.ts";
import { namespaceMismatch } from "../registry/index.ts";
import type { ResourceStores } from "../resource-store.ts";

const GROUP = "authentication.k8s.io";
const DEFAULT_SECONDS = 3600;
const MIN_SECONDS = 10 * 60;
const MAX_SECONDS = 2 ** 32;
/** Tokens of pods that were made before clients reread them: valid a year, their use reported after the time asked for. */
const EXTENDED_SECONDS = 365 * 24 * 3600;
const EXTENDABLE_SECONDS = 3607;

export interface TokenRequestParts {
  readonly stores: ResourceStores;
  readonly signer: TokenSigner;
  readonly clock: Clock;
  readonly random: Random;
  readonly issuer: string;
  readonly audiences: readonly string[];
}

/** Fills what a TokenRequest leaves open. */
export function defaultTokenRequest(request: TokenRequest, audiences: readonly string[]): void {
  request.spec.expirationSeconds ??= DEFAULT_SECONDS;
  if (!request.spec.audiences?.length) request.spec.audiences = [...audiences];
}

export function tokenRequestErrors({ spec }: TokenRequest): FieldError[] {
  const seconds = spec.expirationSeconds ?? DEFAULT_SECONDS;
  if (seconds < MIN_SECONDS) {
    return [fieldError.invalid("spec.expirationSeconds", seconds, "may not specify a duration less than 10 minutes")];
  }
  if (seconds > MAX_SECONDS) {
    return [
      fieldError.invalid("spec.expirationSeconds", seconds, "may not specify a duration larger than 2^32 seconds"),
    ];
  }
  return [];
}

/** Name and namespace are the account's, whether the request says so or not; its UID, if given, must be. */
export function placeTokenRequest(request: TokenRequest, account: DeepReadonly<KubeObject>, now: string): void {
  const { namespace = "", name = "", uid = "" } = account.metadata;
  const { metadata } = request;
  if (metadata.uid && metadata.uid !== uid) {
    const why = `the UID in the token request (${metadata.uid}) does not match the UID of the service account (${uid})`;
    throw conflict({ group: GROUP, resource: "TokenRequest" }, name, why);
  }
  Object.assign(metadata, { name, namespace, uid, creationTimestamp: now });
  delete request.status;
}

/** Refuses a request whose metadata names another account than its path does. */
export function checkTokenRequestPlace({ metadata }: TokenRequest, place: { namespace: string; name: string }): void {
  if (metadata.namespace && metadata.namespace !== place.namespace) throw namespaceMismatch();
  if (!metadata.name || metadata.name === place.name) return;
  throw invalidObject({ group: GROUP, kind: "TokenRequest" }, place.name, [
    fieldError.invalid("metadata.name", metadata.name, "must match the service account name if specified"),
  ]);
}

const BOUND_RESOURCES: Readonly<Record<string, "pods" | "secrets" | "nodes">> = {
  Pod: "pods",
  Secret: "secrets",
  Node: "nodes",
};

const refOf = ({ metadata }: DeepReadonly<KubeObject>): ClaimRef => ({
  name: metadata.name ?? "",
  uid: metadata.uid ?? "",
});

interface Bound {
  readonly pod?: ClaimRef;
  readonly secret?: ClaimRef;
  readonly node?: ClaimRef;
}

/** Group and version of an apiVersion; one that cannot be read is none. */
function groupVersionOf(apiVersion: string): readonly [group: string, version: string] {
  const parts = apiVersion.split("/");
  if (parts.length > 2) return ["", ""];
  return parts.length === 2 ? [parts[0]!, parts[1]!] : ["", apiVersion];
}

async function bind(
  parts: TokenRequestParts,
  request: TokenRequest,
  { namespace = "", name: accountName = "" }: DeepReadonly<KubeObject>["metadata"],
): Promise<Bound> {
  const reference = request.spec.boundObjectRef;
  if (!reference) return {};
  const { kind = "", name = "", uid, apiVersion = "" } = reference;
  const [group, version] = groupVersionOf(apiVersion);
  const resource = group === "" ? BOUND_RESOURCES[kind] : undefined;
  if (!resource) {
    throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${kind}`);
  }
  if (name === "") throw badRequest("Name parameter required.");
  const found = await parts.stores.find("", resource)!.get(resource === "nodes" ? "" : namespace, name);
  if (resource === "pods") checkPodAccount(found as DeepReadonly<Pod>, accountName);
  if (uid && uid !== found.metadata.uid) {
    throw conflict(
      { group: "", resource: kind },
      name,
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  if (resource === "secrets") return { secret: refOf(found) };
  if (resource === "nodes") return { node: refOf(found) };
  return boundToPod(parts, found as DeepReadonly<Pod>);
}

function checkPodAccount({ spec }: DeepReadonly<Pod>, accountName: string): void {
  if (spec.serviceAccountName === accountName) return;
  throw badRequest(
    `cannot bind token for serviceaccount ${JSON.stringify(accountName)} to pod running with different serviceaccount name.`,
  );
}

function boundToPod(parts: TokenRequestParts, pod: DeepReadonly<Pod>): Bound {
  const { nodeName } = pod.spec;
  if (!nodeName) return { pod: refOf(pod) };
  const node = parts.stores.find("", "nodes")?.peek("", nodeName);
  return { pod: refOf(pod), node: node ? refOf(node) : { name: nodeName, uid: "" } };
}

/** Makes a token for a service account; the answer is the request with its status. */
export async function issueToken(
  parts: TokenRequestParts,
  account: DeepReadonly<KubeObject>,
  request: TokenRequest,
): Promise<TokenRequest> {
  const { namespace = "", name = "" } = account.metadata;
  const bound = await bind(parts, request, account.metadata);
  const seconds = request.spec.expirationSeconds ?? DEFAULT_SECONDS;
  const nowSeconds = Math.floor(parts.clock.nowMs() / 1000);
  const audiences = request.spec.audiences ?? parts.audiences;
  const forServer = audiences.every((audience) => parts.audiences.includes(audience));
  const isExtended = Boolean(bound.pod) && seconds === EXTENDABLE_SECONDS && forServer;
  const token = parts.signer.sign(
    serviceAccountTokenClaims({
      subject: serviceAccountUserName(namespace, name),
      issuer: parts.issuer,
      audiences,
      issuedAt: nowSeconds,
      notBefore: nowSeconds,
      expires: nowSeconds + (isExtended ? EXTENDED_SECONDS : seconds),
      id: randomUid(parts.random),
      kubernetes: {
        namespace,
        serviceaccount: refOf(account),
        ...bound,
        ...(isExtended ? { warnafter: nowSeconds + seconds } : {}),
      },
    }),
  );
  return {
    ...request,
    status: { token, expirationTimestamp: formatTime((nowSeconds + seconds) * 1000) },
  };
}
