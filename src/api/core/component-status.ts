// SPDX-License-Identifier: Apache-2.0

import { defineKind } from "../define-kind.ts";
import type { ComponentStatus } from "../generated/v1.35/core-v1.ts";

/** ComponentStatus. */
export const componentStatus = defineKind<ComponentStatus>({
  group: "",
  version: "v1",
  kind: "ComponentStatus",
  resource: "componentstatuses",
  singular: "componentstatus",
  namespaced: false,
  shortNames: ["cs"],
  type: "io.k8s.api.core.v1.ComponentStatus",
  virtual: true,
  verbs: ["get", "list"],
});
