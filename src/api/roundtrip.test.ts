// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  decodeProtobuf,
  decodeProtobufEnvelope,
  decodeProtobufWatchEvent,
  encodeJson,
  encodeProtobuf,
  encodeProtobufWatchEvent,
  DecodeError,
  formatYaml,
  fullTypeName,
  objectCodec,
  ProtobufError,
} from "../apimachinery/index.ts";
import { compactSchema, schemaRegistry } from "./schema.ts";

const FOLDER = fileURLToPath(new URL("../../../shared/data/kubernetes-v1.35/roundtrip/", import.meta.url));
const available = existsSync(FOLDER);
const skip = available ? false : "the reference encodings of Kubernetes are not beside the checkout";

/** Kinds of the document that have no reference. */
const WITHOUT_REFERENCE = new Set([
  "apiextensions.k8s.io/v1/CustomResourceDefinition",
  "apiregistration.k8s.io/v1/APIService",
]);

interface Reference {
  readonly kind: string;
  readonly typeName: string;
  readonly file: string;
}

function references(): Reference[] {
  const schema = compactSchema();
  return Object.entries(schema.types).flatMap(([short, type]) => {
    const [single, ...more] = type.kinds ?? [];
    if (!single || more.length || type.later || single.endsWith("List")) return [];
    const [group, version, kind] = single.split("/");
    const file = join(FOLDER, `${group || "core"}.${version}.${kind}`);
    return [{ kind: single, typeName: fullTypeName(schema.packages, short), file }];
  });
}

const withReference = (): Reference[] => references().filter(({ kind }) => !WITHOUT_REFERENCE.has(kind));
const read = (path: string): string => readFileSync(path, "utf8");

test("every kind but two has a reference", { skip }, () => {
  assert(readdirSync(FOLDER).length > 500);
  const missing = withReference().filter(({ file }) => !existsSync(`${file}.json`));
  assert.deepEqual(
    missing.map(({ kind }) => kind),
    [],
  );
  assert(withReference().length > 90);
});

test("the JSON of every kind is already in canonical form", { skip }, () => {
  for (const { typeName, file } of withReference()) {
    const text = read(`${file}.json`);
    const { object, strictErrors } = objectCodec(schemaRegistry(), typeName).decodeJson(text);
    assert.deepEqual(strictErrors, [], typeName);
    assert.deepEqual(object, JSON.parse(text), typeName);
  }
});

test("every kind is encoded in protobuf byte for byte as the original encodes it", { skip }, () => {
  for (const { typeName, file } of withReference()) {
    const { object } = objectCodec(schemaRegistry(), typeName).decodeJson(read(`${file}.json`));
    const bytes = encodeProtobuf(schemaRegistry(), typeName, object);
    assert.equal(Buffer.from(bytes).toString("hex"), readFileSync(`${file}.pb`).toString("hex"), typeName);
  }
});

test("every kind is decoded from protobuf into the reference's JSON", { skip }, () => {
  for (const { typeName, file } of withReference()) {
    const object = decodeProtobuf(schemaRegistry(), typeName, decodeProtobufEnvelope(readFileSync(`${file}.pb`)));
    assert.deepEqual(object, JSON.parse(read(`${file}.json`)), typeName);
  }
});

test("every kind is read from YAML, and written as the reference's YAML", { skip }, () => {
  for (const { typeName, file } of withReference()) {
    const yaml = read(`${file}.yaml`);
    const { object, strictErrors } = objectCodec(schemaRegistry(), typeName).decodeYaml(yaml);
    assert.deepEqual(strictErrors, [], typeName);
    assert.deepEqual(object, JSON.parse(read(`${file}.json`)), typeName);
    assert.equal(formatYaml(object), yaml, typeName);
  }
});

const POD = "io.k8s.api.core.v1.Pod";
const pod = () =>
  objectCodec(schemaRegistry(), POD).decodeJson(
    '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","generation":9007199254740993,"labels":{"b":"1","a":"é"}},' +
      '"spec":{"containers":[{"name":"c","livenessProbe":{"httpGet":{"port":"web"}},"resources":{"limits":{"cpu":"1"}}}],' +
      '"activeDeadlineSeconds":0}}',
  ).object;

test("an object survives protobuf with its 64-bit integers, zeros behind pointers, and map order", () => {
  const bytes = encodeProtobuf(schemaRegistry(), POD, pod());
  const back = decodeProtobuf(schemaRegistry(), POD, decodeProtobufEnvelope(bytes));
  assert.deepEqual(JSON.parse(encodeJson(back)), JSON.parse(encodeJson(pod())));
  assert.equal(back.metadata.generation as unknown, 9007199254740993n);
  assert.deepEqual(encodeProtobuf(schemaRegistry(), POD, back), bytes);
});

test("an event of a watch is a length and a message around the whole object", () => {
  const object = encodeProtobuf(schemaRegistry(), POD, pod());
  const frame = encodeProtobufWatchEvent("ADDED", object);
  assert.equal(new DataView(frame.buffer, frame.byteOffset).getUint32(0), frame.length - 4);
  assert.deepEqual(decodeProtobufWatchEvent(frame.subarray(4)), { type: "ADDED", object });
});

test("damaged bytes give an error or an object, never anything else", () => {
  const bytes = encodeProtobuf(schemaRegistry(), POD, pod());
  for (let i = 0; i < bytes.length * 8; i++) {
    const damaged = bytes.slice(0, i % 3 === 0 ? Math.floor(i / 8) : bytes.length);
    if (i % 3 !== 0) damaged[Math.floor(i / 8)]! ^= 1 << (i % 8);
    try {
      decodeProtobuf(schemaRegistry(), POD, decodeProtobufEnvelope(damaged));
    } catch (error) {
      assert(error instanceof ProtobufError || error instanceof DecodeError, `${i}: ${String(error)}`);
    }
  }
  assert.throws(() => decodeProtobufEnvelope(new TextEncoder().encode("{}")), {
    message: "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]",
  });
});
