// SPDX-License-Identifier: Apache-2.0

import type { KubeObject } from "../../apimachinery/index.ts";
import type { ColumnOf } from "../define-kind.ts";
import type { Deployment, StatefulSet } from "../generated/v1.35/apps-v1.ts";
import type { Container, PodTemplateSpec } from "../generated/v1.35/core-v1.ts";
import type { Column } from "../kind.ts";

const NAME_DESCRIPTION =
  "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names";
const CREATION_DESCRIPTION =
  "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

/** The first column of nearly every kind. */
export const nameColumn: Column = {
  name: "Name",
  type: "string",
  format: "name",
  description: NAME_DESCRIPTION,
  cell: (object) => object.metadata.name ?? "",
};

/** How long ago the object was created. */
export const ageColumn: Column = {
  name: "Age",
  type: "string",
  description: CREATION_DESCRIPTION,
  cell: (object, context) => context.age(object.metadata.creationTimestamp),
};

/** Name and time of creation: the table of kinds that have no columns of their own. */
export const defaultColumns: readonly Column[] = [
  nameColumn,
  {
    name: "Created At",
    type: "date",
    description: CREATION_DESCRIPTION,
    cell: (object) => object.metadata.creationTimestamp ?? null,
  },
];

/** Names and images of the containers in an object's pod template; of priority 1, for -o wide, unless given. */
export function templateColumns<T extends KubeObject>(
  templateOf: (object: T) => PodTemplateSpec | undefined,
  priority: 0 | 1 = 1,
): readonly ColumnOf<T>[] {
  const containersOf = (object: T): readonly Container[] => templateOf(object)?.spec?.containers ?? [];
  return [
    {
      name: "Containers",
      type: "string",
      description: "Names of each container in the template.",
      ...(priority ? { priority } : {}),
      cell: (object) =>
        containersOf(object)
          .map(({ name }) => name)
          .join(","),
    },
    {
      name: "Images",
      type: "string",
      description: "Images referenced by each container in the template.",
      ...(priority ? { priority } : {}),
      cell: (object) =>
        containersOf(object)
          .map(({ image }) => image ?? "")
          .join(","),
    },
  ];
}

/** How many of the pods that are wanted are ready: `2/3`. */
export const readyColumn: ColumnOf<Deployment | StatefulSet> = {
  name: "Ready",
  type: "string",
  description: "Number of the pod with ready state",
  cell: ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
};
