// SPDX-License-Identifier: Apache-2.0

import { spawn } from "node:child_process";
import { accessSync, constants, existsSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

/** What a real node needs, and the Debian package that brings it. */
const NEEDED: readonly { readonly package: string; readonly any: readonly string[] }[] = [
  { package: "containerd", any: ["containerd"] },
  { package: "runc", any: ["runc"] },
  { package: "containernetworking-plugins", any: ["/usr/lib/cni/bridge", "/opt/cni/bin/bridge"] },
  { package: "nftables", any: ["nft"] },
  { package: "iproute2", any: ["ip"] },
  { package: "util-linux", any: ["nsenter"] },
  { package: "tini", any: ["tini"] },
  { package: "catatonit", any: ["catatonit", "/usr/libexec/podman/catatonit"] },
  { package: "conntrack", any: ["conntrack"] },
];
/** Answers to maintainer scripts that they may not start a service. */
const POLICY_FILE = "/usr/sbin/policy-rc.d";
const FORBIDDEN_BY_POLICY = 101;
const SHOWN_LINES = 5;

function isThere(program: string): boolean {
  if (program.startsWith("/")) return existsSync(program);
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin", "/usr/bin", "/bin"];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Debian packages of which nothing is on this machine. */
export function missingPackages(): string[] {
  return NEEDED.filter(({ any }) => !any.some(isThere)).map((need) => need.package);
}

function run(command: string, args: readonly string[], signal: AbortSignal): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      signal,
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" },
    });
    let output = "";
    const keep = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

/**
 * Installs the Debian packages that are missing for real nodes; removes nothing and starts no service. Fails with a
 * sentence that says what to install where that is not possible.
 */
export async function ensurePackages(options: {
  say(step: string): void;
  readonly signal: AbortSignal;
}): Promise<void> {
  const missing = missingPackages();
  if (missing.length === 0) return;
  const list = missing.join(" ");
  if (!isThere("apt-get")) throw new Error(`Real nodes need ${list}; install them, or use --nodes 0 --simulate 3.`);
  options.say(`Installing ${list}`);
  const ownPolicy = !existsSync(POLICY_FILE);
  if (ownPolicy) writeFileSync(POLICY_FILE, `#!/bin/sh\nexit ${FORBIDDEN_BY_POLICY}\n`, { mode: 0o755 });
  try {
    const install = ["install", "-y", "--no-install-recommends", "--no-remove", ...missing];
    let result = await run("apt-get", install, options.signal);
    if (result.code !== 0) {
      await run("apt-get", ["update"], options.signal);
      result = await run("apt-get", install, options.signal);
    }
    if (result.code === 0) return;
    const end = result.output.trimEnd().split("\n").slice(-SHOWN_LINES).join("\n");
    throw new Error(`'apt-get install ${list}' failed; mend that, or use --nodes 0 --simulate 3:\n${end}`);
  } finally {
    if (ownPolicy) rmSync(POLICY_FILE, { force: true });
  }
}
