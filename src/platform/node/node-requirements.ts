// SPDX-License-Identifier: Apache-2.0

import { access, constants } from "node:fs/promises";
import { join } from "node:path";

/** Programs that a real node needs, by the Debian package that has them. */
export const NODE_PROGRAMS: Readonly<Record<string, string>> = {
  containerd: "containerd",
  ctr: "containerd",
  runc: "runc",
  nft: "nftables",
  ip: "iproute2",
  nsenter: "util-linux",
  unshare: "util-linux",
  flock: "util-linux",
  tini: "tini",
  catatonit: "catatonit",
};

const CNI_BRIDGES = ["/opt/cni/bin/bridge", "/usr/lib/cni/bridge", "/usr/libexec/cni/bridge"];

/** Why this process cannot run real nodes, in words; false when it can. */
export async function missingForNodes(): Promise<string | false> {
  if (process.platform !== "linux") return "Real nodes need Linux";
  if (process.getuid?.() !== 0) return "Real nodes need root";
  const missing = new Set<string>();
  for (const [program, source] of Object.entries(NODE_PROGRAMS)) if (!(await isOnPath(program))) missing.add(source);
  const bridges = await Promise.all(CNI_BRIDGES.map(isExecutable));
  if (!bridges.includes(true)) missing.add("containernetworking-plugins");
  return missing.size > 0 ? `Real nodes need the packages ${[...missing].join(", ")}` : false;
}

/** Debian keeps some of the programs where the path of a plain user does not lead. */
const SYSTEM_FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"];

async function isOnPath(program: string): Promise<boolean> {
  const folders = [...(process.env.PATH ?? "").split(":"), ...SYSTEM_FOLDERS];
  for (const folder of folders) if (folder && (await isExecutable(join(folder, program)))) return true;
  return false;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
