// SPDX-License-Identifier: Apache-2.0

import type { Descriptions } from "./type-schemas.ts";

/** The texts of a Kubernetes version, loaded when the first OpenAPI document is asked for. */
export async function loadDescriptions(): Promise<Descriptions> {
  const module = await import("./generated/descriptions-v1.35.json", { with: { type: "json" } });
  return module.default as unknown as Descriptions;
}
