// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { statusPatch } from "./status-patch.ts";

test("an address that a pod or its host has no more is deleted by name, for both lists are merged", () => {
  const old = { hostIPs: [{ ip: "10.0.0.1" }], podIPs: [{ ip: "10.1.0.1" }] };
  const patch = statusPatch("u", old, { hostIPs: [{ ip: "10.0.0.2" }], podIPs: [{ ip: "10.1.0.1" }] });
  assert.deepEqual(patch, {
    metadata: { uid: "u" },
    status: { hostIPs: [{ ip: "10.0.0.1", $patch: "delete" }, { ip: "10.0.0.2" }] },
  });
});
