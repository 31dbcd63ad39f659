// SPDX-License-Identifier: Apache-2.0

import {
  canonicalQuantity,
  configMapKeyErrors,
  dns1123SubdomainErrors,
  fieldError as field,
  nameIsDnsSubdomain,
  quantitySign,
  relaxedEnvVarNameErrors,
} from "../../apimachinery/index.ts";
import type {
  ConfigMapKeySelector,
  EnvFromSource,
  EnvVar,
  FileKeySelector,
  ObjectFieldSelector,
  ResourceFieldSelector,
} from "../generated/v1.35/core-v1.ts";
import { checkDnsLabel, checkQualifiedName, type Errors, pushInvalid } from "../validation/checks.ts";
import { checkNoBacksteps } from "./paths.ts";

/** Fields of a pod that its containers' environment can show, sorted. */
const ENV_FIELD_PATHS = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];
const CONTAINER_RESOURCE_PATHS = [
  "limits.cpu",
  "limits.ephemeral-storage",
  "limits.memory",
  "requests.cpu",
  "requests.ephemeral-storage",
  "requests.memory",
];
const HUGE_PAGES = /^(?:limits|requests)\.hugepages-/;

/** Every field label that upstream can translate for the downward API. */
const KNOWN_FIELD_PATHS: ReadonlySet<string> = new Set([
  "metadata.annotations",
  "metadata.labels",
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.restartPolicy",
  "spec.serviceAccountName",
  "spec.schedulerName",
  "status.phase",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
]);
/** The old name of spec.nodeName. */
const RENAMED: Readonly<Record<string, string>> = { "spec.host": "spec.nodeName" };

const MEMORY_DIVISORS: ReadonlySet<string> = new Set(
  ["", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].map((suffix) => `1${suffix}`),
);
const CPU_DIVISORS: ReadonlySet<string> = new Set(["1m", "1"]);

const memoryDivisorMessage = (resource: string): string =>
  `only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the ${resource} resource`;

interface Subscripted {
  readonly path: string;
  readonly subscript: string | undefined;
}

/** Splits `metadata.labels['a']`. */
function splitSubscript(fieldPath: string): Subscripted {
  if (!fieldPath.endsWith("']")) return { path: fieldPath, subscript: undefined };
  const start = fieldPath.indexOf("['");
  return start <= 0
    ? { path: fieldPath, subscript: undefined }
    : { path: fieldPath.slice(0, start), subscript: fieldPath.slice(start + 2, -2) };
}

const isConvertible = ({ path, subscript }: Subscripted): boolean =>
  subscript === undefined
    ? KNOWN_FIELD_PATHS.has(path) || Object.hasOwn(RENAMED, path)
    : path === "metadata.annotations" || path === "metadata.labels";

/** A reference to a field of the pod itself. `supported` is sorted. */
export function validateFieldRef(
  reference: ObjectFieldSelector,
  supported: readonly string[],
  path: string,
  errors: Errors,
): void {
  if (!reference.apiVersion) {
    errors.push(field.required(`${path}.apiVersion`));
    return;
  }
  if (!reference.fieldPath) {
    errors.push(field.required(`${path}.fieldPath`));
    return;
  }
  const { fieldPath } = reference;
  const split = splitSubscript(fieldPath);
  const wrong =
    reference.apiVersion !== "v1"
      ? `unsupported pod version: ${reference.apiVersion}`
      : isConvertible(split)
        ? undefined
        : split.subscript === undefined
          ? `field label not supported: ${fieldPath}`
          : `field label does not support subscript: ${fieldPath}`;
  if (wrong !== undefined) {
    errors.push(field.invalid(`${path}.fieldPath`, fieldPath, `error converting fieldPath: ${wrong}`));
    return;
  }
  if (split.subscript !== undefined) {
    const key = split.path === "metadata.annotations" ? split.subscript.toLowerCase() : split.subscript;
    checkQualifiedName(key, path, errors);
    return;
  }
  const internal = RENAMED[split.path] ?? split.path;
  if (!supported.includes(internal)) errors.push(field.notSupported(`${path}.fieldPath`, internal, supported));
}

function validateDivisor(reference: ResourceFieldSelector, path: string, errors: Errors): void {
  const { resource } = reference;
  const divisor = String(reference.divisor ?? "0");
  if (quantitySign(divisor) === 0) return;
  const text = canonicalQuantity(divisor);
  const refuse = (message: string): number => errors.push(field.invalid(`${path}.divisor`, resource, message));
  if (resource === "limits.cpu" || resource === "requests.cpu") {
    if (!CPU_DIVISORS.has(text)) refuse("only divisor's values 1m and 1 are supported with the cpu resource");
  } else if (MEMORY_DIVISORS.has(text)) return;
  else if (resource === "limits.memory" || resource === "requests.memory") refuse(memoryDivisorMessage("memory"));
  else if (resource === "limits.ephemeral-storage" || resource === "requests.ephemeral-storage")
    refuse(memoryDivisorMessage("local ephemeral storage"));
  else if (HUGE_PAGES.test(resource)) refuse(memoryDivisorMessage("hugepages"));
}

