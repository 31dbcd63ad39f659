// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { templateFixture } from "../../test/fixtures/objects.ts";
import { podTemplateHash } from "./template-hash.ts";

test("equal templates have equal hashes however their fields are ordered", () => {
  const template = templateFixture("busybox:1.36");
  const reversed = { spec: template.spec, metadata: template.metadata };
  assert.equal(podTemplateHash(template), podTemplateHash(reversed));
  assert.notEqual(podTemplateHash(template), podTemplateHash(templateFixture("busybox:1.37")));
});

test("a collision changes the hash", () => {
  const template = templateFixture("busybox:1.36");
  assert.notEqual(podTemplateHash(template, 1), podTemplateHash(template, 0));
  assert.notEqual(podTemplateHash(template, 1), podTemplateHash(template, 2));
});

test("a hash is made of letters and digits that form no words", () => {
  for (let i = 0; i < 100; i++)
    assert.match(podTemplateHash(templateFixture(`x:${i}`)), /^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
});
