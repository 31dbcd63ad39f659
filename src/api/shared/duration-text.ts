// SPDX-License-Identifier: Apache-2.0

import { humanDuration, parseTime } from "../../apimachinery/index.ts";

/** The time from one meta/v1 Time to another, as kubectl prints ages. */
export const durationBetween = (from: string, to: string): string =>
  humanDuration((parseTime(to) ?? 0) - (parseTime(from) ?? 0));
