// SPDX-License-Identifier: Apache-2.0

import type { ResourceHooks, ResourceHooksMap } from "../resource-hooks.ts";
import type { ResourceStores } from "../resource-store.ts";
import { policyBindingHooks, policyHooks, type ParameterParts } from "./admission-parameters.ts";
import { claimHooks, claimTemplateHooks } from "./admin-access.ts";
import { definitionHooks } from "./definition-hooks.ts";
import { namespaceHooks } from "./namespace-hooks.ts";
import { priorityClassHooks } from "./priority-class-hooks.ts";
import { roleBindingHooks, roleHooks, type EscalationParts } from "./rbac-escalation.ts";
import { familyOf } from "./services/address-range.ts";
import type { ClusterIpAllocator } from "./services/cluster-ip-allocator.ts";
import type { NodePortAllocator } from "./services/node-port-allocator.ts";
import { serviceHooks } from "./services/service-hooks.ts";

const RBAC = "rbac.authorization.k8s.io";

/** What the hooks are made of. */
export interface ResourceHookParts extends EscalationParts, Omit<ParameterParts, "stores"> {
  readonly addresses: ClusterIpAllocator;
  readonly ports: NodePortAllocator;
  readonly serviceCidrs: readonly string[];
}

/** Everything that single resources do around a write, by `group/resource`. */
export function allResourceHooks(stores: ResourceStores, parts: ResourceHookParts): ResourceHooksMap {
  const { addresses, ports, serviceCidrs } = parts;
  return new Map<string, ResourceHooks>([
    ["/namespaces", namespaceHooks],
    ["scheduling.k8s.io/priorityclasses", priorityClassHooks],
    ["apiextensions.k8s.io/customresourcedefinitions", definitionHooks],
    [
      "/services",
      serviceHooks({
        stores,
        addresses,
        ports,
        families: serviceCidrs.map(familyOf),
      }),
    ],
    ["admissionregistration.k8s.io/validatingadmissionpolicies", policyHooks({ ...parts, stores })],
    ["admissionregistration.k8s.io/validatingadmissionpolicybindings", policyBindingHooks({ ...parts, stores })],
    ["resource.k8s.io/resourceclaims", claimHooks(stores)],
    ["resource.k8s.io/resourceclaimtemplates", claimTemplateHooks(stores)],
    [`${RBAC}/roles`, roleHooks("roles", parts)],
    [`${RBAC}/clusterroles`, roleHooks("clusterroles", parts)],
    [`${RBAC}/rolebindings`, roleBindingHooks("rolebindings", parts)],
    [`${RBAC}/clusterrolebindings`, roleBindingHooks("clusterrolebindings", parts)],
  ]);
}
