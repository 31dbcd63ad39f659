// SPDX-License-Identifier: Apache-2.0

import { defineKind } from "../define-kind.ts";
import type { SelfSubjectRulesReview } from "../generated/v1.35/authorization-v1.ts";

/** SelfSubjectRulesReview. */
export const selfSubjectRulesReview = defineKind<SelfSubjectRulesReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SelfSubjectRulesReview",
  resource: "selfsubjectrulesreviews",
  singular: "selfsubjectrulesreview",
  namespaced: false,
  type: "io.k8s.api.authorization.v1.SelfSubjectRulesReview",
  virtual: true,
  verbs: ["create"],
});
