// SPDX-License-Identifier: Apache-2.0

/** The claims of a JWT, as JSON. */
export type TokenClaims = Readonly<Record<string, unknown>>;

/** Signs service account tokens; the private key stays in platform/. */
export interface TokenSigner {
  /** A compact JWT over the claims, with alg and kid in its header. */
  sign(claims: TokenClaims): string;
}

/** A public key as /openid/v1/jwks shows it. */
export type JsonWebKey = Readonly<Record<string, string>>;

/** Checks signatures of service account tokens, by any key that is still trusted. */
export interface TokenVerifier {
  /** The claims when the signature is good; undefined when the token is not ours. Checks nothing else. */
  verify(token: string): TokenClaims | undefined;
  readonly keys: readonly JsonWebKey[];
}
