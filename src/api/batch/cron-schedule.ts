// SPDX-License-Identifier: Apache-2.0

import { goQuote } from "../../apimachinery/index.ts";

/** When a cron schedule fires: the values of each field, or an interval. */
export interface CronSchedule {
  /** The zone that a TZ= prefix names. */
  readonly timeZone?: string;
  /** Nanoseconds between two times, for "@every". */
  readonly everyNanoseconds?: number;
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly daysOfMonth: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly daysOfWeek: ReadonlySet<number>;
  /** The day fields restrict nothing: they are "*". If one of them does restrict, both need not match. */
  readonly anyDayOfMonth: boolean;
  readonly anyDayOfWeek: boolean;
}

/** A schedule that cannot be read. */
export class CronSyntaxError extends Error {}

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const MONTHS = ["", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const BOUNDS: readonly Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: DAYS },
];
const DESCRIPTORS: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};
const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

function parseNumber(text: string): number {
  if (!/^[+-]?\d+$/.test(text))
    throw new CronSyntaxError(
      `failed to parse int from ${text}: strconv.Atoi: parsing ${goQuote(text)}: invalid syntax`,
    );
  const value = Number(text);
  if (value < 0) throw new CronSyntaxError(`negative number (${value}) not allowed: ${text}`);
  return value;
}

function parseNumberOrName(text: string, names: readonly string[] | undefined): number {
  const index = text === "" ? -1 : (names?.indexOf(text.toLowerCase()) ?? -1);
  return index >= 0 ? index : parseNumber(text);
}

interface Range {
  readonly first: number;
  readonly last: number;
  readonly step: number;
  readonly isAny: boolean;
}

function parseLimits(text: string, expression: string, bounds: Bounds): { first: number; last: number; star: boolean } {
  const limits = text.split("-");
  const low = limits[0] ?? "";
  if (low === "*" || low === "?") return { first: bounds.min, last: bounds.max, star: true };
  const first = parseNumberOrName(low, bounds.names);
  if (limits.length > 2) throw new CronSyntaxError(`too many hyphens: ${expression}`);
  return { first, last: limits.length === 2 ? parseNumberOrName(limits[1]!, bounds.names) : first, star: false };
}

function parseRange(expression: string, bounds: Bounds): Range {
  const parts = expression.split("/");
  const limits = parseLimits(parts[0] ?? "", expression, bounds);
  const { first } = limits;
  let { last } = limits;
  let step = 1;
  if (parts.length > 2) throw new CronSyntaxError(`too many slashes: ${expression}`);
  if (parts.length === 2) {
    step = parseNumber(parts[1]!);
    if (!parts[0]!.includes("-")) last = bounds.max;
  }
  if (first < bounds.min)
    throw new CronSyntaxError(`beginning of range (${first}) below minimum (${bounds.min}): ${expression}`);
  if (last > bounds.max)
    throw new CronSyntaxError(`end of range (${last}) above maximum (${bounds.max}): ${expression}`);
  if (first > last)
    throw new CronSyntaxError(`beginning of range (${first}) beyond end of range (${last}): ${expression}`);
  if (step === 0) throw new CronSyntaxError(`step of range should be a positive number: ${expression}`);
  return { first, last, step, isAny: limits.star && step === 1 };
}

function parseField(text: string, bounds: Bounds): { values: Set<number>; any: boolean } {
  const values = new Set<number>();
  let any = false;
  for (const expression of text.split(",").filter((part) => part !== "")) {
    const { first, last, step, isAny } = parseRange(expression, bounds);
    for (let value = first; value <= last; value += step) values.add(value);
    any ||= isAny;
  }
  return { values, any };
}

function parseFields(text: string): Omit<CronSchedule, "timeZone"> {
  const fields = text.split(/\s+/).filter((field) => field !== "");
  if (fields.length !== BOUNDS.length)
    throw new CronSyntaxError(`expected exactly 5 fields, found ${fields.length}: [${fields.join(" ")}]`);
  const [minutes, hours, daysOfMonth, months, daysOfWeek] = fields.map((field, i) => parseField(field, BOUNDS[i]!));
  return {
    minutes: minutes!.values,
    hours: hours!.values,
    daysOfMonth: daysOfMonth!.values,
    months: months!.values,
    daysOfWeek: daysOfWeek!.values,
    anyDayOfMonth: daysOfMonth!.any,
    anyDayOfWeek: daysOfWeek!.any,
  };
}

/** Nanoseconds of a Go duration such as "1h30m". */
function parseDuration(text: string): number | string {
  const sign = text.startsWith("-") ? -1 : 1;
  const body = text.replace(/^[+-]/, "");
  if (body === "0") return 0;
  const quoted = goQuote(text);
  if (body === "") return `time: invalid duration ${quoted}`;
  let total = 0;
  let rest = body;
  while (rest !== "") {
    const number = /^(?:\d+\.?\d*|\.\d+)/.exec(rest)?.[0];
    if (number === undefined) return `time: invalid duration ${quoted}`;
    rest = rest.slice(number.length);
    const unit = /^[^.\d]+/.exec(rest)?.[0];
    if (unit === undefined) return `time: missing unit in duration ${quoted}`;
    const factor = UNITS[unit];
    if (factor === undefined) return `time: unknown unit ${goQuote(unit)} in duration ${quoted}`;
    total += Number(number) * factor;
    rest = rest.slice(unit.length);
  }
  return sign * total;
}

const EVERY = "@every ";
const SECOND = 1e9;

function parseDescriptor(text: string): Omit<CronSchedule, "timeZone"> {
  const fields = DESCRIPTORS[text];
  if (fields !== undefined) return parseFields(fields);
  if (!text.startsWith(EVERY)) throw new CronSyntaxError(`unrecognized descriptor: ${text}`);
  const duration = parseDuration(text.slice(EVERY.length));
  if (typeof duration === "string") throw new CronSyntaxError(`failed to parse duration ${text}: ${duration}`);
  const everyNanoseconds = Math.max(SECOND, duration - (duration % SECOND));
  return { ...parseFields("* * * * *"), everyNanoseconds };
}

/** Whether the time zone database has the zone; names are exact. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/.test(name)) return false;
  try {
    const known = new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
    return known === name || known.toLowerCase() !== name.toLowerCase();
  } catch {
    return false;
  }
}

/** Reads a schedule of five fields, or a descriptor such as @daily or "@every 1h". */
export function parseCronSchedule(text: string): CronSchedule {
  if (text === "") throw new CronSyntaxError("empty spec string");
  if (!/^(?:CRON_)?TZ=/.test(text)) return text.startsWith("@") ? parseDescriptor(text) : parseFields(text);
  const space = text.indexOf(" ");
  const timeZone = text.slice(text.indexOf("=") + 1, space < 0 ? undefined : space);
  if (timeZone !== "" && timeZone !== "Local" && !isTimeZone(timeZone))
    throw new CronSyntaxError(`provided bad location ${timeZone}: unknown time zone ${timeZone}`);
  const rest = space < 0 ? "" : text.slice(space).trim();
  return { ...(rest.startsWith("@") ? parseDescriptor(rest) : parseFields(rest)), timeZone };
}
