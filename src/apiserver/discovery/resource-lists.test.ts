// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { builtInKinds } from "../../api/index.ts";
import { groupDiscoveryList } from "./aggregated-discovery.ts";
import { compareVersions, resourceList, servedGroups } from "./resource-lists.ts";
import { sha256Hex } from "./sha256.ts";

const DATA = new URL("../../../../shared/data/kubernetes-v1.35/discovery/", import.meta.url);
const skip = existsSync(DATA) ? false : "shared/data is not beside the checkout";
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, DATA), "utf8"));

const groups = servedGroups(builtInKinds());
const storedAs = <T>(kind: T): T => kind;

test("aggregated discovery is upstream's", { skip }, () => {
  const core = groups.filter(({ name }) => name === "");
  const others = groups.filter(({ name }) => name !== "");
  assert.deepEqual(groupDiscoveryList(core), read("api-aggregated.json"));
  assert.deepEqual(groupDiscoveryList(others), read("apis-aggregated.json"));
});

test("resource lists are upstream's, storage version hashes among them", { skip }, () => {
  const find = (name: string) => groups.find((group) => group.name === name)!.versions[0]!;
  assert.deepEqual(resourceList("", find(""), storedAs), read("core-v1.json"));
  assert.deepEqual(resourceList("apps", find("apps"), storedAs), read("apps-v1.json"));
});

test("stable versions come before beta before alpha, newer ones first", () => {
  const shuffled = ["v1alpha1", "foo", "v1", "v2beta1", "v10", "v1beta2", "v1beta1", "v2"];
  assert.deepEqual(shuffled.sort(compareVersions), [
    "v10",
    "v2",
    "v1",
    "v2beta1",
    "v1beta2",
    "v1beta1",
    "v1alpha1",
    "foo",
  ]);
});

test("SHA-256 gives the published digests", () => {
  const hex = (text: string) => sha256Hex(new TextEncoder().encode(text)).toLowerCase();
  assert.equal(hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  assert.equal(hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assert.equal(hex("a".repeat(1000)), "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3");
});
