// SPDX-License-Identifier: Apache-2.0

import type { Container } from "../types.ts";

const encoder = new TextEncoder();

/** FNV-1a, 32 bits, as hexadecimal. */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of encoder.encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** Changes when a container must be replaced because its definition changed: name and image, as upstream picks them. */
export const containerHash = (container: Container): string =>
  fnv1a(JSON.stringify({ image: container.image, name: container.name })).toString(16);
