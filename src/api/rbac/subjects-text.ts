// SPDX-License-Identifier: Apache-2.0

import type { Subject } from "../generated/v1.35/rbac-v1.ts";

/** The subjects of one kind, for -o wide. */
export const subjectsText = (subjects: readonly Subject[] | undefined, kind: string): string =>
  (subjects ?? [])
    .filter((subject) => subject.kind === kind)
    .map((subject) => (kind === "ServiceAccount" ? `${subject.namespace ?? ""}/${subject.name}` : subject.name))
    .join(", ");
