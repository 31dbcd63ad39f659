// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import type { KubeObject } from "../../apimachinery/index.ts";
import type { FlowSchema } from "../../api/index.ts";
import { danglingCondition } from "../upkeep/flow-schema-status.ts";
import type { BootstrapObject } from "./bootstrap-object.ts";
import { apiServiceObjects } from "./api-service-objects.ts";
import { flowControlObjects } from "./flow-control-objects.ts";
import { rbacObjects } from "./rbac-objects.ts";

const DATA = new URL("../../../../shared/data/kubernetes-v1.35/bootstrap/api-server-alone.json", import.meta.url);
const skip = existsSync(DATA) ? false : "shared/data is not beside the checkout";

const byName = (objects: readonly KubeObject[]): Record<string, KubeObject> =>
  Object.fromEntries(objects.map((o) => [`${o.metadata.namespace ?? ""}/${o.metadata.name}`, o]));

function compare(made: readonly BootstrapObject[], resources: readonly string[]): void {
  const expected = JSON.parse(readFileSync(DATA, "utf8")) as Record<string, KubeObject[]>;
  for (const resource of resources) {
    const own = made
      .filter((entry) => entry.resource === resource)
      .map(({ object, status }): KubeObject => ({ ...object, ...(status ? { status } : {}) }));
    const theirs = expected[resource]!.map((object) => {
      const { generation: _generation, ...metadata } = object.metadata;
      const { status, ...rest } = object;
      return { ...rest, metadata, ...(status && Object.keys(status).length > 0 ? { status } : {}) } as KubeObject;
    });
    assert.deepEqual(byName(own), byName(theirs), resource);
  }
}

test("roles and bindings of a fresh cluster are upstream's", { skip }, () => {
  compare(rbacObjects(), ["clusterroles", "clusterrolebindings", "roles", "rolebindings"]);
});

test("flow schemas and priority levels of a fresh cluster are upstream's", { skip }, () => {
  const found = flowControlObjects().map((entry): BootstrapObject => {
    if (entry.resource !== "flowschemas") return entry;
    const { priorityLevelConfiguration } = entry.object["spec"] as FlowSchema["spec"];
    const condition = danglingCondition(priorityLevelConfiguration.name, true);
    return {
      ...entry,
      status: { conditions: [{ type: "Dangling", lastTransitionTime: "<time>", ...condition }] },
    };
  });
  compare(found, ["flowschemas", "prioritylevelconfigurations"]);
});

test("each served group version has upstream's APIService", { skip }, () => {
  const expected = JSON.parse(readFileSync(DATA, "utf8")) as Record<string, KubeObject[]>;
  const served = expected["apiservices"]!.map(({ spec }) => {
    const { group = "", version } = spec as { group?: string; version: string };
    return { group, version };
  });
  compare(apiServiceObjects([...served, { group: "apiregistration.k8s.io", version: "v1" }], "<time>"), [
    "apiservices",
  ]);
});
