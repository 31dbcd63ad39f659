// SPDX-License-Identifier: Apache-2.0

import { type PemBlock, pemBlocks } from "../validation/pem-blocks.ts";
import {
  BIT_STRING,
  derContents,
  derValues,
  type DerValue,
  INTEGER,
  OBJECT_IDENTIFIER,
  OCTET_STRING,
  SEQUENCE,
} from "./der.ts";

/** A public key: its algorithm, and what tells it from others of the algorithm where that can be read. */
interface PublicKey {
  readonly algorithm: string;
  readonly value: string | undefined;
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

const RSA = "2a864886f70d010101";
const EC = "2a8648ce3d0201";
const ED25519 = "2b6570";
const ALGORITHMS: readonly string[] = [RSA, EC, ED25519];
const EXPLICIT = 0xa0;
const PUBLIC_KEY_OF_EC = 0xa1;
/** Fields of a certificate between the version and the public key. */
const FIELDS_BEFORE_KEY = 5;

const algorithmOf = (identifier: DerValue | undefined): string | undefined => {
  const [oid] = (identifier?.tag === SEQUENCE && derValues(identifier.content)) || [];
  return oid?.tag === OBJECT_IDENTIFIER ? hex(oid.content) : undefined;
};

/** Modulus and exponent; a private key has a version before them. */
const rsaText = (numbers: readonly DerValue[]): string => numbers.map(({ content }) => hex(content)).join("/");

/** The first byte of a bit string says how many bits of the last one are unused. */
const bitsOf = (value: DerValue | undefined): Uint8Array | undefined =>
  value?.tag === BIT_STRING ? value.content.subarray(1) : undefined;

function publicKeyOf(certificate: Uint8Array): PublicKey | undefined {
  const [body] = derContents(certificate, SEQUENCE) ?? [];
  const fields = (body?.tag === SEQUENCE && derValues(body.content)) || [];
  const info = fields[(fields[0]?.tag === EXPLICIT ? 1 : 0) + FIELDS_BEFORE_KEY];
  const [identifier, key] = (info?.tag === SEQUENCE && derValues(info.content)) || [];
  const algorithm = algorithmOf(identifier);
  const bits = bitsOf(key);
  if (algorithm === undefined || !bits) return undefined;
  if (algorithm !== RSA) return { algorithm, value: hex(bits) };
  const numbers = derContents(bits, SEQUENCE);
  return numbers && { algorithm, value: rsaText(numbers) };
}

function ecKey(parts: readonly DerValue[]): PublicKey {
  const [bits] = derValues(parts.find(({ tag }) => tag === PUBLIC_KEY_OF_EC)?.content ?? new Uint8Array()) ?? [];
  const point = bitsOf(bits);
  return { algorithm: EC, value: point && hex(point) };
}

/** The public side of a private key: alone (PKCS #1), of a curve (SEC 1), or wrapped (PKCS #8). */
function publicSideOf(key: Uint8Array): PublicKey | undefined {
  const parts = derContents(key, SEQUENCE);
  const [version, second, third] = parts ?? [];
  if (!parts || version?.tag !== INTEGER) return undefined;
  if (second?.tag === INTEGER && third) return { algorithm: RSA, value: rsaText([second, third]) };
  if (second?.tag === OCTET_STRING) return ecKey(parts);
  const algorithm = algorithmOf(second);
  if (algorithm === undefined || third?.tag !== OCTET_STRING) return undefined;
  if (algorithm === RSA) return publicSideOf(third.content);
  return algorithm === EC ? ecKey(derContents(third.content, SEQUENCE) ?? []) : { algorithm, value: undefined };
}

const SKIPPED = "after skipping PEM blocks of the following types:";
const typesOf = (blocks: readonly PemBlock[]): string => `[${blocks.map(({ type }) => type).join(" ")}]`;

function certificateMistake(blocks: readonly PemBlock[]): string {
  if (blocks.length === 0) return "tls: failed to find any PEM data in certificate input";
  if (blocks.length === 1 && blocks[0]!.type.endsWith("PRIVATE KEY"))
    return "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched";
  return `tls: failed to find "CERTIFICATE" PEM block in certificate input ${SKIPPED} ${typesOf(blocks)}`;
}

function keyMistake(blocks: readonly PemBlock[]): string {
  if (blocks.length === 0) return "tls: failed to find any PEM data in key input";
  if (blocks.length === 1 && blocks[0]!.type === "CERTIFICATE")
    return "tls: found a certificate rather than a key in the PEM for the private key";
  return `tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input ${SKIPPED} ${typesOf(blocks)}`;
}

function unreadable(certificate: Uint8Array): string {
  const parts = derContents(certificate, SEQUENCE);
  return parts && parts[0]?.tag !== SEQUENCE ? "x509: malformed tbs certificate" : "x509: malformed certificate";
}

/**
 * Why a certificate and a private key, both as PEM, are no pair that a TLS server could use; undefined for one that can.
 * Signatures and curves are not computed: what only they could tell counts as right.
 */
export function keyPairMistake(certificates: string, keys: string): string | undefined {
  const certificateBlocks = pemBlocks(certificates);
  const certificate = certificateBlocks.find(({ type }) => type === "CERTIFICATE");
  if (!certificate) return certificateMistake(certificateBlocks);
  const keyBlocks = pemBlocks(keys);
  const key = keyBlocks.find(({ type }) => type === "PRIVATE KEY" || type.endsWith(" PRIVATE KEY"));
  if (!key) return keyMistake(keyBlocks);
  const publicKey = publicKeyOf(certificate.bytes);
  if (!publicKey) return unreadable(certificate.bytes);
  const publicSide = publicSideOf(key.bytes);
  if (!publicSide) return "tls: failed to parse private key";
  if (!ALGORITHMS.includes(publicKey.algorithm)) return "tls: unknown public key algorithm";
  if (publicSide.algorithm !== publicKey.algorithm) return "tls: private key type does not match public key type";
  const differs = publicSide.value !== undefined && publicSide.value !== publicKey.value;
  return differs ? "tls: private key does not match public key" : undefined;
}
