// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { bodyEncoding } from "./body-types.ts";
import { negotiate } from "./media-types.ts";

const TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1";

/** What an endpoint of a built-in kind answers, in short. */
function chosen(header: string, type: "builtIn" | "custom" | "passing" | "plain" = "builtIn"): string {
  const found = negotiate(header, type);
  return found ? `${found.encoding} ${found.shape}` : "none";
}

test("the best clause that can be answered is chosen", () => {
  assert.equal(chosen("application/json;q=0.5,application/yaml;q=0.9"), "yaml object");
  assert.equal(chosen("*/*;q=0.9,application/yaml;q=0.1"), "yaml object");
  assert.equal(chosen("application/*"), "json object");
  assert.equal(chosen("*"), "json object");
  assert.equal(chosen("text/html,*/*;q=0.1"), "json object");
  assert.equal(chosen("application/json;q=abc,application/yaml"), "yaml object");
});

test("what cannot be understood is no clause", () => {
  for (const header of [",", ";", "json", "application/json/x", "APPLICATION/JSON", "application/cbor"]) {
    assert.equal(chosen(header), "none", header);
  }
  assert.equal(chosen("application/cbor,application/json"), "json object");
  assert.equal(chosen("application/json;charset=utf-8;x=1"), "json object");
});

test("tables and metadata are made where they can be, and passed over where not", () => {
  assert.equal(chosen(TABLE), "json table");
  assert.equal(chosen(TABLE.replace("v=v1", "v=v2")), "none");
  assert.equal(chosen("application/json;as=Table"), "none");
  assert.equal(chosen("application/json;g=meta.k8s.io"), "none");
  assert.equal(chosen('application/json;as="Table";g=meta.k8s.io;v=v1'), "none");
  assert.equal(chosen(TABLE.replace("json", "vnd.kubernetes.protobuf")), "none");
  assert.equal(chosen(TABLE.replace("json", "yaml")), "yaml table");
  assert.equal(chosen(TABLE, "passing"), "none");
  assert.equal(chosen(`${TABLE},application/json`, "passing"), "json object");
  assert.equal(chosen(TABLE, "plain"), "none");
  const metadata = "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
  assert.equal(chosen(metadata, "custom"), "protobuf metadata");
  assert.equal(chosen(metadata.replace("Metadata;", "MetadataList;"), "custom"), "protobuf metadataList");
});

test("custom kinds have no protobuf of their own", () => {
  assert.equal(chosen("application/vnd.kubernetes.protobuf", "custom"), "none");
  assert.equal(chosen("application/vnd.kubernetes.protobuf,application/json", "custom"), "json object");
});

test("streams and versions of the server are parameters that must fit", () => {
  assert.equal(chosen("application/json;stream=watch"), "json object");
  assert.equal(chosen("application/json;stream=other"), "none");
  assert.equal(chosen("application/yaml;stream=watch"), "none");
  assert.equal(chosen("application/json;sv=v1"), "json object");
  assert.equal(chosen("application/json;sv=v2"), "none");
  assert.equal(chosen("application/json;sv=v1", "plain"), "none");
});

test("a body's type may have parameters, but no second type", () => {
  assert.equal(bodyEncoding(undefined), "json");
  assert.equal(bodyEncoding("application/json; charset=utf-8"), "json");
  assert.equal(bodyEncoding('Application/YAML; a="b c"'), "yaml");
  assert.equal(bodyEncoding("application/json;"), "json");
  assert.equal(bodyEncoding("application/json, text/plain"), undefined);
  assert.equal(bodyEncoding("application/json; a=1; a=2"), undefined);
  assert.equal(bodyEncoding("application/json; a=1; a=1"), "json");
  assert.equal(bodyEncoding("text/plain"), undefined);
});
