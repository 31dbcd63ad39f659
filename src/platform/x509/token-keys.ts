// SPDX-License-Identifier: Apache-2.0

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from "node:crypto";
import { promisify } from "node:util";
import type { JsonWebKey, TokenClaims, TokenSigner, TokenVerification, TokenVerifier } from "../../apiserver/index.ts";

type Algorithm = "ES256" | "RS256";
const RSA_BITS = 2048;

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

const pemOf = (privateKey: KeyObject): string => privateKey.export({ type: "pkcs8", format: "pem" }).toString();

/** A new elliptic private key for service account tokens, PEM: made in a millisecond, where nobody else reads the tokens. */
export const createEllipticTokenKey = (): string =>
  pemOf(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);

const generateKeys = promisify(generateKeyPair);

/** A new private key for service account tokens, PEM: RSA, as every reader of tokens knows it. Takes a while, beside other work. */
export async function createTokenKey(): Promise<string> {
  return pemOf((await generateKeys("rsa", { modulusLength: RSA_BITS })).privateKey);
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
    verify(token): TokenVerification {
      const [head, body, signature, more] = token.split(".");
      const header = head ? parsed(head) : undefined;
      if (!header || !body || !signature || more !== undefined) return { reason: "malformed" };
      const id = header["kid"];
      const keys = id ? trusted.filter((entry) => entry.id === id) : trusted;
      if (keys.length === 0) return { reason: "unknown key" };
      const signed = Buffer.from(`${head}.${body}`);
      const bytes = Buffer.from(signature, "base64url");
      const good = keys.some(
        ({ algorithm, key }) => header["alg"] === algorithm && verify("sha256", signed, keyOptions(key), bytes),
      );
      const claims = good ? parsed(body) : undefined;
      return claims ? { claims } : { reason: "bad signature" };
    },
  };
}
