// SPDX-License-Identifier: Apache-2.0

/** Text that is no time; the message is that of Go's time.Parse. */
export class TimeError extends Error {
  override readonly name = "TimeError";
}

const MS_PER_SECOND = 1000;
const MS_PER_MINUTE = 60 * MS_PER_SECOND;
const MS_PER_HOUR = 60 * MS_PER_MINUTE;
const MS_PER_DAY = 24 * MS_PER_HOUR;

const TIME_LAYOUT = "2006-01-02T15:04:05Z07:00";
const MICRO_TIME_LAYOUT = "2006-01-02T15:04:05.000000Z07:00";
/** The milliseconds of year 1, which Go takes for "no time". */
const ZERO_TIME_MS = -62135596800000;

/** Days from 1970-01-01 to a date of the proleptic Gregorian calendar. */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

interface CivilDate {
  year: number;
  month: number;
  day: number;
}

function civilFromDays(days: number): CivilDate {
  const z = days + 719468;
  const era = Math.floor(z / 146097);
  const dayOfEra = z - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1,
  };
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function daysIn(year: number, month: number): number {
  if (month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)) return 29;
  return MONTH_DAYS[month - 1]!;
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** Reads a time element by element, as Go's parser does, so that errors name the same one. */
class TimeReader {
  private position = 0;
  private readonly text: string;
  private readonly layout: string;

  constructor(text: string, layout: string) {
    this.text = text;
    this.layout = layout;
  }

  private fail(element: string, from: number): never {
    const rest = JSON.stringify(this.text.slice(from));
    throw new TimeError(
      `parsing time ${JSON.stringify(this.text)} as ${JSON.stringify(this.layout)}: cannot parse ${rest} as ${JSON.stringify(element)}`,
    );
  }

  outOfRange(what: string): never {
    throw new TimeError(`parsing time ${JSON.stringify(this.text)}: ${what} out of range`);
  }

  literal(character: string): void {
    if (this.text[this.position] !== character) this.fail(character, this.position);
    this.position++;
  }

  /** `width` digits; one digit is enough where the element is not fixed. */
  number(element: string, width: number, fixed = true): number {
    const start = this.position;
    let end = start;
    while (end < start + width && isDigit(this.text.charCodeAt(end))) end++;
    if (end - start < (fixed ? width : 1)) this.fail(element, start);
    this.position = end;
    return Number(this.text.slice(start, end));
  }

  /** A fraction of a second in milliseconds; `digits` when the layout fixes how many. */
  fraction(digits: number | undefined): number {
    const start = this.position;
    if (digits === undefined) {
      const separator = this.text[start];
      if ((separator !== "." && separator !== ",") || !isDigit(this.text.charCodeAt(start + 1))) return 0;
    }
    let end = start + 1;
    while (isDigit(this.text.charCodeAt(end)) && (digits === undefined || end - start <= digits)) end++;
    if (digits !== undefined && (this.text[start] !== "." || end - start - 1 !== digits))
      this.fail(`.${"0".repeat(digits)}`, start);
    this.position = end;
    return Number(`0.${this.text.slice(start + 1, end)}`) * MS_PER_SECOND;
  }

  /** The zone's offset from UTC in milliseconds. */
  zone(): number {
    const start = this.position;
    if (this.text[start] === "Z") {
      this.position++;
      return 0;
    }
    const match = /^([+-])(\d\d):(\d\d)/.exec(this.text.slice(start));
    if (!match) this.fail("Z07:00", start);
    const hours = Number(match[2]);
    const minutes = Number(match[3]);
    if (hours > 24) this.outOfRange("time zone offset hour");
    if (minutes > 60) this.outOfRange("time zone offset minute");
    this.position += match[0].length;
    return (hours * MS_PER_HOUR + minutes * MS_PER_MINUTE) * (match[1] === "-" ? -1 : 1);
  }

  end(): void {
    if (this.position < this.text.length)
      throw new TimeError(
        `parsing time ${JSON.stringify(this.text)}: extra text: ${JSON.stringify(this.text.slice(this.position))}`,
      );
  }
}

