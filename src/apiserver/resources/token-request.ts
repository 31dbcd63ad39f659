// SPDX-License-Identifier: Apache-2.0

import {
  conflict,
  fieldError,
  formatTime,
  invalidObject,
  notFound,
  type DeepReadonly,
  type FieldError,
  type KubeObject,
} from "../../apimachinery/index.ts";
import type { Pod, TokenRequest } from "../../api/index.ts";
import { randomUid, type Clock, type Random } from "../../base/index.ts";
import { serviceAccountTokenClaims, type ClaimRef } from "../authentication/service-account-claims.ts";
import type { TokenSigner } from "../authentication/token-ports.ts";
import { serviceAccountUserName } from "../authentication/user-names.ts";
import type { ResourceStores } from "../resource-store.ts";

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

function bind(parts: TokenRequestParts, request: TokenRequest, namespace: string, accountName: string): Bound {
  const reference = request.spec.boundObjectRef;
  if (!reference) return {};
  const { kind = "", name = "", uid } = reference;
  const resource = BOUND_RESOURCES[kind];
  if (!resource || (reference.apiVersion && reference.apiVersion !== "v1")) {
    throw invalidObject({ group: "authentication.k8s.io", kind: "TokenRequest" }, "", [
      fieldError.invalid(
        "spec.boundObjectRef",
        reference,
        `cannot bind token for serviceaccount to object of type ${reference.apiVersion ?? ""}, Kind=${kind}`,
      ),
    ]);
  }
  const found = parts.stores.find("", resource)?.peek(resource === "nodes" ? "" : namespace, name);
  if (!found) throw notFound({ group: "", resource }, name);
  if (uid && uid !== found.metadata.uid) {
    throw conflict(
      { group: "", resource },
      name,
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  if (resource === "secrets") return { secret: refOf(found) };
  if (resource === "nodes") return { node: refOf(found) };
  return bindPod(parts, found as DeepReadonly<Pod>, accountName, request);
}

function bindPod(parts: TokenRequestParts, pod: DeepReadonly<Pod>, accountName: string, request: TokenRequest): Bound {
  if (pod.spec.serviceAccountName !== accountName) {
    throw invalidObject({ group: "authentication.k8s.io", kind: "TokenRequest" }, "", [
      fieldError.invalid(
        "spec.boundObjectRef",
        request.spec.boundObjectRef,
        `cannot bind token for serviceaccount "${accountName}" to pod running with different serviceaccount name.`,
      ),
    ]);
  }
  const node = pod.spec.nodeName ? parts.stores.find("", "nodes")?.peek("", pod.spec.nodeName) : undefined;
  return {
    pod: refOf(pod),
    ...(node ? { node: refOf(node) } : pod.spec.nodeName ? { node: { name: pod.spec.nodeName, uid: "" } } : {}),
  };
}

/** Makes a token for a service account; the answer is the request with its status. */
export function issueToken(
  parts: TokenRequestParts,
  account: DeepReadonly<KubeObject>,
  request: TokenRequest,
): TokenRequest {
  const { namespace = "", name = "" } = account.metadata;
  const bound = bind(parts, request, namespace, name);
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
