// SPDX-License-Identifier: Apache-2.0

import { isSystemPriorityClass } from "../../api/index.ts";
import { forbidden } from "../../apimachinery/index.ts";
import type { ResourceHooks } from "../resource-hooks.ts";

/** The classes of the system's own pods stay. */
export const priorityClassHooks: ResourceHooks = {
  beforeDelete({ metadata: { name = "" } }) {
    if (!isSystemPriorityClass(name)) return;
    const resource = { group: "scheduling.k8s.io", resource: "priorityclasses" };
    throw forbidden(resource, name, "this is a system priority class and cannot be deleted");
  },
};
