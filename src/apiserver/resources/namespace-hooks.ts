// SPDX-License-Identifier: Apache-2.0

import type { Namespace } from "../../api/index.ts";
import { conflict, type DeepReadonly } from "../../apimachinery/index.ts";
import type { ResourceHooks } from "../resource-hooks.ts";

/** A namespace ends in two steps: it is marked, a controller empties it, and only then takes its finalizer away. */
export const namespaceHooks: ResourceHooks = {
  beforeDelete({ metadata }, { preconditions }) {
    const refuse = (what: string, wanted: string | undefined, found: string | undefined): void => {
      if (wanted === undefined || wanted === found) return;
      const why = `Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${found}`;
      throw conflict({ group: "", resource: "namespaces" }, metadata.name ?? "", why);
    };
    refuse("UID", preconditions?.uid, metadata.uid);
    refuse("ResourceVersion", preconditions?.resourceVersion, metadata.resourceVersion);
  },
  heldBack: (object) => ((object as DeepReadonly<Namespace>).spec?.finalizers?.length ?? 0) > 0,
  markDeleting(object) {
    const namespace = object as Namespace;
    namespace.status = { ...namespace.status, phase: "Terminating" };
    delete namespace.metadata.deletionGracePeriodSeconds;
  },
};
