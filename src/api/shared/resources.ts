// SPDX-License-Identifier: Apache-2.0

import {
  addQuantities,
  compareQuantities,
  fieldError as field,
  formatQuantity,
  milliQuantityOf,
  parseQuantity,
  quantityMilliValue,
  sentEmpty,
  type Quantity,
} from "../../apimachinery/index.ts";
import type { Container, PodSpec, ResourceClaim, ResourceRequirements } from "../generated/v1.35/core-v1.ts";
import { checkDnsLabel, type Errors } from "../validation/checks.ts";
import {
  checkContainerResourceName,
  checkResourceAmount,
  checkResourceName,
  isHugePageResource,
  isOvercommitAllowed,
  isPodLevelResource,
  isWholeHugePages,
} from "./resource-names.ts";

/** Amounts by resource. */
export type ResourceAmounts = Record<string, string>;

type NameCheck = (name: string, path: string, errors: Errors) => void;

function checkAmount(name: string, amount: string, path: string, errors: Errors): void {
  checkResourceAmount(name, amount, path, errors);
  if (isHugePageResource(name) && !isWholeHugePages(name, amount))
    errors.push(field.invalid(path, amount, `${amount} is not positive integer multiple of ${name}`));
}

function checkAgainstLimit(
  name: string,
  request: string,
  limit: string | undefined,
  path: string,
  errors: Errors,
): void {
  if (limit === undefined) {
    if (!isOvercommitAllowed(name))
      errors.push(field.required(`${path}.limits`, "Limit must be set for non overcommitable resources"));
    return;
  }
  const order = compareQuantities(request, limit);
  if (order === 0) return;
  if (!isOvercommitAllowed(name))
    errors.push(field.invalid(`${path}.requests`, request, `must be equal to ${name} limit of ${limit}`));
  else if (order > 0)
    errors.push(field.invalid(`${path}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`));
}

/** Requests, limits and claims, with a rule for the names. */
function validateRequirements(
  requirements: ResourceRequirements,
  checkName: NameCheck,
  claimNames: ReadonlySet<string>,
  path: string,
  errors: Errors,
): void {
  const { limits, requests, claims } = requirements;
  let computes = false;
  let hugePages = false;
  for (const name in limits) {
    const at = `${path}.limits[${name}]`;
    checkName(name, at, errors);
    checkAmount(name, limits[name]!, at, errors);
    hugePages ||= isHugePageResource(name);
    computes ||= name === "cpu" || name === "memory";
  }
  for (const name in requests) {
    const at = `${path}.requests[${name}]`;
    const request = requests[name]!;
    checkName(name, at, errors);
    checkResourceAmount(name, request, at, errors);
    checkAgainstLimit(name, request, limits?.[name], path, errors);
    if (isHugePageResource(name)) {
      hugePages = true;
      if (!isWholeHugePages(name, request))
        errors.push(field.invalid(at, request, `${request} is not positive integer multiple of ${name}`));
    }
    computes ||= name === "cpu" || name === "memory";
  }
  if (hugePages && !computes) errors.push(field.fieldForbidden(path, "HugePages require cpu or memory"));
  if (claims) validateClaims(claims, claimNames, `${path}.claims`, errors);
}

function checkClaimRepeated(claim: ResourceClaim, names: Set<string>, path: string, errors: Errors): void {
  const { name, request } = claim;
  if (names.has(name)) {
    errors.push(field.duplicate(path, name));
    return;
  }
  if (request) checkDnsLabel(request, `${path}.request`, errors);
  const key = request ? `${name}/${request}` : name;
  if (names.has(key)) errors.push(field.duplicate(path, key));
  else if (!request)
    for (const other of names) if (other.startsWith(`${name}/`)) errors.push(field.duplicate(path, name));
  names.add(key);
}

function validateClaims(
  claims: readonly ResourceClaim[],
  claimNames: ReadonlySet<string>,
  path: string,
  errors: Errors,
): void {
  const names = new Set<string>();
  for (const [i, claim] of claims.entries()) {
    const at = `${path}[${i}]`;
    if (!claim.name) {
      errors.push(field.required(at));
      continue;
    }
    checkClaimRepeated(claim, names, at, errors);
    if (claimNames.has(claim.name)) continue;
    const known = claimNames.size === 0 ? " which is empty" : `: ${[...claimNames].sort().join(", ")}`;
    const missing = field.fieldNotFound(at, claim.name);
    errors.push({ ...missing, body: `${missing.body}: must be one of the names in pod.spec.resourceClaims${known}` });
  }
}

/** What a container asks for. */
export const validateContainerResources = (
  requirements: ResourceRequirements,
  claimNames: ReadonlySet<string>,
  path: string,
  errors: Errors,
): void => validateRequirements(requirements, checkContainerResourceName, claimNames, path, errors);

const NO_CLAIMS: ReadonlySet<string> = new Set();

/** What a pod costs beside its containers. */
export const validateOverhead = (overhead: ResourceAmounts, path: string, errors: Errors): void =>
  validateContainerResources({ limits: overhead }, NO_CLAIMS, path, errors);

const POD_LEVEL_RESOURCES = ["cpu", "hugepages-", "memory"];

function checkPodResourceName(name: string, path: string, errors: Errors): void {
  if (!checkResourceName(name, path, errors) || isPodLevelResource(name)) return;
  errors.push(field.notSupported(path, name, POD_LEVEL_RESOURCES));
}

/** An init container that keeps running beside the pod's containers. */
export const isSidecar = (container: Container): boolean => container.restartPolicy === "Always";

type Quantities = Record<string, Quantity>;

const quantitiesOf = (amounts: ResourceAmounts | undefined): Quantities =>
  Object.fromEntries(Object.entries(amounts ?? {}).map(([name, amount]) => [name, parseQuantity(amount)]));

