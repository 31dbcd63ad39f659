// SPDX-License-Identifier: Apache-2.0

import type { Ingress, IngressClass } from "../../api/index.ts";
import type { AdmissionPlugin } from "../admission-plugin.ts";
import type { ResourceStores } from "../resource-store.ts";
import { isWriteTo } from "./attributes.ts";
import { newestDefault, ObservedObjects } from "./observed-objects.ts";

const DEFAULT_ANNOTATION = "ingressclass.kubernetes.io/is-default-class";
const CLASS_ANNOTATION = "kubernetes.io/ingress.class";

/** An Ingress that names no class gets the default one. */
export function defaultIngressClass(stores: ResourceStores): AdmissionPlugin {
  const classes = new ObservedObjects<IngressClass>(stores, "networking.k8s.io", "ingressclasses");
  return {
    name: "DefaultIngressClass",
    handles: (attributes) => isWriteTo(attributes, "networking.k8s.io", "ingresses", "CREATE"),
    admit({ object }) {
      const ingress = object as Ingress;
      if (ingress.spec?.ingressClassName !== undefined) return;
      if (ingress.metadata.annotations?.[CLASS_ANNOTATION] !== undefined) return;
      const found = newestDefault(
        classes.values(),
        ({ metadata }) => metadata.annotations?.[DEFAULT_ANNOTATION] === "true",
      );
      if (found) ingress.spec = { ...ingress.spec, ingressClassName: found.metadata.name! };
    },
  };
}
