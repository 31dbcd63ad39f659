// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { StatusError } from "../../apimachinery/index.ts";
import { decodeContinue, encodeContinue } from "./continue-token.ts";

const V = '"v":"meta.k8s.io/v1"';
const token = (text: string): string => Buffer.from(text).toString("base64url");

function refusal(text: string): string {
  try {
    decodeContinue(text);
  } catch (error) {
    assert.ok(error instanceof StatusError && error.code === 400, String(error));
    return error.message.replace(/^invalid continue token: continue key is not valid: /, "");
  }
  return assert.fail(`${text} was taken`);
}

test("a token holds a place in a list, and its fields are read in any case", () => {
  const point = { revision: 7, start: "ns/name\0" };
  assert.deepEqual(decodeContinue(encodeContinue(point)), point);
  assert.deepEqual(decodeContinue(token(`{"V":"meta.k8s.io/v1","RV":-1,"Start":"/c3"}`)), {
    revision: -1,
    start: "c3",
  });
});

test("what is no token is refused in Go's words", () => {
  const cases: readonly [text: string, message: string][] = [
    ["a", "illegal base64 data at input byte 0"],
    ["abcde", "illegal base64 data at input byte 4"],
    ["ab=", "illegal base64 data at input byte 2"],
    ["ab\ncd", "invalid character 'i' looking for beginning of value"],
    [token(`{${V}`), "unexpected end of JSON input"],
    [token("[]"), "json: cannot unmarshal array into Go value of type storage.continueToken"],
    [token("null"), "server does not recognize this encoded version "],
    [token('{"v":1}'), "json: cannot unmarshal number into Go struct field continueToken.v of type string"],
    [token(`{${V},"rv":"x"}`), "json: cannot unmarshal string into Go struct field continueToken.rv of type int64"],
    [token(`{${V},"rv":1.5}`), "json: cannot unmarshal number 1.5 into Go struct field continueToken.rv of type int64"],
    [token('{"v":"v2","rv":1,"start":"a"}'), "server does not recognize this encoded version v2"],
    [token(`{${V},"rv":0,"start":"a"}`), "incorrect encoded start resourceVersion (version meta.k8s.io/v1)"],
    [token(`{${V},"rv":1}`), "encoded start key empty (version meta.k8s.io/v1)"],
    ...["../a", "a/../b", "a//b", "c3/", "."].map((start): [string, string] => [
      token(`{${V},"rv":1,"start":"${start}"}`),
      start,
    ]),
  ];
  for (const [text, message] of cases) assert.equal(refusal(text), message, text);
});
