// SPDX-License-Identifier: Apache-2.0

import { sameJson, sentEmpty } from "../../apimachinery/index.ts";

/** What ConfigMaps and Secrets hold at most. */
export const MAX_DATA_BYTES = 1024 * 1024;

export const IMMUTABLE_DATA = "field is immutable when `immutable` is set";

/** The number of bytes that a base64 text stands for. */
export function decodedLength(base64: string): number {
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  return Math.floor((base64.length * 3) / 4) - padding;
}

/** Whether immutable data were changed: maps that are not there differ from empty ones that were just sent. */
export const isDataChange = <T extends object>(sent: T, old: T, name: keyof T & string): boolean =>
  !sameJson(sent[name], old[name]) || sentEmpty(sent, name) !== undefined;
