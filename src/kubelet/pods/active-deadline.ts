// SPDX-License-Identifier: Apache-2.0

import { parseTime } from "../../apimachinery/index.ts";
import type { PodFailure, PodRecord } from "./pod-record.ts";

const MS_PER_SECOND = 1_000;

export interface DeadlineVerdict {
  /** Set when the deadline has passed and was not noted yet. */
  readonly failure?: PodFailure;
  readonly remainingMs?: number;
}

/** Whether a pod has been active for longer than its spec allows. */
export function activeDeadline(record: PodRecord, nowMs: number): DeadlineVerdict {
  const seconds = record.pod.spec?.activeDeadlineSeconds;
  const startMs = parseTime(record.lastStatus?.startTime ?? "");
  if (seconds === undefined || startMs === undefined || record.failure) return {};
  const remainingMs = startMs + seconds * MS_PER_SECOND - nowMs;
  if (remainingMs > 0) return { remainingMs };
  return {
    failure: { reason: "DeadlineExceeded", message: "Pod was active on the node longer than the specified deadline" },
  };
}
