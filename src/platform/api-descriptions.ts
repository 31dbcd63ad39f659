// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { dirname, join } from "node:path";
import type { ApiDescriptions } from "../apiserver/index.ts";

/** The texts of a Kubernetes version that the set-up made; none where it did not. */
export function apiDescriptions(version: string): ApiDescriptions {
  const folder = join(dirname(findPackageJSON(import.meta.url)!), "src", "apiserver", "openapi", "generated");
  try {
    return JSON.parse(readFileSync(join(folder, `descriptions-${version}.json`), "utf8")) as ApiDescriptions;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}
