// SPDX-License-Identifier: Apache-2.0

import { READ, REPORT, rule, type RoleTable } from "./role-rules.ts";

/** Roles of a namespace, by namespace. */
export const namespacedRoles: Readonly<Record<string, RoleTable>> = {
  "kube-public": {
    "system:controller:bootstrap-signer": [
      rule("core", "configmaps", READ),
      rule("core", "configmaps", "update", "cluster-info"),
      rule("core events.k8s.io", "events", REPORT),
    ],
  },
  "kube-system": {
    "extension-apiserver-authentication-reader": [
      rule("core", "configmaps", READ, "extension-apiserver-authentication"),
    ],
    "system::leader-locking-kube-controller-manager": [
      rule("coordination.k8s.io", "leases", "create get list update watch"),
      rule("coordination.k8s.io", "leasecandidates", "create get list update watch"),
    ],
    "system::leader-locking-kube-scheduler": [
      rule("coordination.k8s.io", "leases", "create get list update watch"),
      rule("coordination.k8s.io", "leasecandidates", "create get list update watch"),
    ],
    "system:controller:bootstrap-signer": [rule("core", "secrets", READ)],
    "system:controller:cloud-provider": [rule("core", "configmaps", "create get list watch")],
    "system:controller:token-cleaner": [
      rule("core", "secrets", "delete get list watch"),
      rule("core events.k8s.io", "events", REPORT),
    ],
  },
};
