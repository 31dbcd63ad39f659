// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { CREATED_MS } from "../../../test/fixtures/objects.ts";
import { nextConditions, type ContentReport } from "./conditions.ts";

const EMPTY: ContentReport = { discoveryErrors: [], deletionErrors: [], remaining: new Map(), finalizers: new Map() };

test("five conditions say that nothing is in the way, and are not written twice", () => {
  const conditions = nextConditions([], EMPTY, CREATED_MS)!;
  assert.deepEqual(
    conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`),
    [
      "NamespaceDeletionDiscoveryFailure=False ResourcesDiscovered",
      "NamespaceDeletionGroupVersionParsingFailure=False ParsedGroupVersions",
      "NamespaceDeletionContentFailure=False ContentDeleted",
      "NamespaceContentRemaining=False ContentRemoved",
      "NamespaceFinalizersRemaining=False ContentHasNoFinalizers",
    ],
  );
  assert.equal(nextConditions(conditions, EMPTY, CREATED_MS + 5_000), undefined);
});

test("what remains is counted by resource and by finalizer", () => {
  const report: ContentReport = {
    ...EMPTY,
    remaining: new Map([
      ["pods.", 2],
      ["deployments.apps", 1],
    ]),
    finalizers: new Map([["example.com/hold", 2]]),
  };
  const texts = nextConditions([], report, CREATED_MS)!.filter(({ status }) => status === "True");
  assert.deepEqual(
    texts.map(({ reason, message }) => [reason, message]),
    [
      [
        "SomeResourcesRemain",
        "Some resources are remaining: deployments.apps has 1 resource instances, pods. has 2 resource instances",
      ],
      [
        "SomeFinalizersRemain",
        "Some content in the namespace has finalizers remaining: example.com/hold in 2 resource instances",
      ],
    ],
  );
});

test("a condition that changes its status tells when", () => {
  const before = nextConditions([], { ...EMPTY, deletionErrors: ["no"] }, CREATED_MS)!;
  const after = nextConditions(before, EMPTY, CREATED_MS + 9_000)!;
  const [old, now] = [before, after].map((all) => all.find(({ type }) => type === "NamespaceDeletionContentFailure"));
  assert.equal(old?.message, "Failed to delete all resource types, 1 remaining: no");
  assert.equal(now?.status, "False");
  assert.equal(now?.lastTransitionTime, "2026-01-01T00:00:09Z");
  assert.equal(after[0]?.lastTransitionTime, "2026-01-01T00:00:00Z");
});
