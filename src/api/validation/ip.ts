// SPDX-License-Identifier: Apache-2.0

import { fieldError as field } from "../../apimachinery/index.ts";
import type { Errors } from "./checks.ts";

export type IpFamily = "IPv4" | "IPv6";

/** An address as its bytes: 4 or 16. */
export type IpBytes = readonly number[];

const IPV4 = /^\d{1,10}(?:\.\d{1,10}){3}$/;

function parseIpv4(text: string): number[] | undefined {
  if (!IPV4.test(text)) return undefined;
  const bytes = text.split(".").map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

function parseGroups(text: string): number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const groups = text.split(":");
  for (const [i, group] of groups.entries()) {
    if (group.includes(".")) {
      const tail = i === groups.length - 1 ? parseIpv4(group) : undefined;
      if (!tail) return undefined;
      bytes.push(...tail);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes;
}

function parseIpv6(text: string): number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0]!);
  if (!head) return undefined;
  if (halves.length === 1) return head.length === 16 ? head : undefined;
  const tail = parseGroups(halves[1]!);
  if (!tail || head.length + tail.length > 14) return undefined;
  return [...head, ...new Array<number>(16 - head.length - tail.length).fill(0), ...tail];
}

const isMappedIpv4 = (bytes: IpBytes): boolean =>
  bytes.length === 16 && bytes.slice(0, 10).every((b) => b === 0) && bytes[10] === 0xff && bytes[11] === 0xff;

const isMappedText = (value: string, bytes: IpBytes): boolean => bytes.length === 4 && value.includes(":");

/** Reads an address as leniently as Kubernetes always did: leading zeros are decimal. IPv4-mapped IPv6 is IPv4. */
export function parseIp(text: string): IpBytes | undefined {
  if (!text.includes(":")) return parseIpv4(text);
  const bytes = parseIpv6(text);
  return bytes && isMappedIpv4(bytes) ? bytes.slice(12) : bytes;
}

/** The family of a valid address. */
export function ipFamilyOf(text: string): IpFamily | undefined {
  const bytes = parseIp(text);
  return bytes && (bytes.length === 4 ? "IPv4" : "IPv6");
}

export interface Cidr {
  readonly address: IpBytes;
  readonly prefixLength: number;
}

const MAPPED_PREFIX = 96;

/** Reads ADDRESS/LENGTH. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf("/");
  const address = slash < 0 ? undefined : parseIp(text.slice(0, slash));
  const length = text.slice(slash + 1);
  if (!address || !/^\d{1,3}$/.test(length)) return undefined;
  const isMapped = isMappedText(text, address);
  // An IPv4 address that is dressed as IPv6 has 96 bits before its own.
  const prefixLength = Number(length) - (isMapped ? MAPPED_PREFIX : 0);
  return prefixLength >= 0 && prefixLength <= address.length * 8 ? { address, prefixLength } : undefined;
}

/** The family of a valid CIDR. */
export function cidrFamilyOf(text: string): IpFamily | undefined {
  const cidr = parseCidr(text);
  return cidr && (cidr.address.length === 4 ? "IPv4" : "IPv6");
}

/** Canonical text of an address, as Go's netip prints it. */
function formatIp(bytes: IpBytes): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push((bytes[i]! << 8) | bytes[i + 1]!);
  let bestStart = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; ) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > bestLength) [bestStart, bestLength] = [i, end - i];
    i = Math.max(end, i + 1);
  }
  const text = (part: number[]): string => part.map((group) => group.toString(16)).join(":");
  if (bestStart < 0) return text(groups);
  return `${text(groups.slice(0, bestStart))}::${text(groups.slice(bestStart + bestLength))}`;
}

/** Clears the bits after the prefix. */
export function maskedAddress(cidr: Cidr): IpBytes {
  return cidr.address.map((byte, i) => {
    const bits = Math.min(8, Math.max(0, cidr.prefixLength - i * 8));
    return byte & (0xff << (8 - bits)) & 0xff;
  });
}

const isUnspecified = (bytes: IpBytes): boolean => bytes.every((byte) => byte === 0);
const isLoopback = (bytes: IpBytes): boolean =>
  bytes.length === 4 ? bytes[0] === 127 : bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15] === 1;
const isLinkLocalUnicast = (bytes: IpBytes): boolean =>
  bytes.length === 4 ? bytes[0] === 169 && bytes[1] === 254 : bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0x80;
const isLinkLocalMulticast = (bytes: IpBytes): boolean =>
  bytes.length === 4
    ? bytes[0] === 224 && bytes[1] === 0 && bytes[2] === 0
    : bytes[0] === 0xff && (bytes[1]! & 0x0f) === 0x02;

const IP_WRONG = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const CIDR_WRONG = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

/** An address in a field that was always read leniently. */
export function checkLegacyIp(value: string, path: string, errors: Errors): void {
  if (!parseIp(value)) errors.push(field.invalid(path, value, IP_WRONG));
}

/** A CIDR in a field that was always read leniently. */
export function checkLegacyCidr(value: string, path: string, errors: Errors): void {
  if (!parseCidr(value)) errors.push(field.invalid(path, value, CIDR_WRONG));
}

