// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from "node:fs";
import { parseSync } from "oxc-parser";

/** A node of the syntax tree, as far as the checks look at it. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** A parsed source file. */
export interface SourceFile {
  /** Relative to the checkout, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly program: SyntaxNode;
  /** Line of an offset, from 1. */
  lineOf(offset: number): number;
}

/** A line of the report. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

export function parseSource(root: string, path: string): SourceFile {
  const text = readFileSync(`${root}/${path}`, "utf8");
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]!.message}`);
  const starts = [0];
  for (let i = text.indexOf("\n"); i >= 0; i = text.indexOf("\n", i + 1)) starts.push(i + 1);
  const lineOf = (offset: number): number => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
  return { path, text, program: program as unknown as SyntaxNode, lineOf };
}

const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";

/** Visits every node, parents first. */
export function walk(node: SyntaxNode, visit: (node: SyntaxNode, parent: SyntaxNode | undefined) => void): void {
  const enter = (current: SyntaxNode, parent: SyntaxNode | undefined): void => {
    visit(current, parent);
    for (const key in current) {
      const value = current[key];
      if (Array.isArray(value)) {
        for (const item of value) if (isNode(item)) enter(item, current);
      } else if (isNode(value)) enter(value, current);
    }
  };
  enter(node, undefined);
}