/** A reference to a container's request or limit; in a volume the container is named. */
export function validateResourceFieldRef(
  reference: ResourceFieldSelector,
  inVolume: boolean,
  path: string,
  errors: Errors,
): void {
  if (inVolume && !reference.containerName) errors.push(field.required(`${path}.containerName`));
  else if (!reference.resource) errors.push(field.required(`${path}.resource`));
  else if (!CONTAINER_RESOURCE_PATHS.includes(reference.resource) && !HUGE_PAGES.test(reference.resource))
    errors.push(field.notSupported(`${path}.resource`, reference.resource, CONTAINER_RESOURCE_PATHS));
  validateDivisor(reference, path, errors);
}

/** A key of a ConfigMap or a Secret. */
function validateKeyRef(reference: ConfigMapKeySelector, path: string, errors: Errors): void {
  const name = reference.name ?? "";
  pushInvalid(dns1123SubdomainErrors(name), name, `${path}.name`, errors);
  if (!reference.key) errors.push(field.required(`${path}.key`));
  else pushInvalid(configMapKeyErrors(reference.key), reference.key, `${path}.key`, errors);
}

function validateFileKeyRef(reference: FileKeySelector, path: string, errors: Errors): void {
  if (!reference.key) errors.push(field.required(`${path}.key`));
  else pushInvalid(relaxedEnvVarNameErrors(reference.key), reference.key, `${path}.key`, errors);
  if (!reference.volumeName) errors.push(field.required(`${path}.volumeName`));
  else checkDnsLabel(reference.volumeName, `${path}.volumeName`, errors);
  if (!reference.path) errors.push(field.required(`${path}.path`));
  else checkNoBacksteps(reference.path, `${path}.path`, errors);
}

function validateValueFrom(variable: EnvVar, path: string, errors: Errors): void {
  const source = variable.valueFrom;
  if (!source) return;
  if (source.fieldRef) validateFieldRef(source.fieldRef, ENV_FIELD_PATHS, `${path}.fieldRef`, errors);
  if (source.resourceFieldRef)
    validateResourceFieldRef(source.resourceFieldRef, false, `${path}.resourceFieldRef`, errors);
  if (source.configMapKeyRef) validateKeyRef(source.configMapKeyRef, `${path}.configMapKeyRef`, errors);
  if (source.secretKeyRef) validateKeyRef(source.secretKeyRef, `${path}.secretKeyRef`, errors);
  if (source.fileKeyRef) validateFileKeyRef(source.fileKeyRef, `${path}.fileKeyRef`, errors);
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = source;
  const count = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef].filter(Boolean).length;
  if (count === 0)
    errors.push(
      field.invalid(
        path,
        "",
        "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
      ),
    );
  else if (variable.value) errors.push(field.invalid(path, "", "may not be specified when `value` is not empty"));
  else if (count > 1) errors.push(field.invalid(path, "", "may not have more than one field specified at a time"));
}

/** Environment variables. */
export function validateEnv(variables: readonly EnvVar[] | undefined, path: string, errors: Errors): void {
  if (!variables) return;
  for (const [i, variable] of variables.entries()) {
    const at = `${path}[${i}]`;
    if (!variable.name) errors.push(field.required(`${at}.name`));
    else pushInvalid(relaxedEnvVarNameErrors(variable.name), variable.name, `${at}.name`, errors);
    if (variable.valueFrom) validateValueFrom(variable, `${at}.valueFrom`, errors);
  }
}

function validateReferenceName(name: string | undefined, path: string, errors: Errors): void {
  if (!name) errors.push(field.required(`${path}.name`));
  else pushInvalid(nameIsDnsSubdomain(name, true), name, `${path}.name`, errors);
}

/** Whole ConfigMaps and Secrets as environment. */
export function validateEnvFrom(sources: readonly EnvFromSource[] | undefined, path: string, errors: Errors): void {
  if (!sources) return;
  for (const [i, source] of sources.entries()) {
    const at = `${path}[${i}]`;
    if (source.prefix) pushInvalid(relaxedEnvVarNameErrors(source.prefix), source.prefix, `${at}.prefix`, errors);
    if (source.configMapRef) validateReferenceName(source.configMapRef.name, `${at}.configMapRef`, errors);
    if (source.secretRef) validateReferenceName(source.secretRef.name, `${at}.secretRef`, errors);
    if (!source.configMapRef && !source.secretRef)
      errors.push(field.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`"));
    else if (source.configMapRef && source.secretRef)
      errors.push(field.invalid(path, "", "may not have more than one field specified at a time"));
  }
}
