// SPDX-License-Identifier: Apache-2.0

import { join } from "node:path";
import { ADMIN, type KubeconfigEntry } from "../cluster/index.ts";
import { readPki, RealClock } from "../platform/index.ts";
import type { ClusterFolder, ClusterRecord } from "./cluster-folder.ts";

/** The administrator's way into a cluster, with a certificate issued now. */
export function adminEntry(folder: ClusterFolder, record: ClusterRecord): KubeconfigEntry {
  const nowMs = new RealClock().nowMs();
  const pki = readPki(join(record.dataDir, "pki"));
  const { certificate, key } = pki.clientCertificate({ ...ADMIN, nowMs });
  const server = `https://127.0.0.1:${record.port}`;
  return { name: folder.context, server, ca: pki.ca.certificate, certificate, key };
}
