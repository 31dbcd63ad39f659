// SPDX-License-Identifier: Apache-2.0

import { defineKind } from "../define-kind.ts";
import type { Binding } from "../generated/v1.35/core-v1.ts";

/** Binding. */
export const binding = defineKind<Binding>({
  group: "",
  version: "v1",
  kind: "Binding",
  resource: "bindings",
  singular: "binding",
  namespaced: true,
  type: "io.k8s.api.core.v1.Binding",
  virtual: true,
  verbs: ["create"],
});
