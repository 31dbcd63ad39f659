// SPDX-License-Identifier: Apache-2.0

import type { Devtools } from "./devtools.ts";
import type { TargetAccess } from "./kubeconfig.ts";

/** A cluster under measurement: how it is reached, and whose time and memory counts. */
export interface Target {
  readonly label: string;
  readonly access: TargetAccess;
  readonly pids: readonly number[];
  /** The inspector of the server, when a profile is wanted. */
  readonly devtools?: Devtools;
  [Symbol.asyncDispose](): Promise<void>;
}
