// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { warningLines } from "./response-headers.ts";

const bytesOf = (text: string): string => Buffer.from(text, "utf8").toString("latin1");

test("a warning of any characters can be sent in a header", () => {
  const texts = ['unknown field "x\u6f22"', "tab\there", "back\\slash"];
  assert.deepEqual(warningLines(texts), [
    `299 - "unknown field \\"x${bytesOf("\u6f22")}\\""`,
    '299 - "tab here"',
    '299 - "back\\\\slash"',
  ]);
});
