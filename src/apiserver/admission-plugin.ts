// SPDX-License-Identifier: Apache-2.0

import type { Kind } from "../api/index.ts";
import type { KubeObject } from "../apimachinery/index.ts";
import type { UserInfo } from "./request-context.ts";

export type AdmissionOperation = "CREATE" | "UPDATE" | "DELETE" | "CONNECT";

/** What admission sees of a write. Mutating plug-ins change `object` in place. */
export interface AdmissionAttributes {
  readonly operation: AdmissionOperation;
  readonly kind: Kind;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly object: KubeObject | undefined;
  readonly oldObject: KubeObject | undefined;
  readonly options: Readonly<Record<string, unknown>>;
  readonly dryRun: boolean;
  readonly user: UserInfo;
  readonly warnings: string[];
  readonly signal: AbortSignal;
}

/** One admission plug-in; throws a StatusError to refuse. Synchronous where it can be: this is the hot path. */
export interface AdmissionPlugin {
  readonly name: string;
  handles(attributes: AdmissionAttributes): boolean;
  admit?(attributes: AdmissionAttributes): Promise<void> | void;
  validate?(attributes: AdmissionAttributes): Promise<void> | void;
}
