// SPDX-License-Identifier: Apache-2.0

import { StatusError } from "../../apimachinery/index.ts";

/** Whether a refusal names this cause among its details. */
export const hasStatusCause = (error: unknown, reason: string): boolean =>
  error instanceof StatusError && (error.status.details?.causes?.some((cause) => cause.reason === reason) ?? false);

/** A create was refused because the namespace is being deleted: trying again is of no use. */
export const namespaceIsTerminating = (error: unknown): boolean => hasStatusCause(error, "NamespaceTerminating");

/** What an error says, for conditions and events. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
