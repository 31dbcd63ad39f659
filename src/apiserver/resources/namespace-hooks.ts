// SPDX-License-Identifier: Apache-2.0

import type { Namespace } from "../../api/index.ts";
import type { DeepReadonly } from "../../apimachinery/index.ts";
import type { ResourceHooks } from "../resource-hooks.ts";

/** A namespace ends in two steps: it is marked, a controller empties it, and only then takes its finalizer away. */
export const namespaceHooks: ResourceHooks = {
  heldBack: (object) => ((object as DeepReadonly<Namespace>).spec?.finalizers?.length ?? 0) > 0,
  markDeleting(object) {
    const namespace = object as Namespace;
    namespace.status = { ...namespace.status, phase: "Terminating" };
    delete namespace.metadata.deletionGracePeriodSeconds;
  },
};
