// SPDX-License-Identifier: Apache-2.0

import { ageColumn, type Column, nameColumn } from "../../api/index.ts";
import { isJsonObject, type KubeObject } from "../../apimachinery/index.ts";

function replicasIn(object: KubeObject, part: "spec" | "status"): number {
  const value = (object as unknown as Record<string, unknown>)[part];
  return isJsonObject(value) && typeof value["replicas"] === "number" ? value["replicas"] : 0;
}

/** How a Scale is shown in a Table. */
export const SCALE_COLUMNS: readonly Column[] = [
  { ...nameColumn, format: "" },
  {
    name: "Desired",
    type: "integer",
    description: "replicas is the desired number of instances for the scaled object.",
    cell: (object) => replicasIn(object, "spec"),
  },
  {
    name: "Available",
    type: "integer",
    description: "replicas is the actual number of observed instances of the scaled object.",
    cell: (object) => replicasIn(object, "status"),
  },
  ageColumn,
];
