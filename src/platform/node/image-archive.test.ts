// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { buildImageArchive, fullImageName } from "./image-archive.ts";

test("short names are completed as Docker does", () => {
  assert.equal(fullImageName("busybox"), "docker.io/library/busybox:latest");
  assert.equal(fullImageName("busybox:1.36"), "docker.io/library/busybox:1.36");
  assert.equal(fullImageName("company/payments-api:v2.1.4"), "docker.io/company/payments-api:v2.1.4");
  assert.equal(fullImageName("localhost:5000/a/b"), "localhost:5000/a/b:latest");
  assert.equal(fullImageName("registry.example/a:1"), "registry.example/a:1");
  assert.equal(fullImageName("a@sha256:00"), "docker.io/library/a@sha256:00");
});

test("the same image gives the same bytes", async () => {
  const image = () =>
    buildImageArchive({
      name: "a:1",
      files: [
        { path: "/bin/a", bytes: Buffer.from("program") },
        { path: "/bin/b", link: "a" },
      ],
      config: { Entrypoint: ["/bin/a"] },
    });
  assert.deepEqual(await image(), await image());
});
