// SPDX-License-Identifier: Apache-2.0

import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import { defaultFlowSchema, validateFlowSchema, validateFlowSchemaStatus } from "./flow-schema-validation.ts";
import type { FlowSchema } from "../generated/v1.35/flowcontrol-v1.ts";

/** FlowSchema. */
export const flowSchema = defineKind<FlowSchema>({
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  kind: "FlowSchema",
  resource: "flowschemas",
  singular: "flowschema",
  namespaced: false,
  type: "io.k8s.api.flowcontrol.v1.FlowSchema",
  defaults: defaultFlowSchema,
  validate: validateFlowSchema,
  updateChecks: ["metadata", "object"],
  generation: true,
  status: { validateUpdate: validateFlowSchemaStatus, updateChecks: ["change"] },
  resetFields: [["status"]],
  statusResetFields: [["spec"], ["metadata"]],
  columns: [
    nameColumn,
    {
      name: "PriorityLevel",
      type: "string",
      description: "`name` is the name of the priority level configuration being referenced Required.",
      cell: (o) => o.spec?.priorityLevelConfiguration.name ?? "",
    },
    {
      name: "MatchingPrecedence",
      type: "string",
      description:
        "`matchingPrecedence` is used to choose among the FlowSchemas that match a given request. The chosen FlowSchema is among those with the numerically lowest (which we take to be logically highest) MatchingPrecedence.  Each MatchingPrecedence value must be ranged in [1,10000]. Note that if the precedence is not specified, it will be set to 1000 as default.",
      cell: (o) => o.spec?.matchingPrecedence ?? 0,
    },
    {
      name: "DistinguisherMethod",
      type: "string",
      description:
        "`distinguisherMethod` defines how to compute the flow distinguisher for requests that match this schema. `nil` specifies that the distinguisher is disabled and thus will always be the empty string.",
      cell: (o) => o.spec?.distinguisherMethod?.type ?? "<none>",
    },
    ageColumn,
    {
      name: "MissingPL",
      type: "string",
      description: "references a broken or non-existent PriorityLevelConfiguration",
      cell: (o) => o.status?.conditions?.find((condition) => condition.type === "Dangling")?.status ?? "?",
    },
  ],
});
