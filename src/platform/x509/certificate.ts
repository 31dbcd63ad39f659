// SPDX-License-Identifier: Apache-2.0

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
  type KeyObject,
} from "node:crypto";
import { isIP } from "node:net";
import type { Random } from "../../base/index.ts";
import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  octetString,
  oid,
  printableString,
  sequence,
  set,
  time,
  utf8String,
} from "./der.ts";

/** A certificate and its private key, both PEM. */
export interface CertificateAndKey {
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateRequest {
  readonly commonName: string;
  readonly organizations?: readonly string[];
  readonly dnsNames?: readonly string[];
  readonly addresses?: readonly string[];
  /** What the certificate may be used for; a CA has its own uses. */
  readonly usages?: readonly ("client" | "server")[];
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

const OID = {
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  ed25519: "1.3.101.112",
  commonName: "2.5.4.3",
  organization: "2.5.4.10",
  subjectKeyId: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyId: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  server: "1.3.6.1.5.5.7.3.1",
  client: "1.3.6.1.5.5.7.3.2",
} as const;

const isEd25519 = (key: KeyObject): boolean => key.asymmetricKeyType === "ed25519";
const signatureAlgorithm = (key: KeyObject): Uint8Array =>
  sequence(oid(isEd25519(key) ? OID.ed25519 : OID.ecdsaWithSha256));
/** What stands before the 32 bytes of an Ed25519 private key in PKCS #8. */
const ED25519_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const ED25519_SEED_BYTES = 32;
const SERIAL_BYTES = 16;

/** keyUsage: digitalSignature + keyEncipherment for leaves; digitalSignature + keyEncipherment + keyCertSign for a CA. */
const LEAF_USE = bitString(Uint8Array.of(0b1010_0000), 5);
const CA_USE = bitString(Uint8Array.of(0b1010_0100), 2);

const attribute = (type: string, value: Uint8Array): Uint8Array => set(sequence(oid(type), value));

function nameOf(commonName: string, organizations: readonly string[] = []): Uint8Array {
  const printable = /^[A-Za-z0-9 '()+,\-./:=?]*$/;
  const text = (value: string): Uint8Array => (printable.test(value) ? printableString(value) : utf8String(value));
  return sequence(
    ...organizations.map((organization) => attribute(OID.organization, text(organization))),
    attribute(OID.commonName, text(commonName)),
  );
}

const extension = (type: string, critical: boolean, value: Uint8Array): Uint8Array =>
  critical ? sequence(oid(type), boolean(true), octetString(value)) : sequence(oid(type), octetString(value));

/** An address in network order: 4 or 16 bytes. */
function addressBytes(address: string): Uint8Array {
  if (isIP(address) === 4) return Uint8Array.from(address.split(".").map(Number));
  const [head = "", tail] = address.split("::");
  const groups = (text: string): number[] => (text ? text.split(":").map((group) => Number.parseInt(group, 16)) : []);
  const left = groups(head);
  const right = groups(tail ?? "");
  const zeros = tail === undefined ? [] : new Array<number>(8 - left.length - right.length).fill(0);
  return Uint8Array.from([...left, ...zeros, ...right].flatMap((group) => [group >> 8, group & 0xff]));
}

function altNames(request: CertificateRequest): Uint8Array[] {
  const encoder = new TextEncoder();
  return [
    ...(request.dnsNames ?? []).map((name) => implicit(2, encoder.encode(name))),
    ...(request.addresses ?? []).map((address) => implicit(7, addressBytes(address))),
  ];
}

/** Which key an extension means: SHA-1 over the public key's bits, as everybody computes it. */
function keyIdOf(spki: Uint8Array): Uint8Array {
  // P-256 keys end in 65 bytes of uncompressed point.
  return createHash("sha1").update(spki.subarray(-65)).digest();
}

interface Issuer {
  readonly name: Uint8Array;
  readonly keyId: Uint8Array;
  readonly key: KeyObject;
}

function extensionsOf(request: CertificateRequest, spki: Uint8Array, issuer: Issuer, isCa: boolean): Uint8Array {
  const names = altNames(request);
  const usages = (request.usages ?? []).map((usage) => oid(OID[usage]));
  return sequence(
    extension(OID.keyUsage, true, isCa ? CA_USE : LEAF_USE),
    ...(usages.length > 0 ? [extension(OID.extendedKeyUsage, false, sequence(...usages))] : []),
    extension(OID.basicConstraints, true, isCa ? sequence(boolean(true)) : sequence()),
    extension(OID.subjectKeyId, false, octetString(keyIdOf(spki))),
    ...(isCa ? [] : [extension(OID.authorityKeyId, false, sequence(implicit(0, issuer.keyId)))]),
    ...(names.length > 0 ? [extension(OID.subjectAltName, false, sequence(...names))] : []),
  );
}

function signed(
  request: CertificateRequest,
  spki: Uint8Array,
  issuer: Issuer,
  options: { readonly isCa: boolean; readonly random?: Random },
): string {
  const { isCa, random } = options;
  const serial = random ? random.bytes(SERIAL_BYTES) : randomBytes(SERIAL_BYTES);
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  const body = sequence(
    explicit(0, integer(Uint8Array.of(2))),
    integer(serial),
    signatureAlgorithm(issuer.key),
    issuer.name,
    sequence(time(new Date(request.notBeforeMs)), time(new Date(request.notAfterMs))),
    nameOf(request.commonName, request.organizations),
    spki,
    explicit(3, extensionsOf(request, spki, issuer, isCa)),
  );
  const signature = sign(isEd25519(issuer.key) ? null : "sha256", body, issuer.key);
  return pemOf("CERTIFICATE", sequence(body, signatureAlgorithm(issuer.key), bitString(signature)));
}

function pemOf(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** A key pair of the machine's randomness, or the one that a seeded Random gives each time. */
function newKey(random?: Random): { key: KeyObject; spki: Uint8Array; pem: string } {
  const { privateKey, publicKey } = random ? seededKey(random) : generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    key: privateKey,
    spki: publicKey.export({ type: "spki", format: "der" }),
    pem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

/** Ed25519, since its keys are any 32 bytes and its signatures hold no randomness of their own. */
function seededKey(random: Random): { privateKey: KeyObject; publicKey: KeyObject } {
  const der = Buffer.concat([ED25519_PREFIX, random.bytes(ED25519_SEED_BYTES)]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

/** Signs certificates for the servers and clients of one cluster. */
export class CertificateAuthority {
  readonly certificate: string;
  readonly key: string;
  readonly #issuer: Issuer;

  constructor(pair: CertificateAndKey, key: KeyObject) {
    this.certificate = pair.certificate;
    this.key = pair.key;
    const parsed = new X509Certificate(pair.certificate);
    const spki = createPublicKey(key).export({ type: "spki", format: "der" });
    this.#issuer = { name: subjectNameOf(parsed), keyId: keyIdOf(spki), key };
  }

  /** A new self-signed authority; with a seeded Random the same one each time. */
  static create(request: CertificateRequest, random?: Random): CertificateAuthority {
    const { key, spki, pem } = newKey(random);
    const issuer = { name: nameOf(request.commonName, request.organizations), keyId: keyIdOf(spki), key };
    return new CertificateAuthority(
      { certificate: signed(request, spki, issuer, { isCa: true, random }), key: pem },
      key,
    );
  }

  /** A certificate with a key of its own. */
  issue(request: CertificateRequest): CertificateAndKey {
    const { spki, pem } = newKey();
    return { certificate: signed(request, spki, this.#issuer, { isCa: false }), key: pem };
  }
}

/** The issuer name of what an authority signs is its own subject, attribute for attribute. */
function subjectNameOf(certificate: X509Certificate): Uint8Array {
  const values = (key: string): string[] =>
    certificate.subject
      .split("\n")
      .filter((line) => line.startsWith(`${key}=`))
      .map((line) => line.slice(key.length + 1));
  return nameOf(values("CN")[0] ?? "", values("O"));
}
