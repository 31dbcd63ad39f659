// SPDX-License-Identifier: Apache-2.0
// Runs a command of this checkout on the Node.js that it is pinned to, after installing what is missing. Plain
// JavaScript, since the Node.js that starts it may be as old as 20.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { arch, constants, platform } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { builtMain } from "../bin/built.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const stamp = join(modules, ".knarr-lock");
const descriptions = join(root, "src", "apiserver", "openapi", "generated");

/** Installs the pinned packages, unless the lock file says that they are there; true when it did. */
function installPackages() {
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return false;
  process.stderr.write("Installing the pinned npm packages …\n");
  const npm = spawnSync("npm", ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (npm.status !== 0) {
    process.stderr.write("npm install failed; its message stands above. Mend that and start again.\n");
    process.exit(1);
  }
  writeFileSync(stamp, lock);
  return true;
}

/** The pinned Node.js; this one where it is new enough and no pinned one exists for the platform. */
function nodeBinary() {
  const pinned = join(modules, `node-linux-${arch()}`, "bin", "node");
  if (platform() === "linux" && existsSync(pinned)) return pinned;
  if (Number(process.versions.node.split(".")[0]) >= 26) return process.execPath;
  process.stderr.write(`Knarr needs Node.js 26; this is ${process.versions.node}. Install Node.js 26 and start again.\n`);
  process.exit(1);
}

/** Makes what kubectl explain shows out of a package. Without it a server describes nothing, and works. */
function makeDescriptions(node, isNew) {
  if (existsSync(descriptions) && !isNew) return;
  const made = spawnSync(node, [join(root, "tools", "generate-descriptions.ts")], { stdio: ["ignore", 2, 2] });
  if (made.status !== 0) process.stderr.write("The texts of kubectl explain could not be made; going on without.\n");
}

/** Builds what starts faster. Without it, as in a checkout that may not be written, the sources run as they are. */
function build(node) {
  if (builtMain(root) || process.argv[2]?.endsWith("build.ts")) return;
  const { status, stderr } = spawnSync(node, [join(root, "tools", "build.ts")], {
    stdio: ["ignore", 2, "pipe"],
    encoding: "utf8",
  });
  if (status === 0) return;
  const reason = /^\w*Error\b.*$/m.exec(stderr)?.[0] ?? stderr.trim().split("\n").at(-1);
  process.stderr.write(`The build failed; going on with the sources. ${reason}\n`);
}

const isNew = installPackages();
const node = nodeBinary();
makeDescriptions(node, isNew);
build(node);
const child = spawn(node, process.argv.slice(2), {
  cwd: process.cwd(),
  stdio: "inherit",
  env: { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` },
});
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(name, () => child.kill(name));
child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
