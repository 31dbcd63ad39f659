// SPDX-License-Identifier: Apache-2.0

import { defineKind } from "../define-kind.ts";
import type { SubjectAccessReview } from "../generated/v1.35/authorization-v1.ts";

/** SubjectAccessReview. */
export const subjectAccessReview = defineKind<SubjectAccessReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SubjectAccessReview",
  resource: "subjectaccessreviews",
  singular: "subjectaccessreview",
  namespaced: false,
  type: "io.k8s.api.authorization.v1.SubjectAccessReview",
  virtual: true,
  verbs: ["create"],
});
