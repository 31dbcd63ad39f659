// SPDX-License-Identifier: Apache-2.0

import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { checkSourceTree } from "./check/source-tree.ts";

const root = process.argv[2] ?? dirname(dirname(fileURLToPath(import.meta.url)));

interface Step {
  readonly name: string;
  run(): { readonly ok: boolean; readonly output: string };
}

const command = (name: string, args: readonly string[]): Step => ({
  name,
  run() {
    const result = spawnSync(args[0]!, args.slice(1), { cwd: root, encoding: "utf8" });
    const output = `${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}`;
    return { ok: result.status === 0, output };
  },
});

const sourceTree: Step = {
  name: "borders, banned globals, sizes",
  run() {
    const { files, findings } = checkSourceTree(root);
    const lines = findings.map((f) => `${f.path}:${f.line}: ${f.message}`);
    return { ok: findings.length === 0, output: [...lines, `${files} files checked`].join("\n") };
  },
};

const bin = (name: string): string => `${root}/node_modules/.bin/${name}`;

const STEPS: readonly Step[] = [
  command("format", [bin("biome"), "format", "."]),
  command("lint", [bin("oxlint"), "--type-aware", "--deny-warnings", "src", "test", "bench", "tools"]),
  command("types", [bin("tsc"), "-p", "tsconfig.json"]),
  sourceTree,
  command("generated files", [process.execPath, "tools/generate.ts", "--check"]),
];

let failed = false;
for (const step of STEPS) {
  const { ok, output } = step.run();
  process.stdout.write(`${ok ? "ok    " : "FAILED"} ${step.name}\n`);
  if (!ok) {
    failed = true;
    process.stdout.write(`${output.trimEnd()}\n`);
  }
}
process.exitCode = failed ? 1 : 0;
