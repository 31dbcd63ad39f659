// SPDX-License-Identifier: Apache-2.0

import type { CronSchedule } from "../../api/index.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** A schedule that does not fire within this time never does (the 30th of February). */
const HORIZON_MS = 5 * 366 * DAY_MS;

/** What a clock on the wall shows. */
interface WallTime {
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
}

const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    const numeric = { month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" } as const;
    format = new Intl.DateTimeFormat("en-US", { timeZone, weekday: "short", hourCycle: "h23", ...numeric });
    formats.set(timeZone, format);
  }
  return format;
}

function wallTime(ms: number, timeZone: string): WallTime {
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {};
  for (const { type, value } of formatOf(timeZone).formatToParts(ms)) parts[type] = value;
  return {
    month: Number(parts.month),
    day: Number(parts.day),
    weekday: WEEKDAYS.indexOf(parts.weekday ?? ""),
    hour: Number(parts.hour),
    minute: Number(parts.minute),
  };
}

function isDay(schedule: CronSchedule, { month, day, weekday }: WallTime): boolean {
  if (!schedule.months.has(month)) return false;
  const [dayOfMonth, dayOfWeek] = [schedule.daysOfMonth.has(day), schedule.daysOfWeek.has(weekday)];
  // When both restrict, either will do.
  return schedule.anyDayOfMonth || schedule.anyDayOfWeek ? dayOfMonth && dayOfWeek : dayOfMonth || dayOfWeek;
}

/** The beginning of the next day; days may have 23 or 25 hours. */
function nextDay(ms: number, at: WallTime, timeZone: string): number {
  const guess = ms + DAY_MS - at.hour * HOUR_MS - at.minute * MINUTE_MS;
  const there = wallTime(guess, timeZone);
  const passed = there.hour * HOUR_MS + there.minute * MINUTE_MS;
  return there.day !== at.day && passed < DAY_MS / 2 ? guess - passed : guess;
}

/**
 * The first time after `afterMs` at which the schedule fires; undefined when it never does. Times that a clock skips do
 * not fire, times that it shows twice fire twice.
 */
export function nextTimeMs(schedule: CronSchedule, afterMs: number, timeZone: string): number | undefined {
  if (schedule.everyNanoseconds !== undefined) {
    return Math.floor(afterMs / 1_000) * 1_000 + schedule.everyNanoseconds / 1e6;
  }
  let ms = Math.floor(afterMs / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
  while (ms <= afterMs + HORIZON_MS) {
    const at = wallTime(ms, timeZone);
    if (!isDay(schedule, at)) ms = nextDay(ms, at, timeZone);
    else if (!schedule.hours.has(at.hour)) ms += HOUR_MS - at.minute * MINUTE_MS;
    else if (!schedule.minutes.has(at.minute)) ms += MINUTE_MS;
    else return ms;
  }
  return undefined;
}

/** How far back to look for the last time; each window is tried when the one before is empty. */
const WINDOWS_MS = [2 * MINUTE_MS, 2 * HOUR_MS, 2 * DAY_MS, 62 * DAY_MS, 732 * DAY_MS, HORIZON_MS];

/** The last time at which the schedule fired after `sinceMs` and not after `nowMs`. */
export function lastTimeMs(
  schedule: CronSchedule,
  between: { readonly sinceMs: number; readonly nowMs: number },
  timeZone: string,
): number | undefined {
  const { sinceMs, nowMs } = between;
  for (const window of WINDOWS_MS) {
    const startMs = Math.max(sinceMs, nowMs - window);
    let last: number | undefined;
    let next = nextTimeMs(schedule, startMs, timeZone);
    while (next !== undefined && next <= nowMs) {
      last = next;
      next = nextTimeMs(schedule, next, timeZone);
    }
    if (last !== undefined || startMs === sinceMs) return last;
  }
  return undefined;
}

/** Whether the schedule fired more than `limit` times after `sinceMs` and not after `nowMs`. */
export function firedMoreThan(
  schedule: CronSchedule,
  between: { readonly sinceMs: number; readonly nowMs: number; readonly limit: number },
  timeZone: string,
): boolean {
  let next = nextTimeMs(schedule, between.sinceMs, timeZone);
  for (let fired = 0; next !== undefined && next <= between.nowMs; fired++) {
    if (fired >= between.limit) return true;
    next = nextTimeMs(schedule, next, timeZone);
  }
  return false;
}
