// SPDX-License-Identifier: Apache-2.0

import {
  fieldError as field,
  portNameErrors,
  portNumberErrors,
  validateLabelSelector,
} from "../../apimachinery/index.ts";
import type {
  IPBlock,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
} from "../generated/v1.35/networking-v1.ts";
import { checkSupported, type Errors, pushInvalid } from "../validation/checks.ts";
import { checkLegacyCidr, cidrWarnings, maskedAddress, parseCidr } from "../validation/ip.ts";

const PROTOCOLS = ["TCP", "UDP", "SCTP"];
const POLICY_TYPES = ["Ingress", "Egress"];

function validatePort(entry: NetworkPolicyPort, path: string, errors: Errors): void {
  const { protocol, port, endPort } = entry;
  if (protocol !== undefined) checkSupported(protocol, `${path}.protocol`, PROTOCOLS, errors);
  const refuseEnd = (value: number, why: string): number => errors.push(field.invalid(`${path}.endPort`, value, why));
  if (port === undefined) {
    if (endPort !== undefined) refuseEnd(endPort, "may not be specified when `port` is not specified");
  } else if (typeof port === "number") {
    pushInvalid(portNumberErrors(port), port, `${path}.port`, errors);
    if (endPort === undefined) return;
    // Upstream prints the port itself.
    if (endPort < port) refuseEnd(port, "must be greater than or equal to `port`");
    pushInvalid(portNumberErrors(endPort), endPort, `${path}.endPort`, errors);
  } else {
    if (endPort !== undefined) refuseEnd(endPort, "may not be specified when `port` is non-numeric");
    pushInvalid(portNameErrors(port), port, `${path}.port`, errors);
  }
}

/** Whether one range lies within another, and is smaller. */
function isStrictSubset(text: string, of: string): boolean {
  const [inner, outer] = [parseCidr(text), parseCidr(of)];
  if (!inner || !outer || inner.address.length !== outer.address.length) return false;
  if (outer.prefixLength >= inner.prefixLength) return false;
  const start = maskedAddress(inner);
  return String(maskedAddress({ address: start, prefixLength: outer.prefixLength })) === String(maskedAddress(outer));
}

/** Ranges of the old policy, which have been accepted before. */
type Known = ReadonlySet<string>;

function validateBlock(block: IPBlock, known: Known, path: string, errors: Errors): void {
  if (!block.cidr) {
    errors.push(field.required(`${path}.cidr`));
    return;
  }
  if (!known.has(block.cidr)) checkLegacyCidr(block.cidr, `${path}.cidr`, errors);
  if (!parseCidr(block.cidr)) return;
  for (const [i, except] of (block.except ?? []).entries()) {
    const at = `${path}.except[${i}]`;
    if (!known.has(except)) checkLegacyCidr(except, at, errors);
    if (parseCidr(except) && !isStrictSubset(except, block.cidr))
      errors.push(field.invalid(at, except, "must be a strict subset of `cidr`"));
  }
}

function validatePeer(peer: NetworkPolicyPeer, known: Known, path: string, errors: Errors): void {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  errors.push(...validateLabelSelector(podSelector, `${path}.podSelector`));
  errors.push(...validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`));
  if (ipBlock) validateBlock(ipBlock, known, `${path}.ipBlock`, errors);
  if (!podSelector && !namespaceSelector && !ipBlock) errors.push(field.required(path, "must specify a peer"));
  else if (ipBlock && (podSelector || namespaceSelector))
    errors.push(field.fieldForbidden(path, "may not specify both ipBlock and another peer"));
}

/** The rules of a policy, with the paths of their ports and peers. */
function rulesOf(spec: NetworkPolicySpec): { ports: NetworkPolicyPort[]; peers: NetworkPolicyPeer[]; at: string[] }[] {
  const path = (rule: string, peers: string): string[] => [`${rule}.ports`, `${rule}.${peers}`];
  return [
    ...(spec.ingress ?? []).map((rule, i) => ({
      ports: rule.ports ?? [],
      peers: rule.from ?? [],
      at: path(`spec.ingress[${i}]`, "from"),
    })),
    ...(spec.egress ?? []).map((rule, i) => ({
      ports: rule.ports ?? [],
      peers: rule.to ?? [],
      at: path(`spec.egress[${i}]`, "to"),
    })),
  ];
}

function rangesOf(policy: NetworkPolicy | undefined): Known {
  const ranges = new Set<string>();
  for (const { peers } of policy ? rulesOf(policy.spec) : [])
    for (const { ipBlock } of peers)
      if (ipBlock) for (const range of [ipBlock.cidr, ...(ipBlock.except ?? [])]) ranges.add(range);
  return ranges;
}

/** What is wrong with a network policy. */
export function validateNetworkPolicy({ spec }: NetworkPolicy, old?: NetworkPolicy): Errors {
  const errors: Errors = [];
  errors.push(...validateLabelSelector(spec.podSelector, "spec.podSelector"));
  const known = rangesOf(old);
  for (const { ports, peers, at } of rulesOf(spec)) {
    for (const [i, port] of ports.entries()) validatePort(port, `${at[0]}[${i}]`, errors);
    for (const [i, peer] of peers.entries()) validatePeer(peer, known, `${at[1]}[${i}]`, errors);
  }
  const types = spec.policyTypes ?? [];
  if (types.length > POLICY_TYPES.length)
    errors.push(field.invalid("spec.policyTypes", types, "may not specify more than two policyTypes"));
  else for (const [i, type] of types.entries()) checkSupported(type, `spec.policyTypes[${i}]`, POLICY_TYPES, errors);
  return errors;
}

/** Fills what a network policy leaves out. */
export function defaultNetworkPolicy({ spec }: NetworkPolicy): void {
  for (const { ports } of rulesOf(spec)) for (const port of ports) port.protocol ??= "TCP";
  if (spec.policyTypes?.length) return;
  spec.policyTypes = spec.egress?.length ? ["Ingress", "Egress"] : ["Ingress"];
}

/** Warnings about ranges that can be read in more than one way. */
export function warningsForNetworkPolicy({ spec }: NetworkPolicy): string[] {
  const warnings: string[] = [];
  for (const { peers, at } of rulesOf(spec))
    for (const [i, { ipBlock }] of peers.entries()) {
      if (!ipBlock) continue;
      const path = `${at[1]}[${i}].ipBlock`;
      warnings.push(...cidrWarnings(ipBlock.cidr, `${path}.cidr`));
      for (const [j, except] of (ipBlock.except ?? []).entries())
        warnings.push(...cidrWarnings(except, `${path}.except[${j}]`));
    }
  return warnings;
}