function parseWith(text: string, layout: string, fractionDigits: number | undefined): number {
  const reader = new TimeReader(text, layout);
  const year = reader.number("2006", 4);
  reader.literal("-");
  const month = reader.number("01", 2);
  if (month < 1 || month > 12) reader.outOfRange("month");
  reader.literal("-");
  const day = reader.number("02", 2);
  reader.literal("T");
  const hour = reader.number("15", 2, false);
  if (hour > 23) reader.outOfRange("hour");
  reader.literal(":");
  const minute = reader.number("04", 2);
  if (minute > 59) reader.outOfRange("minute");
  reader.literal(":");
  const second = reader.number("05", 2);
  if (second > 59) reader.outOfRange("second");
  const fraction = reader.fraction(fractionDigits);
  const offset = reader.zone();
  reader.end();
  if (day < 1 || day > daysIn(year, month)) reader.outOfRange("day");
  const days = daysFromCivil(year, month, day);
  return days * MS_PER_DAY + hour * MS_PER_HOUR + minute * MS_PER_MINUTE + second * MS_PER_SECOND + fraction - offset;
}

/** Milliseconds since 1970 of a Time's text; throws TimeError with Go's message. */
export const readTime = (text: string): number => parseWith(text, TIME_LAYOUT, undefined);

/** Milliseconds, with microseconds as their fraction, of a MicroTime's text; throws TimeError. */
export const readMicroTime = (text: string): number => parseWith(text, MICRO_TIME_LAYOUT, 6);

/**
 * Milliseconds since 1970 of a Time's or MicroTime's text; undefined for what is no time.
 *
 * @example
 * parseTime("1970-01-01T00:00:01Z") === 1000
 */
export function parseTime(text: string): number | undefined {
  // A time that is not there is asked for often, and an exception costs much.
  if (text === "") return undefined;
  try {
    return readTime(text);
  } catch (error) {
    if (error instanceof TimeError) return undefined;
    throw error;
  }
}

const two = (n: number): string => (n < 10 ? `0${n}` : `${n}`);

function civilText(wholeSeconds: number): string {
  const days = Math.floor(wholeSeconds / 86400);
  const second = wholeSeconds - days * 86400;
  const { year, month, day } = civilFromDays(days);
  const hour = Math.floor(second / 3600);
  const minute = Math.floor(second / 60) % 60;
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second % 60)}`;
}

/** The wire text of a Time: UTC, whole seconds. */
export const formatTime = (epochMs: number): string => `${civilText(Math.floor(epochMs / MS_PER_SECOND))}Z`;

/** The wire text of a MicroTime: UTC, six digits. */
export function formatMicroTime(epochMs: number): string {
  const micros = Math.round(epochMs * 1000);
  const seconds = Math.floor(micros / 1e6);
  return `${civilText(seconds)}.${String(micros - seconds * 1e6).padStart(6, "0")}Z`;
}

const CANONICAL_TIME = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;

/** A Time's text as the API writes it back; throws TimeError. Undefined for Go's zero time, which is written as null. */
export function canonicalTime(text: string): string | undefined {
  if (CANONICAL_TIME.test(text) && !text.startsWith("0001-")) return text;
  const epochMs = readTime(text);
  return epochMs === ZERO_TIME_MS ? undefined : formatTime(epochMs);
}

/** A MicroTime's text as the API writes it back; throws TimeError. Undefined for Go's zero time. */
export function canonicalMicroTime(text: string): string | undefined {
  const epochMs = readMicroTime(text);
  if (epochMs === ZERO_TIME_MS) return undefined;
  // The fraction is taken from the text: a double has no microseconds left in far years.
  const dot = text.indexOf(".");
  return `${civilText(Math.floor(epochMs / MS_PER_SECOND))}${text.slice(dot, dot + 7)}Z`;
}

function pair(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${small}${smallUnit}`;
}

/** A duration in the words of `kubectl get`: `35s`, `4m10s`, `3h5m`, `2d4h`, `1y20d`. */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / MS_PER_SECOND);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return pair(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return pair(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (hours < 192) return pair(days, "d", hours % 24, "h");
  if (days < 365 * 2) return `${days}d`;
  const years = Math.floor(days / 365);
  return days < 365 * 8 ? pair(years, "y", days % 365, "d") : `${years}y`;
}

/** How long ago a Time was, as the AGE column shows it; `<unknown>` where there is none. */
export function translateTimestampSince(timestamp: string | null | undefined, nowMs: number): string {
  const then = timestamp ? parseTime(timestamp) : undefined;
  return then === undefined ? "<unknown>" : humanDuration(nowMs - then);
}
