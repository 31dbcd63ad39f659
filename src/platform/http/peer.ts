// SPDX-License-Identifier: Apache-2.0

import type { TLSSocket } from "node:tls";
import type { Peer } from "../../client/index.ts";

const listOf = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** Who is at the other end: the subject of its certificate, if it has one that the CA signed. */
export function peerOf(socket: TLSSocket): Peer {
  const address = `${socket.remoteAddress ?? "?"}:${socket.remotePort ?? 0}`;
  if (!socket.authorized) return { address };
  const { subject, fingerprint256 } = socket.getPeerCertificate();
  const commonName = listOf(subject?.CN as string | string[] | undefined)[0];
  if (!commonName) return { address };
  const organizations = listOf(subject.O as string | string[] | undefined);
  const fingerprint = fingerprint256?.replaceAll(":", "").toLowerCase();
  return { address, certificate: { commonName, organizations, fingerprint } };
}
