// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToBase64 } from "../../apimachinery/index.ts";
import { keyPairMistake } from "./tls-key-pair.ts";

const der = (tag: number, ...parts: (readonly number[])[]): number[] => {
  const content = parts.flat();
  assert.ok(content.length < 128);
  return [tag, content.length, ...content];
};
const SEQUENCE = 0x30;
const integer = (...bytes: number[]): number[] => der(0x02, bytes);
const octets = (content: readonly number[]): number[] => der(0x04, content);
const bits = (content: readonly number[]): number[] => der(0x03, [0], content);
const RSA = der(SEQUENCE, der(0x06, [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1]));
const EC = der(SEQUENCE, der(0x06, [0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1]));
const pem = (type: string, bytes: readonly number[]): string =>
  `-----BEGIN ${type}-----\n${bytesToBase64(Uint8Array.from(bytes))}\n-----END ${type}-----\n`;

function certificate(algorithm: readonly number[], key: readonly number[]): string {
  const empty = der(SEQUENCE);
  const info = der(SEQUENCE, algorithm, bits(key));
  const body = der(SEQUENCE, der(0xa0, integer(2)), integer(1), empty, empty, empty, empty, info);
  return pem("CERTIFICATE", der(SEQUENCE, body));
}

const rsaKey = (modulus: number): number[] => der(SEQUENCE, integer(0), integer(modulus), integer(3));
const ecKey = (point: number): number[] => der(SEQUENCE, integer(1), octets([9]), der(0xa1, bits([point])));
const rsaCertificate = certificate(RSA, der(SEQUENCE, integer(5), integer(3)));

test("a certificate and its key are a pair, whatever the key is wrapped in", () => {
  const wrapped = der(SEQUENCE, integer(0), RSA, octets(rsaKey(5)));
  assert.equal(keyPairMistake(rsaCertificate, pem("RSA PRIVATE KEY", rsaKey(5))), undefined);
  assert.equal(keyPairMistake(`text\n${rsaCertificate}`, pem("PRIVATE KEY", wrapped)), undefined);
  assert.equal(keyPairMistake(certificate(EC, [7]), pem("EC PRIVATE KEY", ecKey(7))), undefined);
});

test("another key is told from the right one", () => {
  const mismatch = "tls: private key does not match public key";
  assert.equal(keyPairMistake(rsaCertificate, pem("RSA PRIVATE KEY", rsaKey(6))), mismatch);
  assert.equal(keyPairMistake(certificate(EC, [7]), pem("EC PRIVATE KEY", ecKey(8))), mismatch);
  const otherType = "tls: private key type does not match public key type";
  assert.equal(keyPairMistake(rsaCertificate, pem("EC PRIVATE KEY", ecKey(7))), otherType);
});

const key = pem("PRIVATE KEY", [0]);
const mistakes: readonly (readonly [string, string, string])[] = [
  ["x", key, "tls: failed to find any PEM data in certificate input"],
  [
    key,
    key,
    "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched",
  ],
  [
    key + key,
    key,
    'tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [PRIVATE KEY PRIVATE KEY]',
  ],
  [rsaCertificate, "x", "tls: failed to find any PEM data in key input"],
  [rsaCertificate, rsaCertificate, "tls: found a certificate rather than a key in the PEM for the private key"],
  [rsaCertificate, key, "tls: failed to parse private key"],
  [pem("CERTIFICATE", [0x30]), key, "x509: malformed certificate"],
  [pem("CERTIFICATE", [0x30, 0]), key, "x509: malformed tbs certificate"],
];

for (const [certificates, keys, mistake] of mistakes)
  test(`told of a pair: ${mistake}`, () => assert.equal(keyPairMistake(certificates, keys), mistake));
