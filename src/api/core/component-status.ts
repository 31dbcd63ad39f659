// SPDX-License-Identifier: Apache-2.0

import { defineKind } from "../define-kind.ts";
import { nameColumn } from "../shared/columns.ts";
import type { ComponentCondition, ComponentStatus } from "../generated/v1.35/core-v1.ts";

/** What is told of the condition that there is. */
const healthy = (object: ComponentStatus, tell: (condition: ComponentCondition) => string): string | undefined =>
  object.conditions?.filter(({ type }) => type === "Healthy").map(tell)[0];

/** ComponentStatus. */
export const componentStatus = defineKind<ComponentStatus>({
  group: "",
  version: "v1",
  kind: "ComponentStatus",
  resource: "componentstatuses",
  singular: "componentstatus",
  namespaced: false,
  shortNames: ["cs"],
  type: "io.k8s.api.core.v1.ComponentStatus",
  virtual: true,
  verbs: ["get", "list"],
  deprecationWarning: "v1 ComponentStatus is deprecated in v1.19+",
  columns: [
    nameColumn,
    {
      name: "Status",
      type: "string",
      description: "Status of the component conditions",
      cell: (o) => healthy(o, ({ status }) => (status === "True" ? "Healthy" : "Unhealthy")) ?? "Unknown",
    },
    {
      name: "Message",
      type: "string",
      description: "Message of the component conditions",
      cell: (o) => healthy(o, ({ message = "" }) => message) ?? "",
    },
    {
      name: "Error",
      type: "string",
      description: "Error of the component conditions",
      cell: (o) => healthy(o, ({ error = "" }) => error) ?? "",
    },
  ],
});
