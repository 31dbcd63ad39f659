// SPDX-License-Identifier: Apache-2.0

/** How a quantity is written: with SI suffixes, with powers of 1024, or with an exponent. */
export type QuantityFormat = "DecimalSI" | "BinarySI" | "DecimalExponent";

/** A fixed-point number with the family of suffixes that it is written in; `value × 10^exponent`. */
export interface Quantity {
  readonly value: bigint;
  readonly exponent: number;
  readonly format: QuantityFormat;
  /** The text that it was read from, when that is canonical. */
  readonly text?: string;
}

/** Text that is no quantity; the message is upstream's. */
export class QuantityError extends Error {
  override readonly name = "QuantityError";
}

const FORMAT_WRONG = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const NUMERIC_WRONG = "unable to parse numeric part of quantity";
const SUFFIX_WRONG = "unable to parse quantity's suffix";

const DECIMAL_SUFFIXES: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  "": 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const BINARY_SUFFIXES: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };
const DECIMAL_BY_EXPONENT = new Map(Object.entries(DECIMAL_SUFFIXES).map(([suffix, e]) => [e, suffix]));
const BINARY_BY_EXPONENT = new Map(Object.entries(BINARY_SUFFIXES).map(([suffix, e]) => [e, suffix]));

const NANO = -9;
/** Digits that upstream's 64-bit fast path holds; above it, amounts are rounded to nano and capped. */
const MAX_INT64_DIGITS = 18;
const MAX_INT64 = 2n ** 63n - 1n;

interface Suffix {
  readonly base: 2 | 10;
  readonly exponent: number;
  readonly format: QuantityFormat;
}

function interpretSuffix(text: string): Suffix | undefined {
  const decimal = DECIMAL_SUFFIXES[text];
  if (decimal !== undefined) return { base: 10, exponent: decimal, format: "DecimalSI" };
  const binary = BINARY_SUFFIXES[text];
  if (binary !== undefined) return { base: 2, exponent: binary, format: "BinarySI" };
  if (!/^[eE][-+]?\d+$/.test(text)) return undefined;
  const exponent = Number(text.slice(1));
  // Upstream narrows the exponent to 32 bits.
  return Math.abs(exponent) > Number.MAX_SAFE_INTEGER
    ? undefined
    : { base: 10, exponent: exponent | 0, format: "DecimalExponent" };
}

function divideAwayFromZero(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  if (quotient * divisor === value) return quotient;
  return value < 0n ? quotient - 1n : quotient + 1n;
}

/** The amount in units of 10^exponent, rounded away from zero. */
function scaledTo(q: Quantity, exponent: number): bigint {
  const shift = q.exponent - exponent;
  if (shift >= 0) return q.value * 10n ** BigInt(shift);
  return divideAwayFromZero(q.value, 10n ** BigInt(-shift));
}

const TEXT = /^([+-]?)(\d*)(?:(\.)(\d*))?([eEinumkKMGTP]*[-+]?\d*)$/;

/** Whether upstream's fast path applies, which keeps tiny fractions out of rounding. */
function fitsFastPath(suffix: Suffix, digits: number, whole: number, fraction: number): boolean {
  if (suffix.base === 10) return MAX_INT64_DIGITS - digits >= 0 && suffix.exponent - fraction >= NANO;
  return fraction === 0 && 15 - whole - Math.trunc((suffix.exponent * 3) / 10) - 1 >= 0;
}

function isCanonicalText(suffix: Suffix, digits: string, value: bigint, exponent: number): boolean {
  if (suffix.format === "BinarySI") return (value & 7n) !== 0n;
  return exponent % 3 === 0 && !digits.endsWith("000") && !digits.startsWith("0");
}

/** Rounds to nano, caps binary amounts, and writes binary amounts below one in SI. */
function bounded(amount: Quantity): Quantity {
  let { value, exponent, format } = amount;
  if (exponent < NANO) {
    value = scaledTo(amount, NANO);
    exponent = NANO;
  }
  if (format !== "BinarySI") return { value, exponent, format };
  const negative = value < 0n;
  const magnitude = { value: negative ? -value : value, exponent, format };
  if (compare(magnitude, { value: MAX_INT64, exponent: 0, format }) > 0) {
    value = negative ? -MAX_INT64 : MAX_INT64;
    exponent = 0;
  } else if (value !== 0n && compare(magnitude, { value: 1n, exponent: 0, format }) < 0) format = "DecimalSI";
  return { value, exponent, format };
}

