// SPDX-License-Identifier: Apache-2.0

import type { KubeObject } from "../../apimachinery/index.ts";

/** One object that a fresh cluster holds, and where it belongs. */
export interface BootstrapObject {
  readonly group: string;
  readonly resource: string;
  readonly object: KubeObject;
  /** What is written through the status subresource once the object exists. */
  readonly status?: Readonly<Record<string, unknown>>;
  /** Whose the status is, where upstream's writer applies it. */
  readonly statusManager?: string;
}
