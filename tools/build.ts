// SPDX-License-Identifier: Apache-2.0
// Builds what is published: JavaScript and declarations in dist/.

import { spawnSync } from "node:child_process";
import { cpSync, globSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const config = join(root, "tsconfig.build.json");

rmSync(join(root, "dist"), { recursive: true, force: true });
writeFileSync(
  config,
  JSON.stringify({
    extends: "./tsconfig.json",
    compilerOptions: { noEmit: false, declaration: true, outDir: "dist", rootDir: "src" },
    include: ["src/**/*.ts"],
    exclude: ["src/**/*.test.ts"],
  }),
);
try {
  const tsc = spawnSync(join(root, "node_modules", ".bin", "tsc"), ["-p", config], { cwd: root, stdio: "inherit" });
  if (tsc.status !== 0) process.exit(1);
} finally {
  rmSync(config);
}
// A build needs what a set-up makes, whether there was one or not.
const made = spawnSync(process.execPath, [join(root, "tools", "generate-descriptions.ts")], { stdio: "inherit" });
if (made.status !== 0) process.exit(1);
for (const path of globSync("src/**/*.json", { cwd: root }))
  cpSync(join(root, path), join(root, "dist", path.slice("src/".length)));
