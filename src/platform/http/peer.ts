// SPDX-License-Identifier: Apache-2.0

import { X509Certificate } from "node:crypto";
import type { PeerCertificate, TLSSocket } from "node:tls";
import { certificateUids } from "../../apiserver/index.ts";
import type { Peer } from "../../client/index.ts";

const ANY_USAGE = "2.5.29.37.0";

const listOf = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** TLS itself takes no certificate for any usage; everything else about it must be right. */
function isForAnyUsage(certificate: PeerCertificate, authority: X509Certificate | undefined, nowMs: number): boolean {
  if (!authority || !certificate.ext_key_usage?.includes(ANY_USAGE)) return false;
  const whole = new X509Certificate(certificate.raw);
  const isInTime = whole.validFromDate.getTime() <= nowMs && nowMs <= whole.validToDate.getTime();
  return isInTime && whole.checkIssued(authority) && whole.verify(authority.publicKey);
}

/** Who is at the other end: the subject of its certificate, if it has one that the CA signed. */
export function peerOf(socket: TLSSocket, clientCa?: X509Certificate): Peer {
  const address = `${socket.remoteAddress ?? "?"}:${socket.remotePort ?? 0}`;
  const certificate = socket.getPeerCertificate();
  if (!certificate?.raw) return { address };
  if (!socket.authorized && !isForAnyUsage(certificate, clientCa, Date.now())) return { address, badCertificate: true };
  const { subject, fingerprint256, raw } = certificate;
  const commonName = listOf(subject?.CN as string | string[] | undefined).at(-1);
  if (!commonName) return { address };
  const organizations = listOf(subject.O as string | string[] | undefined);
  const fingerprint = fingerprint256?.replaceAll(":", "").toLowerCase();
  const uids = certificateUids(raw);
  return {
    address,
    certificate: { commonName, organizations, fingerprint, ...(uids.length > 0 ? { uids } : {}) },
  };
}
