// SPDX-License-Identifier: Apache-2.0

import {
  dns1035LabelErrors,
  dns1123SubdomainErrors,
  fieldError as field,
  nameIsDnsSubdomain,
  nameIsPathSegment,
  portNameErrors,
  portNumberErrors,
  wildcardDns1123SubdomainErrors,
} from "../../apimachinery/index.ts";
import type { TypedLocalObjectReference } from "../generated/v1.35/core-v1.ts";
import type {
  HTTPIngressPath,
  Ingress,
  IngressBackend,
  IngressRule,
  IngressServiceBackend,
  IngressSpec,
  IngressTLS,
} from "../generated/v1.35/networking-v1.ts";
import { type Errors, pushInvalid } from "../validation/checks.ts";
import { checkLegacyIp, parseIp } from "../validation/ip.ts";

/** The annotation that named the class before there was a field. */
export const INGRESS_CLASS = "kubernetes.io/ingress.class";
const PATH_TYPES = ["Exact", "ImplementationSpecific", "Prefix"];
const INVALID_SEQUENCES = ["//", "/./", "/../", "%2f", "%2F"];
const INVALID_SUFFIXES = ["/..", "/."];
const NOT_A_NAME = "must be a DNS name, not an IP address";

/** A reference to an object of any kind in the same namespace. */
export function validateTypedReference(reference: TypedLocalObjectReference, path: string, errors: Errors): void {
  const { apiGroup, kind, name } = reference;
  if (apiGroup !== undefined && apiGroup !== null)
    pushInvalid(dns1123SubdomainErrors(apiGroup), apiGroup, `${path}.apiGroup`, errors);
  for (const [what, value] of [
    ["kind", kind],
    ["name", name],
  ] as const)
    if (value) pushInvalid(nameIsPathSegment(value, false), value, `${path}.${what}`, errors);
    else errors.push(field.required(`${path}.${what}`));
}

function validateServiceBackend(service: IngressServiceBackend, path: string, errors: Errors): void {
  if (service.name) pushInvalid(dns1035LabelErrors(service.name), service.name, `${path}.service.name`, errors);
  else errors.push(field.required(`${path}.service.name`));
  const { name, number } = service.port ?? {};
  const at = `${path}.service.port`;
  if (name && number) errors.push(field.invalid(path, "", "cannot set both port name & port number"));
  else if (name) pushInvalid(portNameErrors(name), name, `${at}.name`, errors);
  else if (number) pushInvalid(portNumberErrors(number), number, `${at}.number`, errors);
  else errors.push(field.required(path, "port name or number is required"));
}

function validateBackend(backend: IngressBackend, path: string, errors: Errors): void {
  const { resource, service } = backend;
  if (resource && service) errors.push(field.invalid(path, "", "cannot set both resource and service backends"));
  else if (resource) validateTypedReference(resource, `${path}.resource`, errors);
  else if (service) validateServiceBackend(service, path, errors);
  else errors.push(field.invalid(path, "", "resource or service backend is required"));
}

function validatePath(entry: HTTPIngressPath, path: string, errors: Errors): void {
  const { pathType, path: text = "", backend } = entry;
  const refuse = (why: string): number => errors.push(field.invalid(`${path}.path`, text, why));
  if (!pathType) {
    errors.push(field.required(`${path}.pathType`, "pathType must be specified"));
    return;
  }
  if (pathType === "Exact" || pathType === "Prefix") {
    if (!text.startsWith("/")) refuse("must be an absolute path");
    for (const sequence of INVALID_SEQUENCES) if (text.includes(sequence)) refuse(`must not contain '${sequence}'`);
    for (const suffix of INVALID_SUFFIXES) if (text.endsWith(suffix)) refuse(`cannot end with '${suffix}'`);
  } else if (pathType === "ImplementationSpecific") {
    if (text && !text.startsWith("/")) refuse("must be an absolute path");
  } else errors.push(field.notSupported(`${path}.pathType`, pathType, PATH_TYPES));
  validateBackend(backend, `${path}.backend`, errors);
}

function validateRuleValue({ http }: IngressRule, path: string, errors: Errors): void {
  if (!http) return;
  const paths = http.paths ?? [];
  if (paths.length === 0) errors.push(field.required(`${path}.http.paths`));
  for (const [i, entry] of paths.entries()) validatePath(entry, `${path}.http.paths[${i}]`, errors);
}

