// SPDX-License-Identifier: Apache-2.0
// npm test [-- PATTERN …]: the gate, then all tests (or those whose path contains a pattern).

import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const patterns = process.argv.slice(2);
/** A test file that hangs is a failure, not a wait. */
const FILE_TIMEOUT_MS = 600_000;

interface Suite {
  readonly name: string;
  readonly globs: readonly string[];
  /** Slow suites get a process for each file, one after the other; the others share one. */
  readonly isolated: boolean;
}

const SUITES: readonly Suite[] = [
  { name: "unit", globs: ["src/**/*.test.ts", "tools/**/*.test.ts", "test/contract/**/*.test.ts"], isolated: false },
  { name: "cluster", globs: ["test/scenario/**/*.test.ts", "test/simulation/**/*.test.ts"], isolated: true },
  { name: "end to end", globs: ["test/e2e/**/*.test.ts"], isolated: true },
];

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const chosen = (suite: Suite): string[] =>
  globSync([...suite.globs], { cwd: root })
    .sort()
    .filter((path) => patterns.length === 0 || patterns.some((pattern) => path.includes(pattern)));

function countOf(text: string, name: string): number {
  return Number(new RegExp(`^# ${name} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
}

/** What the report says of each test that failed: its name and its error. */
function failuresIn(text: string): string {
  const lines = text.split("\n");
  const shown: string[] = [];
  let inside = false;
  for (const line of lines) {
    if (/^\s*not ok /.test(line)) inside = true;
    else if (/^\s*(ok |# Subtest)/.test(line)) inside = false;
    if (inside) shown.push(line);
    if (/^\s*\.\.\.$/.test(line)) inside = false;
  }
  return shown.join("\n");
}

function run(suite: Suite, files: readonly string[]): Counts {
  const folder = mkdtempSync(join(tmpdir(), "knarr-test-"));
  try {
    const report = join(folder, "report.tap");
    const args = [
      "--test",
      ...(suite.isolated ? ["--test-concurrency=1"] : ["--test-isolation=none"]),
      `--test-timeout=${FILE_TIMEOUT_MS}`,
      "--test-reporter=dot",
      "--test-reporter-destination=stdout",
      "--test-reporter=tap",
      `--test-reporter-destination=${report}`,
      ...files,
    ];
    const result = spawnSync(process.execPath, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
    const text = readFileSync(report, "utf8");
    const counts = { passed: countOf(text, "pass"), failed: countOf(text, "fail"), skipped: countOf(text, "skipped") };
    if (result.status !== 0) process.stdout.write(`\n${failuresIn(text)}\n`);
    // A run that died says less than it should.
    if (result.status !== 0 && counts.failed === 0) counts.failed = 1;
    return counts;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const gate = spawnSync(process.execPath, ["tools/check.ts"], { cwd: root, stdio: "inherit" });
const total: Counts = { passed: 0, failed: gate.status === 0 ? 0 : 1, skipped: 0 };
for (const suite of SUITES) {
  const files = chosen(suite);
  if (files.length === 0) continue;
  process.stdout.write(`\n${suite.name}: ${files.length} files\n`);
  const counts = run(suite, files);
  process.stdout.write(
    `\n${suite.name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`,
  );
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
}
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
