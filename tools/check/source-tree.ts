// SPDX-License-Identifier: Apache-2.0

import { globSync } from "node:fs";
import { checkBanned } from "./banned.ts";
import { checkBorders } from "./borders.ts";
import { checkSizes } from "./sizes.ts";
import { type Finding, parseSource } from "./source-file.ts";

/** A tree with fewer files than this was not found, and a check of nothing is no check. */
const FILES_MIN = 10;

/** Checks one source file. */
export function checkFile(root: string, path: string): Finding[] {
  const file = parseSource(root, path);
  return [...checkBorders(file), ...checkBanned(file), ...checkSizes(file)];
}

/** Checks every source file of a checkout: borders, banned globals, sizes. */
export function checkSourceTree(root: string): { readonly files: number; readonly findings: readonly Finding[] } {
  const paths = globSync(["src/**/*.ts", "test/**/*.ts", "bench/**/*.ts", "tools/**/*.ts"], { cwd: root })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => !path.includes("/generated/"))
    .sort();
  const findings: Finding[] = [];
  if (paths.length < FILES_MIN)
    findings.push({ path: root, line: 1, message: `only ${paths.length} source files were found` });
  for (const path of paths) findings.push(...checkFile(root, path));
  return { files: paths.length, findings };
}
