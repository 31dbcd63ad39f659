// SPDX-License-Identifier: Apache-2.0

import { defineKind } from "../define-kind.ts";
import type { SelfSubjectAccessReview } from "../generated/v1.35/authorization-v1.ts";

/** SelfSubjectAccessReview. */
export const selfSubjectAccessReview = defineKind<SelfSubjectAccessReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SelfSubjectAccessReview",
  resource: "selfsubjectaccessreviews",
  singular: "selfsubjectaccessreview",
  namespaced: false,
  type: "io.k8s.api.authorization.v1.SelfSubjectAccessReview",
  virtual: true,
  verbs: ["create"],
});
