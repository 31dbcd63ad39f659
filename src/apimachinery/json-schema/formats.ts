// SPDX-License-Identifier: Apache-2.0

import { base64ToBytes } from "../base64.ts";
import { dns1123LabelErrors, dns1123SubdomainErrors } from "../names.ts";

const HEX = "[0-9a-f]";
const uuid = (third: string, fourth: string): RegExp =>
  new RegExp(`^${HEX}{8}-?${HEX}{4}-?${third}-?${fourth}-?${HEX}{12}$`, "i");
const ANY_PART = `${HEX}{4}`;
const VARIANT_PART = `[89ab]${HEX}{3}`;
const HOSTNAME_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/i;
const CARD =
  /^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35\d{3})\d{11})$/;
const DURATION_UNIT =
  "(?:ns|nano|nanos|nanosecond|nanoseconds|us|µs|micro|micros|microsecond|microseconds|ms|milli|millis|millisecond|milliseconds|s|sec|secs|second|seconds|m|min|mins|minute|minutes|h|hr|hour|hours|d|day|days|w|week|weeks)";
const DURATION = new RegExp(`^(?:[-+]?(?:0|(?:\\d+(?:\\.\\d*)?|\\.\\d+)${DURATION_UNIT})+|\\d+\\s*${DURATION_UNIT})$`);
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATE_TIME =
  /^(\d{4}-\d{2}-\d{2})T(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:Z|[-+](?:[01]\d|2[0-3]):?[0-5]\d)$/i;
const RGB = /^rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)$/;
const MAX_HOSTNAME_LENGTH = 255;
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isDate(text: string): boolean {
  const [, year, month, day] = (DATE.exec(text) ?? []).map(Number);
  if (year === undefined || !month || !day || month > 12) return false;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= (month === 2 && isLeap ? 29 : DAYS[month - 1]!);
}

function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

function isIpv6(text: string): boolean {
  const dotted = text.lastIndexOf(":");
  const tail = text.slice(dotted + 1);
  if (!text.includes(":")) return false;
  const plain = tail.includes(".") ? (isIpv4(tail) ? `${text.slice(0, dotted + 1)}0:0` : "") : text;
  const halves = plain.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return false;
  return halves.length === 2 ? groups.length < 8 : groups.length === 8;
}

function isCidr(text: string): boolean {
  const slash = text.lastIndexOf("/");
  const [address, bits] = [text.slice(0, slash), text.slice(slash + 1)];
  if (slash < 0 || !/^\d{1,3}$/.test(bits)) return false;
  return isIpv4(address) ? Number(bits) <= 32 : isIpv6(address) && Number(bits) <= 128;
}

function isBase64(text: string): boolean {
  if (text === "" || text.length % 4 !== 0) return false;
  try {
    base64ToBytes(text);
    return /^[A-Za-z0-9+/]+={0,2}$/.test(text);
  } catch {
    return false;
  }
}

function weighted(digits: string, weights: (i: number) => number): number {
  let sum = 0;
  for (const [i, digit] of [...digits].entries()) sum += (digit === "X" ? 10 : Number(digit)) * weights(i);
  return sum;
}

function isIsbn10(text: string): boolean {
  const digits = text.replace(/[-\s]/g, "");
  return /^\d{9}[\dX]$/.test(digits) && weighted(digits, (i) => i + 1) % 11 === 0;
}

function isIsbn13(text: string): boolean {
  const digits = text.replace(/[-\s]/g, "");
  return /^\d{13}$/.test(digits) && weighted(digits, (i) => (i % 2 === 0 ? 1 : 3)) % 10 === 0;
}

/** Luhn's check of the digits of a card. */
function isCreditCard(text: string): boolean {
  const digits = text.replace(/\D/g, "");
  if (!CARD.test(digits)) return false;
  let sum = 0;
  for (const [i, digit] of [...digits].toReversed().entries()) {
    const value = Number(digit) * (i % 2 === 1 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0;
}

function isHostname(text: string): boolean {
  const name = text.endsWith(".") ? text.slice(0, -1) : text;
  return name.length <= MAX_HOSTNAME_LENGTH && name.split(".").every((label) => HOSTNAME_LABEL.test(label));
}

const isRequestUri = (text: string): boolean =>
  text.startsWith("/") ? !/\s/.test(text) : /^[a-z][-a-z0-9+.]*:\S*$/i.test(text);

/** Formats by their names without dashes, as they are compared. */
const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  bsonobjectid: (text) => /^[0-9a-f]{24}$/i.test(text),
  byte: isBase64,
  cidr: isCidr,
  creditcard: isCreditCard,
  date: isDate,
  datetime: (text) => isDate(DATE_TIME.exec(text)?.[1] ?? ""),
  duration: (text) => DURATION.test(text),
  email: (text) => /^[^\s@<>"(),:;[\]\\]+@[^\s@<>"(),:;[\]\\]+$/.test(text),
  hexcolor: (text) => /^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/.test(text),
  hostname: isHostname,
  ipv4: isIpv4,
  ipv6: isIpv6,
  isbn: (text) => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  k8slongname: (text) => dns1123SubdomainErrors(text).length === 0,
  k8sshortname: (text) => dns1123LabelErrors(text).length === 0,
  mac: (text) =>
    /^(?:[0-9a-f]{2}([-:])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}(?:(?:\1[0-9a-f]{2}){2})?|[0-9a-f]{4}(?:\.[0-9a-f]{4}){2,3})$/i.test(
      text,
    ),
  password: () => true,
  rgbcolor: (text) =>
    RGB.exec(text)
      ?.slice(1)
      .every((part) => Number(part) <= 255) ?? false,
  ssn: (text) => /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(text),
  uri: isRequestUri,
  uuid: (text) => uuid(ANY_PART, ANY_PART).test(text),
  uuid3: (text) => uuid(`3${HEX}{3}`, ANY_PART).test(text),
  uuid4: (text) => uuid(`4${HEX}{3}`, VARIANT_PART).test(text),
  uuid5: (text) => uuid(`5${HEX}{3}`, VARIANT_PART).test(text),
};

const normalized = (format: string): string => format.replaceAll("-", "");

/** Whether strings are checked for a format of that name. */
export const isKnownFormat = (format: string): boolean => Object.hasOwn(FORMATS, normalized(format));

/** Whether a text is in a known format. */
export const isInFormat = (text: string, format: string): boolean => FORMATS[normalized(format)]?.(text) ?? true;
