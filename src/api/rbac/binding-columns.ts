// SPDX-License-Identifier: Apache-2.0

import type { ColumnOf } from "../define-kind.ts";
import type { ClusterRoleBinding, RoleBinding, Subject } from "../generated/v1.35/rbac-v1.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";

type Binding = RoleBinding | ClusterRoleBinding;

const subjectName = ({ kind, namespace = "", name }: Subject): string =>
  kind === "ServiceAccount" ? `${namespace}/${name}` : name;

/** The subjects of one kind, for -o wide. */
const subjectsColumn = (subjectKind: string, bindingName: string): ColumnOf<Binding> => ({
  name: `${subjectKind}s`,
  type: "string",
  description: `${subjectKind}s in the ${bindingName}`,
  priority: 1,
  cell: ({ subjects = [] }) =>
    subjects
      .filter(({ kind }) => kind === subjectKind)
      .map(subjectName)
      .join(", "),
});

/** The table of bindings; the description of the role says which roles they may refer to. */
export const bindingColumns = (bindingName: string, roleDescription: string): readonly ColumnOf<Binding>[] => [
  nameColumn,
  {
    name: "Role",
    type: "string",
    description: roleDescription,
    cell: ({ roleRef }) => `${roleRef.kind}/${roleRef.name}`,
  },
  ageColumn,
  subjectsColumn("User", bindingName),
  subjectsColumn("Group", bindingName),
  subjectsColumn("ServiceAccount", bindingName),
];
