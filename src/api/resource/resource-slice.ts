// SPDX-License-Identifier: Apache-2.0

import { equalJson } from "../../apimachinery/index.ts";
import { defineKind } from "../define-kind.ts";
import {
  dropDisabledSliceFields,
  resourceSliceWarnings,
  validateResourceSlice,
  validateResourceSliceUpdate,
} from "./resource-slice-validation.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import type { ResourceSlice } from "../generated/v1.35/resource-v1.ts";

/** ResourceSlice. */
export const resourceSlice = defineKind<ResourceSlice>({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceSlice",
  resource: "resourceslices",
  singular: "resourceslice",
  namespaced: false,
  type: "io.k8s.api.resource.v1.ResourceSlice",
  prepareForCreate: dropDisabledSliceFields,
  prepareForUpdate(slice, old) {
    // A change counts even where it sets nothing but what is taken away.
    if (!equalJson(slice.spec, old.spec)) slice.metadata.generation = (old.metadata.generation ?? 0) + 1;
    dropDisabledSliceFields(slice);
  },
  validate: validateResourceSlice,
  validateUpdate: validateResourceSliceUpdate,
  updateChecks: ["metadata change", "change"],
  warnings: resourceSliceWarnings,
  generation: () => false,
  returnDeletedObject: true,
  selectableFields: {
    "spec.nodeName": (slice) => slice.spec.nodeName ?? "",
    "spec.driver": (slice) => slice.spec.driver,
  },
  fieldLabelError: (label) => `field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: ${label}`,
  columns: [
    nameColumn,
    {
      name: "Node",
      type: "string",
      description:
        "NodeName identifies the node which provides the resources in this pool. A field selector can be used to list only ResourceSlice objects belonging to a certain node.\n\nThis field can be used to limit access from nodes to ResourceSlices with the same node name. It also indicates to autoscalers that adding new nodes of the same type as some old node might also make new resources available.\n\nExactly one of NodeName, NodeSelector, AllNodes, and PerDeviceNodeSelection must be set. This field is immutable.",
      cell: (o) => o.spec?.nodeName ?? "",
    },
    {
      name: "Driver",
      type: "string",
      description:
        "Driver identifies the DRA driver providing the capacity information. A field selector can be used to list only ResourceSlice objects with a certain driver name.\n\nMust be a DNS subdomain and should end with a DNS domain owned by the vendor of the driver. It should use only lower case characters. This field is immutable.",
      cell: (o) => o.spec?.driver ?? "",
    },
    {
      name: "Pool",
      type: "string",
      description:
        "Name is used to identify the pool. For node-local devices, this is often the node name, but this is not required.\n\nIt must not be longer than 253 characters and must consist of one or more DNS sub-domains separated by slashes. This field is immutable.",
      cell: (o) => o.spec?.pool.name ?? "",
    },
    ageColumn,
  ],
});
