// SPDX-License-Identifier: Apache-2.0

import type { TokenClaims } from "./token-ports.ts";

/** A named object that a token is bound to. */
export interface ClaimRef {
  readonly name: string;
  readonly uid: string;
}

/** What the `kubernetes.io` claim of a service account token holds. */
export interface ServiceAccountClaims {
  readonly namespace: string;
  readonly serviceaccount: ClaimRef;
  readonly pod?: ClaimRef;
  readonly secret?: ClaimRef;
  readonly node?: ClaimRef;
  /** Seconds since 1970 after which use of an extended token is reported. */
  readonly warnafter?: number;
}

/** A parsed service account token: registered claims and our own. */
export interface ServiceAccountToken {
  readonly subject: string;
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly issuedAt: number | undefined;
  readonly notBefore: number | undefined;
  readonly expires: number | undefined;
  readonly id: string;
  readonly kubernetes: ServiceAccountClaims;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

function refOf(value: unknown): ClaimRef | undefined {
  return isRecord(value) ? { name: text(value["name"]), uid: text(value["uid"]) } : undefined;
}

function audiencesOf(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** Who signed a token, as it says itself: nothing is checked yet. undefined when it is no JWT. */
export function unverifiedIssuer(token: string): string | undefined {
  const [, payload, signature, more] = token.split(".");
  if (payload === undefined || signature === undefined || more !== undefined) return undefined;
  try {
    const bytes = Uint8Array.fromBase64(payload, { alphabet: "base64url" });
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isRecord(claims) ? text(claims["iss"]) : undefined;
  } catch {
    return undefined;
  }
}

const NOBODY: ClaimRef = { name: "", uid: "" };

/** Reads verified claims; what they leave out is empty. */
export function parseServiceAccountToken(claims: TokenClaims): ServiceAccountToken {
  const kubernetes = claims["kubernetes.io"];
  const own = isRecord(kubernetes) ? kubernetes : {};
  return {
    subject: text(claims["sub"]),
    issuer: text(claims["iss"]),
    audiences: audiencesOf(claims["aud"]),
    issuedAt: number(claims["iat"]),
    notBefore: number(claims["nbf"]),
    expires: number(claims["exp"]),
    id: text(claims["jti"]),
    kubernetes: {
      namespace: text(own["namespace"]),
      serviceaccount: refOf(own["serviceaccount"]) ?? NOBODY,
      pod: refOf(own["pod"]),
      secret: refOf(own["secret"]),
      node: refOf(own["node"]),
      warnafter: number(own["warnafter"]),
    },
  };
}

/** The claims of a new token, in the order in which upstream writes them. */
export function serviceAccountTokenClaims(token: ServiceAccountToken): TokenClaims {
  const { kubernetes: k } = token;
  return {
    aud: token.audiences,
    exp: token.expires,
    iat: token.issuedAt,
    iss: token.issuer,
    jti: token.id,
    "kubernetes.io": {
      namespace: k.namespace,
      ...(k.node ? { node: k.node } : {}),
      ...(k.pod ? { pod: k.pod } : {}),
      ...(k.secret ? { secret: k.secret } : {}),
      serviceaccount: k.serviceaccount,
      ...(k.warnafter === undefined ? {} : { warnafter: k.warnafter }),
    },
    nbf: token.notBefore,
    sub: token.subject,
  };
}