function parse(text: string): Quantity {
  if (text === "") throw new QuantityError(FORMAT_WRONG);
  if (text === "0") return { value: 0n, exponent: 0, format: "DecimalSI", text };
  const match = TEXT.exec(text);
  if (!match) throw new QuantityError(FORMAT_WRONG);
  const [, sign, digitsBefore = "", , fraction = "", suffixText = ""] = match;
  const whole = digitsBefore.replace(/^0+/, "");
  const suffix = interpretSuffix(suffixText);
  if (!suffix) throw new QuantityError(SUFFIX_WRONG);
  // Upstream reads no digits at all as zero, but for suffixes that take its slow path.
  const digits = (whole || "0") + fraction;
  const magnitude = BigInt(digits);
  const value = sign === "-" ? -magnitude : magnitude;
  const wholeLength = whole.length || 1;
  if (suffix.base === 10) {
    const exponent = suffix.exponent - fraction.length;
    const amount: Quantity = { value, exponent, format: suffix.format };
    if (!fitsFastPath(suffix, digits.length, wholeLength, fraction.length)) return bounded(amount);
    return isCanonicalText(suffix, digits, magnitude, exponent) ? { ...amount, text } : amount;
  }
  if (!fitsFastPath(suffix, digits.length, wholeLength, fraction.length) && digitsBefore + fraction === "")
    throw new QuantityError(NUMERIC_WRONG);
  const scaled = value << BigInt(suffix.exponent);
  const amount: Quantity = { value: scaled, exponent: -fraction.length, format: suffix.format };
  if (!fitsFastPath(suffix, digits.length, wholeLength, fraction.length)) return bounded(amount);
  return isCanonicalText(suffix, digits, magnitude, 0) ? { ...amount, text } : amount;
}

const CACHE_LIMIT = 4096;
const parsed = new Map<string, Quantity>();

/**
 * Reads a quantity as resource.ParseQuantity does; throws QuantityError with upstream's message.
 *
 * @example
 * formatQuantity(parseQuantity("1024Mi")) === "1Gi"
 */
export function parseQuantity(text: string): Quantity {
  const known = parsed.get(text);
  if (known) return known;
  const fresh = parse(text);
  if (parsed.size >= CACHE_LIMIT) parsed.clear();
  parsed.set(text, fresh);
  return fresh;
}

/** Splits off factors of ten until the exponent is a multiple of three. */
function canonicalDecimal(q: Quantity): { number: bigint; exponent: number } {
  let { value, exponent } = q;
  while (value % 10n === 0n) {
    value /= 10n;
    exponent++;
  }
  while (exponent % 3 !== 0) {
    value *= 10n;
    exponent--;
  }
  return { number: value, exponent };
}

function format(q: Quantity): string {
  if (q.value === 0n) return "0";
  if (q.format === "BinarySI") {
    const whole = scaledTo(q, 0);
    const exact = q.exponent >= 0 || whole * 10n ** BigInt(-q.exponent) === q.value;
    if (exact && (whole <= -1024n || whole >= 1024n)) return formatBinary(whole);
  }
  const { number, exponent } = canonicalDecimal(q);
  if (q.format === "DecimalExponent") return exponent === 0 ? `${number}` : `${number}e${exponent}`;
  return `${number}${DECIMAL_BY_EXPONENT.get(exponent) ?? ""}`;
}

function formatBinary(whole: bigint): string {
  let power = 0;
  while (whole % 1024n === 0n) {
    whole /= 1024n;
    power += 10;
  }
  return `${whole}${BINARY_BY_EXPONENT.get(power) ?? ""}`;
}

/** The canonical text, as resource.Quantity's String. */
export function formatQuantity(q: Quantity): string {
  return q.text ?? format(q);
}

const canonical = new Map<string, string>();

