// SPDX-License-Identifier: Apache-2.0

import { formatTime } from "../../apimachinery/index.ts";

const DAY_MS = 24 * 3600 * 1000;
const WEEKDAYS = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** A time as HTTP headers have it: `Tue, 24 Nov 2026 11:10:28 GMT`. */
export function httpDate(epochMs: number): string {
  const [date = "", time = ""] = formatTime(epochMs).replace("Z", "").split("T");
  const [year, month, day] = date.split("-");
  const weekday = WEEKDAYS[Math.floor(epochMs / DAY_MS) % WEEKDAYS.length];
  return `${weekday}, ${day} ${MONTHS[Number(month) - 1]} ${year} ${time} GMT`;
}