const isWildcard = (host: string): boolean => host.includes("*");

const hostErrors = (host: string): string[] =>
  isWildcard(host) ? wildcardDns1123SubdomainErrors(host) : dns1123SubdomainErrors(host);

function validateRules(rules: readonly IngressRule[], lax: boolean, path: string, errors: Errors): void {
  for (const [i, rule] of rules.entries()) {
    const { host = "" } = rule;
    const at = `${path}[${i}]`;
    if (host) {
      if (parseIp(host)) errors.push(field.invalid(`${at}.host`, host, NOT_A_NAME));
      pushInvalid(hostErrors(host), host, `${at}.host`, errors);
    }
    if (!lax || !isWildcard(host)) validateRuleValue(rule, at, errors);
  }
}

const secretNameErrors = (name: string | undefined): string[] => (name ? nameIsDnsSubdomain(name, false) : []);

function validateTls(entries: readonly IngressTLS[], lax: boolean, path: string, errors: Errors): void {
  for (const [i, { hosts, secretName }] of entries.entries()) {
    for (const [j, host] of (hosts ?? []).entries())
      pushInvalid(hostErrors(host), host, `${path}[${i}].hosts[${j}]`, errors);
    if (!lax) pushInvalid(secretNameErrors(secretName), secretName, `${path}[${i}].secretName`, errors);
  }
}

/** What an old Ingress was allowed to hold. */
interface Allowances {
  readonly secretNames: boolean;
  readonly wildcardRules: boolean;
}

function allowancesOf(old: IngressSpec | undefined): Allowances {
  const isLaxRule = (rule: IngressRule): boolean => {
    const errors: Errors = [];
    if (isWildcard(rule.host ?? "")) validateRuleValue(rule, "", errors);
    return errors.length > 0;
  };
  return {
    secretNames: old?.tls?.some(({ secretName }) => secretNameErrors(secretName).length > 0) ?? false,
    wildcardRules: old?.rules?.some(isLaxRule) ?? false,
  };
}

function validateSpec(spec: IngressSpec, old: IngressSpec | undefined): Errors {
  const errors: Errors = [];
  const allowances = allowancesOf(old);
  const rules = spec.rules ?? [];
  if (rules.length === 0 && !spec.defaultBackend)
    errors.push(field.invalid("spec", spec.rules, "either `defaultBackend` or `rules` must be specified"));
  if (spec.defaultBackend) validateBackend(spec.defaultBackend, "spec.defaultBackend", errors);
  validateRules(rules, allowances.wildcardRules, "spec.rules", errors);
  validateTls(spec.tls ?? [], allowances.secretNames, "spec.tls", errors);
  const name = spec.ingressClassName;
  if (name !== undefined) pushInvalid(nameIsDnsSubdomain(name, false), name, "spec.ingressClassName", errors);
  return errors;
}

/** What is wrong with a new Ingress. */
export function validateIngress({ metadata, spec = {} }: Ingress): Errors {
  const errors = validateSpec(spec, undefined);
  const annotation = metadata.annotations?.[INGRESS_CLASS];
  if (annotation !== undefined && spec.ingressClassName !== undefined && annotation !== spec.ingressClassName)
    errors.push(
      field.invalid(
        `annotations.${INGRESS_CLASS}`,
        annotation,
        "must match `ingressClassName` when both are specified",
      ),
    );
  return errors;
}

/** What is wrong with a changed Ingress. */
export const validateIngressUpdate = ({ spec = {} }: Ingress, { spec: old = {} }: Ingress): Errors =>
  validateSpec(spec, old);

/** What is wrong with the addresses of an Ingress. */
export function validateIngressStatus({ status }: Ingress, { status: old }: Ingress): Errors {
  const errors: Errors = [];
  const known = new Set(old?.loadBalancer?.ingress?.map(({ ip }) => ip));
  for (const [i, { ip, hostname }] of (status?.loadBalancer?.ingress ?? []).entries()) {
    const at = `status.loadBalancer.ingress[${i}]`;
    if (ip && !known.has(ip)) checkLegacyIp(ip, `${at}.ip`, errors);
    if (!hostname) continue;
    pushInvalid(dns1123SubdomainErrors(hostname), hostname, `${at}.hostname`, errors);
    if (parseIp(hostname)) errors.push(field.invalid(`${at}.hostname`, hostname, NOT_A_NAME));
  }
  return errors;
}
