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

/** The claims of a token whose signature is good, or why it is not. */
export type TokenVerification =
  | { readonly claims: TokenClaims }
  | { readonly claims?: undefined; readonly reason: "malformed" | "unknown key" | "bad signature" };

/** Checks signatures of service account tokens, by any key that is still trusted. */
export interface TokenVerifier {
  /** Checks nothing but the signature. */
  verify(token: string): TokenVerification;
  readonly keys: readonly JsonWebKey[];
}
