// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { pemBlocks } from "./pem-blocks.ts";

const block = (type: string, body: string): string => `-----BEGIN ${type}-----\n${body}-----END ${type}-----\n`;
const textsOf = (text: string): string[] =>
  pemBlocks(text).map(
    ({ type, hasHeaders, bytes }) => `${type}${hasHeaders ? " with headers" : ""}: ${Buffer.from(bytes)}`,
  );

const GOOD = block("A", "YQ==\n");

const TEXTS: readonly (readonly [what: string, text: string, blocks: readonly string[]])[] = [
  ["one block", GOOD, ["A: a"]],
  ["text around blocks", `x\n${GOOD}y\n${block("B C", "Yg==\n")}z`, ["A: a", "B C: b"]],
  ["lines ended as elsewhere", GOOD.replaceAll("\n", "\r\n"), ["A: a"]],
  ["content in several lines", block("A", "YW\n Jj\t\n"), ["A: abc"]],
  ["nothing in it", block("A", ""), ["A: "]],
  ["headers", block("A", "Proc-Type: 4\n\nYQ==\n"), ["A with headers: a"]],
  ["a header after the content", block("A", "YQ==\nx: y\n"), []],
  ["no base64", block("A", "!\n") + GOOD, ["A: a"]],
  ["no padding", block("A", "YQ\n"), []],
  ["another end", "-----BEGIN B-----\nYQ==\n-----END A-----\n", []],
  ["an end with something after it", "-----BEGIN A-----\nYQ==\n-----END A----- x\n", []],
  ["a beginning before another", `-----BEGIN B-----\n${GOOD}`, ["A: a"]],
  ["a beginning within a line", `x${GOOD}`, []],
  ["no end", "-----BEGIN A-----\nYQ==\n", []],
];

test("blocks of PEM text are found as Go finds them", () => {
  for (const [what, text, blocks] of TEXTS) assert.deepEqual(textsOf(text), blocks, what);
});
