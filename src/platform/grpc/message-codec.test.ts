// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import protobuf from "protobufjs";
import { MessageCodec } from "./message-codec.ts";

const codec = new MessageCodec({
  enums: { Color: "RED GREEN BLUE" },
  messages: {
    Inner: "name=1",
    All: `text=1 number:int=2 flag:bool=3 data:bytes=4 labels:map=5 inner:Inner=6 many:Inner[]=7 numbers:int[]=8
      color:Color=9 colors:Color[]=10 ratio:double=11 far=1000`,
  },
});

/** The same message for an implementation that others wrote. */
const reference = protobuf
  .parse(`
  syntax = "proto3";
  enum Color { RED = 0; GREEN = 1; BLUE = 2; }
  message Inner { string name = 1; }
  message All {
    string text = 1; int64 number = 2; bool flag = 3; bytes data = 4; map<string, string> labels = 5; Inner inner = 6;
    repeated Inner many = 7; repeated int64 numbers = 8; Color color = 9; repeated Color colors = 10;
    double ratio = 11; string far = 1000;
  }`)
  .root.lookupType("All");

const full = {
  text: "Grüße",
  number: -2,
  flag: true,
  data: Buffer.from([1, 2, 3]),
  labels: { a: "b", c: "" },
  inner: { name: "inner" },
  many: [{ name: "x" }, { name: "y" }],
  numbers: [0, 1, 300, 2 ** 40, -(2 ** 40)],
  color: "BLUE",
  colors: ["RED", "GREEN"],
  ratio: 0.25,
  far: "away",
};

test("what is encoded is read by protobuf.js, and what that encodes is read", () => {
  const read: Record<string, unknown> = reference.toObject(reference.decode(codec.encode("All", full)), {
    longs: Number,
    enums: String,
  });
  assert.deepEqual({ ...read, data: Buffer.from(read.data as Uint8Array) }, full);
  const written = reference.encode(reference.fromObject(full)).finish();
  assert.deepEqual(codec.decode("All", written), full);
});

test("what is absent has protobuf's defaults; an absent message is undefined", () => {
  assert.deepEqual(codec.decode("All", new Uint8Array(0)), {
    text: "",
    number: 0,
    flag: false,
    data: new Uint8Array(0),
    labels: {},
    inner: undefined,
    many: [],
    numbers: [],
    color: "RED",
    colors: [],
    ratio: 0,
    far: "",
  });
  assert.equal(codec.encode("All", { text: "", number: 0, flag: false, color: "RED" }).length, 0);
});

test("fields that are not known are passed over", () => {
  const inner = new MessageCodec({ enums: {}, messages: { All: "text=1" } });
  assert.deepEqual(inner.decode("All", codec.encode("All", full)), { text: "Grüße" });
});

test("a message that is cut off fails", () => {
  const bytes = codec.encode("All", { text: "long enough" });
  assert.throws(() => codec.decode("All", bytes.subarray(0, 5)), /ends inside/);
});

test("a table that names an unknown type is refused", () => {
  assert.throws(() => new MessageCodec({ enums: {}, messages: { A: "b:C=1" } }), /unknown type C/);
});