/** The text that the API answers for the text that a client sent; throws QuantityError. */
export function canonicalQuantity(text: string): string {
  const known = canonical.get(text);
  if (known !== undefined) return known;
  const fresh = formatQuantity(parseQuantity(text));
  if (canonical.size >= CACHE_LIMIT) canonical.clear();
  canonical.set(text, fresh);
  return fresh;
}

const toQuantity = (q: Quantity | string): Quantity => (typeof q === "string" ? parseQuantity(q) : q);

const digitCount = (value: bigint): number => (value < 0n ? -value : value).toString().length;

function compare(a: Quantity, b: Quantity): number {
  const signA = a.value < 0n ? -1 : a.value > 0n ? 1 : 0;
  const signB = b.value < 0n ? -1 : b.value > 0n ? 1 : 0;
  if (signA !== signB || signA === 0) return Math.sign(signA - signB);
  // The order of magnitude first: an exponent may be far too big to expand.
  const magnitude = digitCount(a.value) + a.exponent - (digitCount(b.value) + b.exponent);
  if (magnitude !== 0) return magnitude > 0 ? signA : -signA;
  const exponent = Math.min(a.exponent, b.exponent);
  const difference = scaledTo(a, exponent) - scaledTo(b, exponent);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Negative, zero or positive, as `a` is less than, equal to or greater than `b`. */
export function compareQuantities(a: Quantity | string, b: Quantity | string): number {
  return a === b ? 0 : compare(toQuantity(a), toQuantity(b));
}

function sum(a: Quantity, b: Quantity, sign: 1n | -1n): Quantity {
  const exponent = Math.min(a.exponent, b.exponent);
  return {
    value: scaledTo(a, exponent) + sign * scaledTo(b, exponent),
    exponent,
    // A zero has no format of its own.
    format: a.value === 0n ? b.format : a.format,
  };
}

/** The sum, written as the first of them is. */
export const addQuantities = (a: Quantity | string, b: Quantity | string): Quantity =>
  sum(toQuantity(a), toQuantity(b), 1n);

/** The difference, written as the first of them is. */
export const subtractQuantities = (a: Quantity | string, b: Quantity | string): Quantity =>
  sum(toQuantity(a), toQuantity(b), -1n);

/** A quantity of whole units. */
export const quantityOf = (value: number | bigint, format: QuantityFormat = "DecimalSI"): Quantity => ({
  value: BigInt(value),
  exponent: 0,
  format,
});

/** A quantity of thousandths. */
export const milliQuantityOf = (milli: number | bigint, format: QuantityFormat = "DecimalSI"): Quantity => ({
  value: BigInt(milli),
  exponent: -3,
  format,
});

/** Exponents beyond this give an infinite number anyway. */
const MAX_NUMBER_EXPONENT = 400;

function scaledNumber(q: Quantity, exponent: number): number {
  if (q.value === 0n) return 0;
  if (q.exponent - exponent > MAX_NUMBER_EXPONENT) return q.value < 0n ? -Infinity : Infinity;
  if (exponent - q.exponent > MAX_NUMBER_EXPONENT + digitCount(q.value)) return q.value < 0n ? -1 : 1;
  return Number(scaledTo(q, exponent));
}

const values = new WeakMap<Quantity, number>();
const milliValues = new WeakMap<Quantity, number>();

const MAX_SCALED = 2 ** 63;

function cachedNumber(cache: WeakMap<Quantity, number>, q: Quantity, exponent: number): number {
  const known = cache.get(q);
  if (known !== undefined) return known;
  const scaled = scaledNumber(q, exponent);
  // What does not fit into 64 bits is nothing, as in the original.
  const fresh = Math.abs(scaled) < MAX_SCALED ? scaled : 0;
  cache.set(q, fresh);
  return fresh;
}

/** Whole units, rounded away from zero, as Quantity.Value. */
export const quantityValue = (q: Quantity | string): number => cachedNumber(values, toQuantity(q), 0);

/** Thousandths, rounded away from zero, as Quantity.MilliValue. */
export const quantityMilliValue = (q: Quantity | string): number => cachedNumber(milliValues, toQuantity(q), -3);

/** -1, 0 or 1. */
export function quantitySign(q: Quantity | string): number {
  const { value } = toQuantity(q);
  return value < 0n ? -1 : value > 0n ? 1 : 0;
}
