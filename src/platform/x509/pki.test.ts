// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connect, createServer, type TLSSocket } from "node:tls";
import type { AddressInfo } from "node:net";
import {
  createEllipticTokenKey,
  createTokenKey,
  needsRenewal,
  openPki,
  Pki,
  readPki,
  tokenSigner,
  tokenVerifier,
} from "./index.ts";

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const DAY_MS = 86_400_000;

test("certificates say who they are for and are signed by the cluster's authority", () => {
  const pki = Pki.create({ nowMs: NOW });
  const ca = new X509Certificate(pki.ca.certificate);
  const server = new X509Certificate(
    pki.serverCertificate({
      commonName: "kube-apiserver",
      dnsNames: ["localhost", "kubernetes.default.svc"],
      addresses: ["127.0.0.1", "10.96.0.1", "fd00::1:2"],
      nowMs: NOW,
    }).certificate,
  );
  assert.equal(ca.ca, true);
  assert.equal(ca.verify(ca.publicKey), true);
  assert.equal(server.ca, false);
  assert.equal(server.checkIssued(ca), true);
  assert.equal(server.verify(ca.publicKey), true);
  assert.equal(server.checkHost("kubernetes.default.svc"), "kubernetes.default.svc");
  assert.equal(server.checkIP("10.96.0.1"), "10.96.0.1");
  assert.equal(server.checkIP("fd00::1:2"), "fd00::1:2");
  assert.deepEqual(server.keyUsage, ["1.3.6.1.5.5.7.3.1"]);
});

test("a kubelet's client certificate names its node in the group of nodes", () => {
  const pki = Pki.create({ nowMs: NOW });
  const { client } = pki.kubeletCertificates({ nodeName: "n1", addresses: ["10.0.0.2"], nowMs: NOW });
  assert.equal(new X509Certificate(client.certificate).subject, "O=system:nodes\nCN=system:node:n1");
});

test("a PKI that was kept issues certificates under the same authority", () => {
  const first = Pki.create({ nowMs: NOW });
  const second = Pki.fromFiles(first.toFiles());
  const leaf = new X509Certificate(second.clientCertificate({ commonName: "a", nowMs: NOW }).certificate);
  const ca = new X509Certificate(first.ca.certificate);
  assert.equal(leaf.checkIssued(ca) && leaf.verify(ca.publicKey), true);
  assert.deepEqual(second.verifier.verify(first.signer.sign({ sub: "x" })), { claims: { sub: "x" } });
});

test("a certificate is due for renewal in the last fifth of its life", () => {
  const { certificate } = Pki.create({ nowMs: NOW }).clientCertificate({
    commonName: "a",
    nowMs: NOW,
    lifetimeMs: 100 * DAY_MS,
  });
  assert.equal(needsRenewal(certificate, NOW + 79 * DAY_MS), false);
  assert.equal(needsRenewal(certificate, NOW + 81 * DAY_MS), true);
});

test("TLS accepts the certificates both ways", async () => {
  const nowMs = Date.now();
  const pki = Pki.create({ nowMs });
  const server = pki.serverCertificate({ commonName: "kube-apiserver", addresses: ["127.0.0.1"], nowMs });
  const client = pki.clientCertificate({ commonName: "alice", organizations: ["a", "b"], nowMs });
  const subjects: unknown[] = [];
  const listener = createServer(
    { cert: server.certificate, key: server.key, ca: pki.ca.certificate, requestCert: true, rejectUnauthorized: true },
    (socket: TLSSocket) => {
      subjects.push({ ...socket.getPeerCertificate().subject });
      socket.end("ok");
    },
  );
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as AddressInfo;
  const socket = connect({
    host: "127.0.0.1",
    port,
    ca: pki.ca.certificate,
    cert: client.certificate,
    key: client.key,
  });
  const answer: Buffer[] = [];
  for await (const chunk of socket) answer.push(chunk as Buffer);
  listener.close();
  assert.equal(Buffer.concat(answer).toString(), "ok");
  assert.deepEqual(subjects, [{ O: ["a", "b"], CN: "alice" }]);
});

for (const [algorithm, create] of [
  ["ES256", () => Promise.resolve(createEllipticTokenKey())],
  ["RS256", createTokenKey],
] as const) {
  test(`an ${algorithm} token is good until a byte of it changes`, async () => {
    const key = await create();
    const token = tokenSigner(key).sign({ iss: "me", n: 1 });
    const verifier = tokenVerifier([createEllipticTokenKey(), key]);
    assert.equal(verifier.keys[1]!["alg"], algorithm);
    assert.deepEqual(verifier.verify(token), { claims: { iss: "me", n: 1 } });
    const [head, body, signature] = token.split(".");
    const forged = `${head}.${Buffer.from('{"iss":"you"}').toString("base64url")}.${signature}`;
    assert.deepEqual(verifier.verify(forged), { reason: "bad signature" });
    const other = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
    assert.deepEqual(verifier.verify(`${other}.${body}.${signature}`), { reason: "bad signature" });
    assert.deepEqual(tokenVerifier([createEllipticTokenKey()]).verify(token), { reason: "unknown key" });
    assert.deepEqual(verifier.verify("nope"), { reason: "malformed" });
  });
}

test("a folder keeps the key that it has: tokens of an elliptic key stay good", async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "pki-"));
  context.after(() => rm(folder, { recursive: true }));
  const old = Pki.create({ nowMs: NOW });
  await writeFile(join(folder, "pki.json"), JSON.stringify(old.toFiles()));
  const opened = await openPki(folder, { nowMs: NOW });
  assert.deepEqual(opened.verifier.verify(old.signer.sign({ sub: "x" })), { claims: { sub: "x" } });
});

test("a new folder signs with RSA and opens again", async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "pki-"));
  context.after(() => rm(folder, { recursive: true }));
  const made = await openPki(folder, { nowMs: NOW });
  assert.equal(made.verifier.keys[0]!["alg"], "RS256");
  assert.deepEqual(readPki(folder).verifier.verify(made.signer.sign({ sub: "x" })), { claims: { sub: "x" } });
});
