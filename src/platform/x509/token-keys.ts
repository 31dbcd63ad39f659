// SPDX-License-Identifier: Apache-2.0

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from "node:crypto";
import type { JsonWebKey, TokenClaims, TokenSigner, TokenVerifier } from "../../apiserver/index.ts";

type Algorithm = "ES256" | "RS256";

const isRsa = (key: KeyObject): boolean => key.asymmetricKeyType === "rsa";
const algorithmOf = (key: KeyObject): Algorithm => (isRsa(key) ? "RS256" : "ES256");

/** JWS signatures by elliptic curves are the two numbers side by side, not DER. */
const keyOptions = (key: KeyObject) => (isRsa(key) ? { key } : { key, dsaEncoding: "ieee-p1363" as const });

const segment = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** How upstream names a key: SHA-256 over its SubjectPublicKeyInfo. */
const keyIdOf = (key: KeyObject): string =>
  createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("base64url");

/** A new private key for service account tokens, PEM. Elliptic: made in a millisecond, signs in 30 µs. */
export function createTokenKey(algorithm: Algorithm = "ES256"): string {
  const { privateKey } =
    algorithm === "ES256"
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : generateKeyPairSync("rsa", { modulusLength: 2048 });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** Signs tokens with a private key in PEM. */
export function tokenSigner(privateKeyPem: string): TokenSigner {
  const key = createPrivateKey(privateKeyPem);
  const header = segment({ alg: algorithmOf(key), kid: keyIdOf(createPublicKey(key)) });
  const options = keyOptions(key);
  return {
    sign(claims) {
      const signed = `${header}.${segment(claims)}`;
      return `${signed}.${sign("sha256", Buffer.from(signed), options).toString("base64url")}`;
    },
  };
}

interface TrustedKey {
  readonly id: string;
  readonly algorithm: Algorithm;
  readonly key: KeyObject;
}

function jwkOf({ id, algorithm, key }: TrustedKey): JsonWebKey {
  const { kty, crv, x, y, n, e } = key.export({ format: "jwk" });
  const own: JsonWebKey = kty === "EC" ? { crv: crv!, x: x!, y: y! } : { n: n!, e: e! };
  return { use: "sig", kty: kty!, kid: id, alg: algorithm, ...own };
}

function parsed(part: string): TokenClaims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null ? (value as TokenClaims) : undefined;
  } catch {
    return undefined;
  }
}

/** Checks tokens against keys in PEM, private or public. The algorithm is the key's, never the token's choice. */
export function tokenVerifier(keyPems: readonly string[]): TokenVerifier {
  const trusted = keyPems.map((pem): TrustedKey => {
    const key = createPublicKey(pem);
    return { id: keyIdOf(key), algorithm: algorithmOf(key), key };
  });
  return {
    keys: trusted.map(jwkOf),
    verify(token) {
      const [head, body, signature, more] = token.split(".");
      if (!head || !body || !signature || more !== undefined) return undefined;
      const header = parsed(head);
      const key = trusted.find((entry) => entry.id === header?.["kid"]);
      if (!key || header?.["alg"] !== key.algorithm) return undefined;
      const signed = Buffer.from(`${head}.${body}`);
      const good = verify("sha256", signed, keyOptions(key.key), Buffer.from(signature, "base64url"));
      return good ? parsed(body) : undefined;
    },
  };
}
