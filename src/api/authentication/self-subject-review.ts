// SPDX-License-Identifier: Apache-2.0

import { defineKind } from "../define-kind.ts";
import type { SelfSubjectReview } from "../generated/v1.35/authentication-v1.ts";

/** SelfSubjectReview. */
export const selfSubjectReview = defineKind<SelfSubjectReview>({
  group: "authentication.k8s.io",
  version: "v1",
  kind: "SelfSubjectReview",
  resource: "selfsubjectreviews",
  singular: "selfsubjectreview",
  namespaced: false,
  type: "io.k8s.api.authentication.v1.SelfSubjectReview",
  virtual: true,
  verbs: ["create"],
});
