// SPDX-License-Identifier: Apache-2.0

import { isNotFound } from "../../apimachinery/index.ts";

/** The answer, or nothing when the object does not exist. */
export async function orUndefined<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