/** A sum is written as its first part is: it is put into words at the end, not on the way. */
function addTo(total: Quantities, amounts: Quantities): void {
  for (const name in amounts) {
    const sum = total[name];
    total[name] = sum === undefined ? amounts[name]! : addQuantities(sum, amounts[name]!);
  }
}

function raiseTo(total: Quantities, amounts: Quantities): void {
  for (const name in amounts) {
    const now = total[name];
    if (now === undefined || compareQuantities(amounts[name]!, now) > 0) total[name] = amounts[name]!;
  }
}

/** Requests (or limits) of all containers together: init containers one by one, sidecars beside the rest. */
export function aggregateContainers(spec: PodSpec, which: "requests" | "limits"): ResourceAmounts {
  const total: Quantities = {};
  for (const container of spec.containers ?? []) addTo(total, quantitiesOf(container.resources?.[which]));
  const sidecars: Quantities = {};
  const peak: Quantities = {};
  for (const container of spec.initContainers ?? []) {
    const amounts = quantitiesOf(container.resources?.[which]);
    if (isSidecar(container)) {
      addTo(total, amounts);
      addTo(sidecars, amounts);
      raiseTo(peak, sidecars);
    } else {
      const together: Quantities = { ...amounts };
      addTo(together, sidecars);
      raiseTo(peak, together);
    }
  }
  raiseTo(total, peak);
  return Object.fromEntries(Object.entries(total).map(([name, quantity]) => [name, formatQuantity(quantity)]));
}

function checkConsistency(spec: PodSpec, path: string, errors: Errors): void {
  const { requests = {}, limits = {} } = spec.resources ?? {};
  const requested = aggregateContainers(spec, "requests");
  for (const name in requested) {
    const own = requests[name];
    if (own !== undefined && compareQuantities(requested[name]!, own) > 0)
      errors.push(
        field.invalid(
          `${path}.requests[${name}]`,
          own,
          `must be greater than or equal to aggregate container requests of ${requested[name]}`,
        ),
      );
  }
  const limited = aggregateContainers(spec, "limits");
  for (const name in limited) {
    const own = limits[name];
    if (isHugePageResource(name) && own !== undefined && compareQuantities(limited[name]!, own) > 0)
      errors.push(
        field.invalid(
          `${path}.limits[${name}]`,
          own,
          `must be greater than or equal to aggregate container limits of ${limited[name]}`,
        ),
      );
  }
  for (const [i, container] of (spec.containers ?? []).entries())
    for (const name in container.resources?.limits) {
      const limit = container.resources.limits[name]!;
      const own = limits[name];
      if (own !== undefined && compareQuantities(limit, own) > 0)
        errors.push(
          field.invalid(
            `${path}.containers[${i}][${name}].limits`,
            limit,
            `must be less than or equal to pod limits of ${own}`,
          ),
        );
    }
}

/** What the pod asks for as a whole. */
export function validatePodResources(
  spec: PodSpec,
  claimNames: ReadonlySet<string>,
  path: string,
  errors: Errors,
): void {
  if (!spec.resources) return;
  const at = `${path}.resources`;
  if (spec.os?.name === "windows") {
    errors.push(field.fieldForbidden(at, "may not be set for a windows pod"));
    return;
  }
  if (spec.resources.claims || sentEmpty(spec.resources, "claims"))
    errors.push(field.fieldForbidden(`${at}.claims`, "claims may not be set for Resources at pod-level"));
  validateRequirements(spec.resources, checkPodResourceName, claimNames, at, errors);
  checkConsistency(spec, at, errors);
}

const FINER_THAN_MILLI = /[nu]$/;

/** Amounts finer than a thousandth are rounded up to it. */
export function roundToMilli(amounts: ResourceAmounts | undefined): void {
  for (const name in amounts) {
    const amount = amounts[name]!;
    if (!FINER_THAN_MILLI.test(amount)) continue;
    const quantity = parseQuantity(amount);
    amounts[name] = formatQuantity(milliQuantityOf(quantityMilliValue(quantity), quantity.format));
  }
}

/** Requests that are not given are the limits. */
export function defaultRequestsToLimits(containers: readonly Container[] | undefined): void {
  if (!containers) return;
  for (const container of containers) {
    const limits = container.resources?.limits;
    if (!limits) continue;
    const requests = (container.resources!.requests ??= {});
    for (const name in limits) requests[name] ??= limits[name]!;
  }
}

/**
 * Where a pod states resources as a whole: limits of huge pages from those of the containers; then, if it has limits,
 * requests from those of the containers, and from its limits.
 */
export function defaultPodLevelResources(spec: PodSpec): void {
  const { resources } = spec;
  if (!resources) return;
  const hasAny = (list: ResourceAmounts | undefined): boolean => Object.keys(list ?? {}).length > 0;
  if (!hasAny(resources.limits) && !hasAny(resources.requests)) return;
  const limited = aggregateContainers(spec, "limits");
  for (const name in limited)
    if (isHugePageResource(name) && resources.limits?.[name] === undefined && resources.requests?.[name] === undefined)
      (resources.limits ??= {})[name] = limited[name]!;
  if (!hasAny(resources.limits)) return;
  const requests = resources.requests ?? {};
  const requested = aggregateContainers(spec, "requests");
  for (const name in requested)
    if (requests[name] === undefined && isPodLevelResource(name) && isOvercommitAllowed(name))
      requests[name] = requested[name]!;
  for (const name in resources.limits)
    if (requests[name] === undefined && isPodLevelResource(name)) requests[name] = resources.limits[name]!;
  if (Object.keys(requests).length > 0) resources.requests = requests;
}
