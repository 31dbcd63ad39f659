// SPDX-License-Identifier: Apache-2.0

import { defineKind } from "../define-kind.ts";
import type { LocalSubjectAccessReview } from "../generated/v1.35/authorization-v1.ts";

/** LocalSubjectAccessReview. */
export const localSubjectAccessReview = defineKind<LocalSubjectAccessReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "LocalSubjectAccessReview",
  resource: "localsubjectaccessreviews",
  singular: "localsubjectaccessreview",
  namespaced: true,
  type: "io.k8s.api.authorization.v1.LocalSubjectAccessReview",
  virtual: true,
  verbs: ["create"],
});
