// SPDX-License-Identifier: Apache-2.0

import type { Secret } from "../../api/index.ts";
import type { DeepReadonly } from "../../apimachinery/index.ts";

const decoder = new TextDecoder();

/** A value of a secret as text; empty when it has none. */
export function secretText({ data }: DeepReadonly<Secret>, key: string): string {
  const value = data?.[key];
  return value ? decoder.decode(Uint8Array.fromBase64(value)) : "";
}

/** Compares in a time that does not tell how much was right. */
export function sameSecret(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}
