// SPDX-License-Identifier: Apache-2.0

import type { ManagedFieldsEntry } from "../object.ts";
import { BadManagedFields, readOwners } from "./manager-entries.ts";

/**
 * What is wrong with managed fields that somebody (a mutating webhook) sent; undefined when they can be read. The
 * original then puts back those from before, with a warning.
 */
export function managedFieldsFault(entries: ManagedFieldsEntry[] | undefined): string | undefined {
  try {
    readOwners(entries, "sent");
    return undefined;
  } catch (error) {
    if (error instanceof BadManagedFields) return error.message;
    throw error;
  }
}
