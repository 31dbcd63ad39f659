// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ApiDescriptions } from "../apiserver/index.ts";

/** The texts of a Kubernetes version that the set-up made; none where it did not. */
export function apiDescriptions(version: string): ApiDescriptions {
  const path = `../apiserver/openapi/generated/descriptions-${version}.json`;
  try {
    return JSON.parse(readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8")) as ApiDescriptions;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}
