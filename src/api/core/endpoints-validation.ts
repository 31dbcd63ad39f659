// SPDX-License-Identifier: Apache-2.0

import { fieldError as field, nameIsDnsSubdomain, portNumberErrors } from "../../apimachinery/index.ts";
import type { EndpointAddress, EndpointPort, EndpointSubset } from "../generated/v1.35/core-v1.ts";
import {
  checkDnsLabel,
  checkQualifiedName,
  checkRequiredSupported,
  type Errors,
  pushInvalid,
} from "../validation/checks.ts";
import { checkEndpointIp, checkLegacyIp } from "../validation/ip.ts";

export const PROTOCOLS = ["SCTP", "TCP", "UDP"];

function validateAddress(address: EndpointAddress, path: string, errors: Errors): void {
  checkLegacyIp(address.ip, `${path}.ip`, errors);
  if (address.hostname) checkDnsLabel(address.hostname, `${path}.hostname`, errors);
  if (address.nodeName !== undefined)
    pushInvalid(nameIsDnsSubdomain(address.nodeName, false), address.nodeName, `${path}.nodeName`, errors);
  checkEndpointIp(address.ip, `${path}.ip`, errors);
}

function validatePort(port: EndpointPort, named: boolean, path: string, errors: Errors): void {
  if (named && !port.name) errors.push(field.required(`${path}.name`));
  else if (port.name) checkDnsLabel(port.name, `${path}.name`, errors);
  pushInvalid(portNumberErrors(port.port), port.port, `${path}.port`, errors);
  checkRequiredSupported(port.protocol, `${path}.protocol`, PROTOCOLS, errors);
  if (port.appProtocol !== undefined) checkQualifiedName(port.appProtocol, `${path}.appProtocol`, errors);
}

/** What is wrong with the subsets of Endpoints. */
export function validateSubsets(subsets: readonly EndpointSubset[]): Errors {
  const errors: Errors = [];
  for (const [i, subset] of subsets.entries()) {
    const at = `subsets[${i}]`;
    const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
    if (addresses.length === 0 && notReadyAddresses.length === 0)
      errors.push(field.required(at, "must specify `addresses` or `notReadyAddresses`"));
    for (const [j, address] of addresses.entries()) validateAddress(address, `${at}.addresses[${j}]`, errors);
    for (const [j, address] of notReadyAddresses.entries())
      validateAddress(address, `${at}.notReadyAddresses[${j}]`, errors);
    for (const [j, port] of ports.entries()) validatePort(port, ports.length > 1, `${at}.ports[${j}]`, errors);
  }
  return errors;
}
