// SPDX-License-Identifier: Apache-2.0

import {
  fieldError as field,
  parseQuantity,
  qualifiedNameErrors,
  QuantityError,
  quantityMilliValue,
  quantitySign,
} from "../../apimachinery/index.ts";
import { type Errors, NEGATIVE } from "../validation/checks.ts";

const HUGE_PAGES_PREFIX = "hugepages-";
const REQUESTS_PREFIX = "requests.";
const CONTAINER_RESOURCES: ReadonlySet<string> = new Set(["cpu", "memory", "ephemeral-storage"]);

/** Counts of objects that a quota can limit by their short name. */
const OBJECT_COUNTS = [
  "pods",
  "services",
  "replicationcontrollers",
  "resourcequotas",
  "secrets",
  "configmaps",
  "persistentvolumeclaims",
  "services.nodeports",
  "services.loadbalancers",
] as const;
const STANDARD: ReadonlySet<string> = new Set([
  ...CONTAINER_RESOURCES,
  "requests.cpu",
  "requests.memory",
  "requests.ephemeral-storage",
  "limits.cpu",
  "limits.memory",
  "limits.ephemeral-storage",
  ...OBJECT_COUNTS,
  "storage",
  "requests.storage",
]);
const STANDARD_QUOTA: ReadonlySet<string> = new Set([...[...STANDARD].filter((name) => name !== "storage")]);
const INTEGER: ReadonlySet<string> = new Set(OBJECT_COUNTS);

export const isHugePageResource = (name: string): boolean => name.startsWith(HUGE_PAGES_PREFIX);
export const isNativeResource = (name: string): boolean => !name.includes("/") || name.includes("kubernetes.io/");
export const isStandardResource = (name: string): boolean => STANDARD.has(name) || isQuotaHugePageResource(name);
export const isStandardContainerResource = (name: string): boolean =>
  CONTAINER_RESOURCES.has(name) || isHugePageResource(name);
const isQuotaHugePageResource = (name: string): boolean =>
  isHugePageResource(name) || name.startsWith(REQUESTS_PREFIX + HUGE_PAGES_PREFIX);
export const isStandardQuotaResource = (name: string): boolean =>
  STANDARD_QUOTA.has(name) || isQuotaHugePageResource(name);

/** A resource of a device plug-in or an operator: example.com/gpu. */
export function isExtendedResource(name: string): boolean {
  if (isNativeResource(name) || name.startsWith(REQUESTS_PREFIX)) return false;
  return qualifiedNameErrors(REQUESTS_PREFIX + name).length === 0;
}

/** Requests may be below limits: native resources but huge pages. */
export const isOvercommitAllowed = (name: string): boolean => isNativeResource(name) && !isHugePageResource(name);
export const isIntegerResource = (name: string): boolean => INTEGER.has(name) || isExtendedResource(name);

/** What pod-level resources may hold. */
export const isPodLevelResource = (name: string): boolean =>
  name === "cpu" || name === "memory" || isHugePageResource(name);

function hugePageMilli(name: string): number {
  try {
    return quantityMilliValue(parseQuantity(name.slice(HUGE_PAGES_PREFIX.length)));
  } catch (error) {
    if (error instanceof QuantityError) return 0;
    throw error;
  }
}

/** Whether the amount is a whole number of pages of the size that the name states. */
export function isWholeHugePages(name: string, amount: string): boolean {
  const page = hugePageMilli(name);
  return page > 0 && page % 1000 === 0 && quantityMilliValue(amount) % page === 0;
}

export function checkNonNegativeQuantity(amount: string, path: string, errors: Errors): void {
  if (quantitySign(amount) < 0) errors.push(field.invalid(path, amount, NEGATIVE));
}

/** The amount of one resource: not negative, whole where parts make no sense. */
export function checkResourceAmount(name: string, amount: string, path: string, errors: Errors): void {
  checkNonNegativeQuantity(amount, path, errors);
  if (isIntegerResource(name) && quantityMilliValue(amount) % 1000 !== 0)
    errors.push(field.invalid(path, amount, "must be an integer"));
}

/** A resource's name: standard, or qualified by a domain. Answers whether it was right. */
export function checkResourceName(name: string, path: string, errors: Errors): boolean {
  const messages = qualifiedNameErrors(name);
  for (const message of messages) errors.push(field.invalidNamed(path, name, message));
  if (messages.length > 0) return false;
  if (!name.includes("/") && !isStandardResource(name)) {
    errors.push(field.invalidNamed(path, name, "must be a standard resource type or fully qualified"));
    return false;
  }
  return true;
}

/** A resource that a container can ask for. */
export function checkContainerResourceName(name: string, path: string, errors: Errors): void {
  if (CONTAINER_RESOURCES.has(name)) return;
  checkResourceName(name, path, errors);
  if (!name.includes("/")) {
    if (!isStandardContainerResource(name))
      errors.push(field.invalidNamed(path, name, "must be a standard resource for containers"));
  } else if (!isNativeResource(name) && !isExtendedResource(name))
    errors.push(field.invalidNamed(path, name, "doesn't follow extended resource name standard"));
}

/** A resource that a quota can limit. */
export function checkQuotaResourceName(name: string, path: string, errors: Errors): void {
  checkResourceName(name, path, errors);
  if (!name.includes("/") && !isStandardQuotaResource(name))
    errors.push(field.invalidNamed(path, name, "must be a standard resource for quota"));
}
