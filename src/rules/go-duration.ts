// SPDX-License-Identifier: Apache-2.0

const MS_PER_MINUTE = 60_000;
const MS_PER_HOUR = 3_600_000;

/** Milliseconds as Go prints a duration: "0s", "85ms", "1.5s", "1m20s", "2h0m0s". */
export function goDuration(ms: number): string {
  if (ms === 0) return "0s";
  if (ms < 1000) return `${ms}ms`;
  const hours = Math.floor(ms / MS_PER_HOUR);
  const minutes = Math.floor((ms % MS_PER_HOUR) / MS_PER_MINUTE);
  const seconds = `${(ms % MS_PER_MINUTE) / 1000}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}