/** An address that can be an endpoint: not unspecified, loopback or link-local. */
export function checkEndpointIp(value: string, path: string, errors: Errors): void {
  const bytes = parseIp(value);
  if (!bytes) {
    errors.push(field.invalid(path, value, "must be a valid IP address"));
    return;
  }
  if (isUnspecified(bytes)) errors.push(field.invalid(path, value, `may not be unspecified (${value})`));
  if (isLoopback(bytes))
    errors.push(field.invalid(path, value, "may not be in the loopback range (127.0.0.0/8, ::1/128)"));
  if (isLinkLocalUnicast(bytes))
    errors.push(field.invalid(path, value, "may not be in the link-local range (169.254.0.0/16, fe80::/10)"));
  if (isLinkLocalMulticast(bytes))
    errors.push(field.invalid(path, value, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"));
}

/** Whether the addresses are one of each family, at least. */
export function isDualStack(values: readonly string[]): boolean {
  const families = new Set(values.map(ipFamilyOf));
  return families.has("IPv4") && families.has("IPv6");
}

/** As isDualStack, of address ranges. */
export function isDualStackCidrs(values: readonly string[]): boolean {
  const families = new Set(values.map(cidrFamilyOf));
  return families.has("IPv4") && families.has("IPv6");
}

const cidrText = (cidr: Cidr): string => `${formatIp(maskedAddress(cidr))}/${cidr.prefixLength}`;
const hasLeadingZero = (value: string): boolean => !value.includes(":") && /(?:^|\.)0\d/.test(value);
const quoted = (text: string): string => JSON.stringify(text);

/** Why a text is no address in canonical form: leading zeros, IPv4 dressed as IPv6, another writing of it. */
export function ipMistake(value: string): string | undefined {
  const bytes = parseIp(value);
  if (!bytes) return IP_WRONG;
  if (hasLeadingZero(value)) return "must not have leading 0s";
  if (isMappedText(value, bytes)) return "must not be an IPv4-mapped IPv6 address";
  return value === formatIp(bytes) ? undefined : `must be in canonical form (${quoted(formatIp(bytes))})`;
}

/** An address in a field that reads strictly. */
export function checkIp(value: string, path: string, errors: Errors): void {
  const mistake = ipMistake(value);
  if (mistake !== undefined) errors.push(field.invalid(path, value, mistake));
}

/** A CIDR in a field that reads strictly. */
export function checkCidr(value: string, path: string, errors: Errors): void {
  const cidr = parseCidr(value);
  const refuse = (message: string): number => errors.push(field.invalid(path, value, message));
  if (!cidr) {
    refuse(CIDR_WRONG);
    return;
  }
  const [address = "", length = ""] = value.split("/");
  if (hasLeadingZero(address) || /^0\d/.test(length)) refuse("must not have leading 0s in IP or prefix length");
  else if (isMappedText(address, cidr.address)) refuse("must not have an IPv4-mapped IPv6 address");
  else if (formatIp(cidr.address) !== formatIp(maskedAddress(cidr)))
    refuse("must not have bits set beyond the prefix length");
  else if (value !== cidrText(cidr)) refuse(`must be in canonical form (${quoted(cidrText(cidr))})`);
}

/** The address of an interface with the length of its network's prefix. */
export function checkInterfaceAddress(value: string, path: string, errors: Errors): void {
  const cidr = parseCidr(value);
  if (!cidr) {
    errors.push(
      field.invalid(path, value, "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)"),
    );
    return;
  }
  const canonical = `${formatIp(cidr.address)}/${cidr.prefixLength}`;
  if (value !== canonical) errors.push(field.invalid(path, value, `must be in canonical form (${quoted(canonical)})`));
}

/** Warnings about an address that the lenient reading accepts. */
export function ipWarnings(value: string, path: string): string[] {
  const bytes = parseIp(value);
  if (!bytes) return [];
  const canonical = formatIp(bytes);
  if (hasLeadingZero(value) || isMappedText(value, bytes))
    return [
      `${path}: non-standard IP address ${quoted(value)} will be considered invalid in a future Kubernetes release: use ${quoted(canonical)}`,
    ];
  if (bytes.length === 16 && canonical !== value)
    return [`${path}: IPv6 address ${quoted(value)} should be in RFC 5952 canonical format (${quoted(canonical)})`];
  return [];
}

/** Warnings about a CIDR that the lenient reading accepts. */
export function cidrWarnings(value: string, path: string): string[] {
  const cidr = parseCidr(value);
  if (!cidr) return [];
  const warnings: string[] = [];
  const canonical = cidrText(cidr);
  const own = formatIp(cidr.address);
  if (own !== formatIp(maskedAddress(cidr)))
    warnings.push(
      `${path}: CIDR value ${quoted(value)} is ambiguous in this context (should be ${quoted(canonical)} or ${quoted(`${own}/${cidr.address.length * 8}`)}?)`,
    );
  const [address = "", length = ""] = value.split("/");
  if (hasLeadingZero(address) || /^0\d/.test(length) || isMappedText(address, cidr.address))
    warnings.push(
      `${path}: non-standard CIDR value ${quoted(value)} will be considered invalid in a future Kubernetes release: use ${quoted(canonical)}`,
    );
  if (warnings.length === 0 && cidr.address.length === 16 && canonical !== value)
    warnings.push(
      `${path}: IPv6 CIDR value ${quoted(value)} should be in RFC 5952 canonical format (${quoted(canonical)})`,
    );
  return warnings;
}
