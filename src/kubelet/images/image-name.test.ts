// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";

import { imageNameError, repositoryOf, withDefaultTag } from "./image-name.ts";

test("an image without tag and digest gets the tag latest", () => {
  assert.equal(withDefaultTag("busybox"), "busybox:latest");
  assert.equal(withDefaultTag("r.example.com:5000/a/b"), "r.example.com:5000/a/b:latest");
  assert.equal(withDefaultTag("busybox:1.36"), "busybox:1.36");
  const digest = `busybox@sha256:${"a".repeat(64)}`;
  assert.equal(withDefaultTag(digest), digest);
});

test("credentials are looked up by registry and repository", () => {
  assert.equal(repositoryOf("busybox:1"), "docker.io/library/busybox");
  assert.equal(repositoryOf("company/api:v1"), "docker.io/company/api");
  assert.equal(repositoryOf("localhost:5000/a:b"), "localhost:5000/a");
  assert.equal(repositoryOf(`r.io/x@sha256:${"b".repeat(64)}`), "r.io/x");
});

test("what is no reference is refused in the library's words", () => {
  assert.equal(imageNameError("ok/name:tag"), undefined);
  assert.match(imageNameError("Upper/Case") ?? "", /repository name must be lowercase$/);
  assert.match(imageNameError("a b") ?? "", /^couldn't parse image name "a b": invalid reference format$/);
});
