// SPDX-License-Identifier: Apache-2.0

import { fieldError as field, labelValueErrors, nameIsDnsSubdomain, sameJson } from "../../apimachinery/index.ts";
import type { Endpoint, EndpointHints, EndpointPort, EndpointSlice } from "../generated/v1.35/discovery-v1.ts";
import {
  checkDnsLabel,
  checkImmutable,
  checkQualifiedName,
  checkRequiredSupported,
  type Errors,
  pushInvalid,
} from "../validation/checks.ts";
import { checkFullDomainName } from "../validation/full-domain-name.ts";
import { checkEndpointIp, checkIp, checkLegacyIp, type IpFamily, ipFamilyOf, ipWarnings } from "../validation/ip.ts";

const ADDRESS_TYPES = ["FQDN", "IPv4", "IPv6"];
const PROTOCOLS = ["SCTP", "TCP", "UDP"];
const MAX_ADDRESSES = 100;
const MAX_PORTS = 20000;
const MAX_ENDPOINTS = 1000;
const MAX_ZONE_HINTS = 8;
const MAX_NODE_HINTS = 8;

function checkIpAddress(address: string, type: IpFamily, list: string, path: string, errors: Errors): void {
  const before = errors.length;
  if (type === "IPv4") checkLegacyIp(address, path, errors);
  else checkIp(address, path, errors);
  if (errors.length > before) return;
  if (ipFamilyOf(address) !== type) errors.push(field.invalid(list, address, `must be an ${type} address`));
  checkEndpointIp(address, path, errors);
}

function checkAddress(address: string, type: string, list: string, path: string, errors: Errors): void {
  if (type === "IPv4" || type === "IPv6") checkIpAddress(address, type, list, path, errors);
  else if (type === "FQDN") checkFullDomainName(address, path, errors);
}

function checkHintNames(
  hints: readonly { name: string }[],
  max: number,
  check: (name: string) => readonly string[],
  path: string,
  errors: Errors,
): boolean {
  if (hints.length > max) {
    errors.push(field.tooMany(path, hints.length, max));
    return false;
  }
  const seen = new Set<string>();
  for (const [i, { name }] of hints.entries()) {
    const at = `${path}[${i}].name`;
    if (seen.has(name)) errors.push(field.duplicate(at, name));
    else seen.add(name);
    pushInvalid(check(name), name, at, errors);
  }
  return true;
}

function checkHints(hints: EndpointHints, path: string, errors: Errors): void {
  const [zones, nodes] = [hints.forZones ?? [], hints.forNodes ?? []];
  if (!checkHintNames(zones, MAX_ZONE_HINTS, labelValueErrors, `${path}.forZones`, errors)) return;
  checkHintNames(nodes, MAX_NODE_HINTS, (name) => nameIsDnsSubdomain(name, false), `${path}.forNodes`, errors);
}

function validateEndpoint(endpoint: Endpoint, addressType: string, path: string, errors: Errors): void {
  const addresses = endpoint.addresses ?? [];
  if (addresses.length === 0) errors.push(field.required(`${path}.addresses`, "must contain at least 1 address"));
  else if (addresses.length > MAX_ADDRESSES)
    errors.push(field.tooMany(`${path}.addresses`, addresses.length, MAX_ADDRESSES));
  const list = `${path}.addresses`;
  for (const [i, address] of addresses.entries()) checkAddress(address, addressType, list, `${list}[${i}]`, errors);
  const { nodeName, hostname } = endpoint;
  if (nodeName !== undefined) pushInvalid(nameIsDnsSubdomain(nodeName, false), nodeName, `${path}.nodeName`, errors);
  if (hostname !== undefined) checkDnsLabel(hostname, `${path}.hostname`, errors);
  if (endpoint.hints) checkHints(endpoint.hints, `${path}.hints`, errors);
}

function validatePorts(ports: readonly EndpointPort[], errors: Errors): void {
  if (ports.length > MAX_PORTS) {
    errors.push(field.tooMany("ports", ports.length, MAX_PORTS));
    return;
  }
  const names = new Set<string>();
  for (const [i, port] of ports.entries()) {
    const at = `ports[${i}]`;
    const name = port.name ?? "";
    if (name) checkDnsLabel(name, `${at}.name`, errors);
    if (names.has(name)) errors.push(field.duplicate(`${at}.name`, name));
    names.add(name);
    checkRequiredSupported(port.protocol, `${at}.protocol`, PROTOCOLS, errors);
    if (port.appProtocol !== undefined) checkQualifiedName(port.appProtocol, `${at}.appProtocol`, errors);
  }
}

function validateEndpoints(slice: EndpointSlice, errors: Errors): void {
  const endpoints = slice.endpoints ?? [];
  if (endpoints.length > MAX_ENDPOINTS) errors.push(field.tooMany("endpoints", endpoints.length, MAX_ENDPOINTS));
  else
    for (const [i, endpoint] of endpoints.entries())
      validateEndpoint(endpoint, slice.addressType, `endpoints[${i}]`, errors);
}

/** What is wrong with a slice of endpoints; those that the old one has too have been accepted before. */
export function validateSlice(slice: EndpointSlice, old?: EndpointSlice): Errors {
  const errors: Errors = [];
  checkRequiredSupported(slice.addressType, "addressType", ADDRESS_TYPES, errors);
  validatePorts(slice.ports ?? [], errors);
  if (!old || !sameJson(slice.endpoints, old.endpoints)) validateEndpoints(slice, errors);
  if (old) checkImmutable(slice.addressType, old.addressType, "addressType", errors);
  return errors;
}

const CONTROLLERS: readonly (string | undefined)[] = [
  "endpointslice-controller.k8s.io",
  "endpointslicemirroring-controller.k8s.io",
];

/** Warnings about addresses that only a lenient reading takes; the controllers of slices write none. */
const addressWarnings = (slice: EndpointSlice): string[] =>
  CONTROLLERS.includes(slice.metadata.labels?.["endpointslice.kubernetes.io/managed-by"])
    ? []
    : (slice.endpoints ?? []).flatMap(({ addresses }, i) =>
        (addresses ?? []).flatMap((address, j) => ipWarnings(address, `endpoints[${i}].addresses[${j}]`)),
      );

/** Warnings about a new slice or a changed one. */
export const sliceWarnings = (slice: EndpointSlice, old: EndpointSlice | undefined): string[] => [
  ...(slice.addressType === "FQDN" && !old ? ["spec.addressType: FQDN endpoints are deprecated"] : []),
  ...addressWarnings(slice),
];
