// SPDX-License-Identifier: Apache-2.0

import { defaultNetworkPolicy, validateNetworkPolicy, warningsForNetworkPolicy } from "./network-policy-validation.ts";
import { identicalField } from "../../apimachinery/index.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import { formatLabelSelector } from "../../apimachinery/index.ts";
import type { NetworkPolicy } from "../generated/v1.35/networking-v1.ts";

/** NetworkPolicy. */
export const networkPolicy = defineKind<NetworkPolicy>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "NetworkPolicy",
  resource: "networkpolicies",
  singular: "networkpolicy",
  namespaced: true,
  shortNames: ["netpol"],
  type: "io.k8s.api.networking.v1.NetworkPolicy",
  defaults: defaultNetworkPolicy,
  validate: (policy) => validateNetworkPolicy(policy),
  validateUpdate: validateNetworkPolicy,
  updateChecks: ["metadata", "object", "metadata change", "change"],
  warnings: warningsForNetworkPolicy,
  generation: (policy, old) => !identicalField(policy, old, "spec"),
  columns: [
    nameColumn,
    {
      name: "Pod-Selector",
      type: "string",
      description:
        "Selects the pods to which this NetworkPolicy object applies.  The array of ingress rules is applied to any pods selected by this field. Multiple network policies can select the same set of pods.  In this case, the ingress rules for each are combined additively. This field is NOT optional and follows standard label selector semantics. An empty podSelector matches all pods in this namespace.",
      cell: (o) => formatLabelSelector(o.spec?.podSelector ?? {}),
    },
    ageColumn,
  ],
});
