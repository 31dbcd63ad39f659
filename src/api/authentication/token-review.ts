// SPDX-License-Identifier: Apache-2.0

import { defineKind } from "../define-kind.ts";
import type { TokenReview } from "../generated/v1.35/authentication-v1.ts";

/** TokenReview. */
export const tokenReview = defineKind<TokenReview>({
  group: "authentication.k8s.io",
  version: "v1",
  kind: "TokenReview",
  resource: "tokenreviews",
  singular: "tokenreview",
  namespaced: false,
  type: "io.k8s.api.authentication.v1.TokenReview",
  virtual: true,
  verbs: ["create"],
});
