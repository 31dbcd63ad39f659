// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Volume } from "../generated/v1.35/core-v1.ts";
import { MAX_OVERLAPS, MAX_PATHS_COMPARED, volumePathWarnings } from "./volume-path-warnings.ts";

const items = (...paths: readonly string[]): { key: string; path: string }[] =>
  paths.map((path) => ({ key: "k", path }));

const CASES: readonly (readonly [what: string, volume: Omit<Volume, "name">, warnings: readonly string[]])[] = [
  ["paths apart", { configMap: { name: "m", items: items("a", "b/c") } }, []],
  [
    "one path twice",
    { configMap: { name: "m", items: items("a", "a/") } },
    ['volume "v" (ConfigMap "m"): overlapping paths: "a" with "a"'],
  ],
  [
    "a path within another",
    { secret: { secretName: "s", items: items("a", "a/b") } },
    ['volume "v" (Secret "s"): overlapping paths: "a/b" with "a"'],
  ],
  ["a name that only begins alike", { downwardAPI: { items: [{ path: "a" }, { path: "ab" }] } }, []],
  [
    "sources of a projected volume",
    {
      projected: {
        sources: [
          { secret: { name: "s", items: items("tok") } },
          {},
          { serviceAccountToken: { path: "tok" } },
          { configMap: { name: "m" } },
        ],
      },
    },
    [
      'volume "v" (Projected) has no sources provided',
      'volume "v" (Projected): overlapping paths: "tok" (ServiceAccountToken) with "tok" (Secret "s")',
    ],
  ],
];

for (const [what, volume, warnings] of CASES)
  test(`files that hide one another are warned of: ${what}`, () => {
    assert.deepEqual(volumePathWarnings([{ name: "v", ...volume }]), warnings);
  });

test("paths beyond a number are not compared, overlaps beyond a number are not told of", () => {
  const warnings = (paths: readonly string[]): number =>
    volumePathWarnings([{ name: "v", configMap: { name: "m", items: items(...paths) } }]).length;
  const apart = Array.from({ length: MAX_PATHS_COMPARED - 1 }, (_, i) => `p${i}`);
  assert.equal(warnings([...apart, "p0"]), 1);
  assert.equal(warnings([...apart, "q", "p0"]), 0);
  const found = warnings(Array.from({ length: MAX_OVERLAPS }, () => "same///"));
  assert.ok(found >= MAX_OVERLAPS && found < 2 * MAX_OVERLAPS);
});
