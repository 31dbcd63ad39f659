// SPDX-License-Identifier: Apache-2.0

import { type Finding, type SourceFile, walk } from "./source-file.ts";

export const FILE_LINES_MAX = 600;
export const FUNCTION_LINES_MAX = 70;
const FIRST_LINE = "// SPDX-License-Identifier: Apache-2.0";

/** Files and functions that outgrew their concept. */
export function checkSizes(file: SourceFile): Finding[] {
  const findings: Finding[] = [];
  const lines = file.text.split("\n").length - 1;
  if (lines > FILE_LINES_MAX)
    findings.push({ path: file.path, line: 1, message: `has ${lines} lines; ${FILE_LINES_MAX} are the most` });
  if (!file.text.startsWith(FIRST_LINE))
    findings.push({ path: file.path, line: 1, message: `does not begin with "${FIRST_LINE}"` });
  walk(file.program, (node) => {
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
