// SPDX-License-Identifier: Apache-2.0

import type { Column } from "../kind.ts";
import type { Container } from "../generated/v1.35/core-v1.ts";

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

/** Names of containers, for -o wide. */
export const containerNames = (containers: readonly Container[] | undefined): string =>
  (containers ?? []).map((container) => container.name).join(",");

/** Images of containers, for -o wide. */
export const containerImages = (containers: readonly Container[] | undefined): string =>
  (containers ?? []).map((container) => container.image ?? "").join(",");
