// SPDX-License-Identifier: Apache-2.0

import { StatusError, type DeepReadonly, type KubeObject } from "../../apimachinery/index.ts";
import type { Namespace } from "../../api/index.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../admission-plugin.ts";
import type { ResourceStores } from "../resource-store.ts";
import { admissionForbidden } from "./attributes.ts";

const IMMORTAL = new Set(["default", "kube-system", "kube-public"]);

const isNamespace = (attributes: AdmissionAttributes): boolean =>
  attributes.kind.kind === "Namespace" && attributes.kind.group === "";

function checkPhase(attributes: AdmissionAttributes, namespace: DeepReadonly<KubeObject>): void {
  if (attributes.operation !== "CREATE") return;
  if ((namespace as DeepReadonly<Namespace>).status?.phase !== "Terminating") return;
  const name = attributes.namespace;
  const refused = admissionForbidden(
    attributes,
    `unable to create new content in namespace ${name} because it is being terminated`,
  );
  throw new StatusError({
    ...refused.status,
    details: {
      ...refused.status.details,
      causes: [
        {
          reason: "NamespaceTerminating",
          message: `namespace ${name} is being terminated`,
          field: "metadata.namespace",
        },
      ],
    },
  });
}

/** Nothing is made in a namespace that does not exist or is ending, and some namespaces never end. */
export function namespaceLifecycle(stores: ResourceStores): AdmissionPlugin {
  return {
    name: "NamespaceLifecycle",
    handles: ({ operation }) => operation !== "CONNECT",
    admit(attributes) {
      if (isNamespace(attributes)) {
        if (attributes.operation === "DELETE" && IMMORTAL.has(attributes.name)) {
          throw admissionForbidden(attributes, "this namespace may not be deleted");
        }
        return;
      }
      if (attributes.namespace === "" || attributes.operation === "DELETE") return;
      if (attributes.resource === "localsubjectaccessreviews") return;
      const namespaces = stores.find("", "namespaces");
      const found = namespaces?.peek("", attributes.namespace);
      if (found) {
        checkPhase(attributes, found);
        return;
      }
      return namespaces?.get("", attributes.namespace).then((late) => checkPhase(attributes, late));
    },
  };
}
