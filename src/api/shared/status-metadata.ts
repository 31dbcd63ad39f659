// SPDX-License-Identifier: Apache-2.0

import type { ObjectMeta } from "../../apimachinery/index.ts";

/** For kinds whose status writes leave the labels alone. */
export function keepLabels(metadata: ObjectMeta, old: ObjectMeta): void {
  if (old.labels) metadata.labels = old.labels;
  else delete metadata.labels;
}
