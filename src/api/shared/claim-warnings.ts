// SPDX-License-Identifier: Apache-2.0

import { quantityMilliValue } from "../../apimachinery/index.ts";
import type { PersistentVolumeClaimSpec } from "../generated/v1.35/core-v1.ts";

/** Warnings about what a claim asks for: bytes are whole. */
export function claimSpecWarnings(spec: PersistentVolumeClaimSpec | undefined, path: string): string[] {
  const warnings: string[] = [];
  for (const which of ["requests", "limits"] as const) {
    const amount = spec?.resources?.[which]?.["storage"];
    if (amount !== undefined && quantityMilliValue(amount) % 1000 !== 0)
      warnings.push(
        `${path}.resources.${which}[storage]: fractional byte value ${JSON.stringify(amount)} is invalid, must be an integer`,
      );
  }
  return warnings;
}
