// SPDX-License-Identifier: Apache-2.0

import { type Finding, type SourceFile, type SyntaxNode, walk } from "./source-file.ts";

export const FILE_LINES_MAX = 600;
export const FUNCTION_LINES_MAX = 70;
const FIRST_LINE = "// SPDX-License-Identifier: Apache-2.0";

/** The body of a describe() in a test file: a list of tests, each of which has its own size. */
function isSuite(file: SourceFile, parent: SyntaxNode | undefined): boolean {
  if (!file.path.endsWith(".test.ts") || parent?.type !== "CallExpression") return false;
  return (parent["callee"] as SyntaxNode)["name"] === "describe";
}

/** Files and functions that outgrew their concept. */
export function checkSizes(file: SourceFile): Finding[] {
  const findings: Finding[] = [];
  const lines = file.text.split("\n").length - 1;
  if (lines > FILE_LINES_MAX)
    findings.push({ path: file.path, line: 1, message: `has ${lines} lines; ${FILE_LINES_MAX} are the most` });
  if (!file.text.startsWith(FIRST_LINE))
    findings.push({ path: file.path, line: 1, message: `does not begin with "${FIRST_LINE}"` });
  walk(file.program, (node, parent) => {
    if (isSuite(file, parent)) return;
    if (!/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type)) return;
    const length = file.lineOf(node.end) - file.lineOf(node.start) + 1;
    if (length <= FUNCTION_LINES_MAX) return;
    findings.push({
      path: file.path,
      line: file.lineOf(node.start),
      message: `holds a function of ${length} lines; ${FUNCTION_LINES_MAX} are the most`,
    });
  });
  return findings;
}
