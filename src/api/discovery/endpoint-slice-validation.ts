// SPDX-License-Identifier: Apache-2.0

import {
  dns1123SubdomainErrors,
  fieldError as field,
  nameIsDnsSubdomain,
  portNumberErrors,
  validateLabels,
} from "../../apimachinery/index.ts";
import type { Endpoint, EndpointHints, EndpointPort, EndpointSlice } from "../generated/v1.35/discovery-v1.ts";
import {
  checkDnsLabel,
  checkQualifiedName,
  checkRequiredSupported,
  type Errors,
  pushInvalid,
} from "../validation/checks.ts";
import { checkEndpointIp, checkLegacyIp, ipFamilyOf, ipWarnings } from "../validation/ip.ts";

const ADDRESS_TYPES = ["FQDN", "IPv4", "IPv6"];
const PROTOCOLS = ["SCTP", "TCP", "UDP"];
const MAX_TOPOLOGY_LABELS = 16;
const MAX_ADDRESSES = 100;
const MAX_PORTS = 20000;
const MAX_ENDPOINTS = 1000;
const MAX_ZONE_HINTS = 8;
const MAX_NODE_HINTS = 8;

function checkAddress(address: string, type: string, path: string, errors: Errors): void {
  switch (type) {
    case "IPv4":
    case "IPv6": {
      const before = errors.length;
      checkLegacyIp(address, path, errors);
      if (errors.length > before) break;
      if (ipFamilyOf(address) !== type) errors.push(field.invalid(path, address, `must be an ${type} address`));
      checkEndpointIp(address, path, errors);
      break;
    }
    case "FQDN":
      pushInvalid(dns1123SubdomainErrors(address), address, path, errors);
      break;
  }
}

function checkHintNames(
  hints: readonly { name: string }[],
  max: number,
  check: (name: string, path: string) => void,
  path: string,
  errors: Errors,
): void {
  if (hints.length > max) {
    errors.push(field.tooMany(path, hints.length, max));
    return;
  }
  const seen = new Set<string>();
  for (const [i, { name }] of hints.entries()) {
    const at = `${path}[${i}].name`;
    if (seen.has(name)) errors.push(field.duplicate(at, name));
    else seen.add(name);
    check(name, at);
  }
}

function checkHints(hints: EndpointHints, path: string, errors: Errors): void {
  const label = (name: string, at: string): void => checkLabelValue(name, at, errors);
  checkHintNames(hints.forZones ?? [], MAX_ZONE_HINTS, label, `${path}.forZones`, errors);
  const node = (name: string, at: string): void => pushInvalid(nameIsDnsSubdomain(name, false), name, at, errors);
  checkHintNames(hints.forNodes ?? [], MAX_NODE_HINTS, node, `${path}.forNodes`, errors);
}

const checkLabelValue = (value: string, path: string, errors: Errors): void => {
  errors.push(...validateLabels({ zone: value }, path));
};

function validateEndpoint(endpoint: Endpoint, addressType: string, path: string, errors: Errors): void {
  const addresses = endpoint.addresses ?? [];
  if (addresses.length === 0) errors.push(field.required(`${path}.addresses`, "must contain at least 1 address"));
  else if (addresses.length > MAX_ADDRESSES)
    errors.push(field.tooMany(`${path}.addresses`, addresses.length, MAX_ADDRESSES));
  for (const [i, address] of addresses.entries()) checkAddress(address, addressType, `${path}.addresses[${i}]`, errors);
  const { nodeName, zone, hostname, deprecatedTopology } = endpoint;
  if (nodeName !== undefined) pushInvalid(nameIsDnsSubdomain(nodeName, false), nodeName, `${path}.nodeName`, errors);
  const topology = Object.keys(deprecatedTopology ?? {});
  if (topology.length > MAX_TOPOLOGY_LABELS)
    errors.push(field.tooMany(`${path}.deprecatedTopology`, topology.length, MAX_TOPOLOGY_LABELS));
  errors.push(...validateLabels(deprecatedTopology, `${path}.deprecatedTopology`));
  if (deprecatedTopology?.["topology.kubernetes.io/zone"] !== undefined)
    errors.push(
      field.invalid(
        `${path}.deprecatedTopology[topology.kubernetes.io/zone]`,
        deprecatedTopology["topology.kubernetes.io/zone"],
        "reserved and cannot be set directly",
      ),
    );
  if (zone !== undefined) checkLabelValue(zone, `${path}.zone`, errors);
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
    if (port.port !== undefined) pushInvalid(portNumberErrors(port.port), port.port, `${at}.port`, errors);
    if (port.appProtocol !== undefined) checkQualifiedName(port.appProtocol, `${at}.appProtocol`, errors);
  }
}

/** What is wrong with a slice of endpoints. */
export function validateSlice(slice: EndpointSlice): Errors {
  const errors: Errors = [];
  checkRequiredSupported(slice.addressType, "addressType", ADDRESS_TYPES, errors);
  const endpoints = slice.endpoints ?? [];
  if (endpoints.length > MAX_ENDPOINTS) errors.push(field.tooMany("endpoints", endpoints.length, MAX_ENDPOINTS));
  else
    for (const [i, endpoint] of endpoints.entries())
      validateEndpoint(endpoint, slice.addressType, `endpoints[${i}]`, errors);
  validatePorts(slice.ports ?? [], errors);
  return errors;
}

/** Warnings about addresses that only a lenient reading takes. */
export const addressWarnings = (slice: EndpointSlice): string[] =>
  slice.addressType === "FQDN"
    ? []
    : (slice.endpoints ?? []).flatMap(({ addresses }, i) =>
        (addresses ?? []).flatMap((address, j) => ipWarnings(address, `endpoints[${i}].addresses[${j}]`)),
      );
