// SPDX-License-Identifier: Apache-2.0

import {
  compareQuantities,
  fieldError as field,
  qualifiedNameErrors,
  quantityMilliValue,
} from "../../apimachinery/index.ts";
import type { LimitRange, LimitRangeItem } from "../generated/v1.35/core-v1.ts";
import { checkContainerResourceName, checkResourceName, isOvercommitAllowed } from "../shared/resource-names.ts";
import type { Errors } from "../validation/checks.ts";

const TYPES: ReadonlySet<string> = new Set(["Pod", "Container", "PersistentVolumeClaim"]);
const BOUNDS = ["max", "min"] as const;
const DEFAULTS = ["default", "defaultRequest"] as const;

function checkType(type: string, path: string, errors: Errors): void {
  const messages = qualifiedNameErrors(type);
  for (const message of messages) errors.push(field.invalidNamed(path, type, message));
  if (messages.length === 0 && !type.includes("/") && !TYPES.has(type))
    errors.push(field.invalid(path, type, "must be a standard limit type or fully qualified"));
}

type Which = (typeof BOUNDS)[number] | (typeof DEFAULTS)[number] | "maxLimitRequestRatio";

function checkNames(limit: LimitRangeItem, which: Which, path: string, errors: Errors): void {
  const ofContainers = limit.type === "Pod" || limit.type === "Container";
  for (const name in limit[which]) {
    const at = `${path}.${which}[${name}]`;
    if (ofContainers) checkContainerResourceName(name, at, errors);
    else checkResourceName(name, at, errors);
  }
}

/** One relation between two of an item's amounts: wrong when the first is greater. */
interface Order {
  readonly less: Which;
  readonly greater: Which;
  readonly field: Which;
  readonly shown: "less" | "greater";
  readonly words: (less: string, greater: string) => string;
}

const ORDERS: readonly Order[] = [
  {
    less: "min",
    greater: "max",
    field: "min",
    shown: "less",
    words: (a, b) => `min value ${a} is greater than max value ${b}`,
  },
  {
    less: "min",
    greater: "defaultRequest",
    field: "defaultRequest",
    shown: "greater",
    words: (a, b) => `min value ${a} is greater than default request value ${b}`,
  },
  {
    less: "defaultRequest",
    greater: "max",
    field: "defaultRequest",
    shown: "less",
    words: (a, b) => `default request value ${a} is greater than max value ${b}`,
  },
  {
    less: "defaultRequest",
    greater: "default",
    field: "defaultRequest",
    shown: "less",
    words: (a, b) => `default request value ${a} is greater than default limit value ${b}`,
  },
  {
    less: "min",
    greater: "default",
    field: "default",
    shown: "less",
    words: (a, b) => `min value ${a} is greater than default value ${b}`,
  },
  {
    less: "default",
    greater: "max",
    field: "default",
    shown: "greater",
    words: (a, b) => `default value ${a} is greater than max value ${b}`,
  },
];

function checkRatio(limit: LimitRangeItem, name: string, path: string, errors: Errors): void {
  const ratio = limit.maxLimitRequestRatio?.[name];
  if (ratio === undefined) return;
  const at = `${path}.maxLimitRequestRatio[${name}]`;
  if (compareQuantities(ratio, "1") < 0) errors.push(field.invalid(at, ratio, `ratio ${ratio} is less than 1`));
  const [min, max] = [limit.min?.[name], limit.max?.[name]];
  if (min === undefined || max === undefined) return;
  const most = quantityMilliValue(max) / quantityMilliValue(min);
  if (quantityMilliValue(ratio) / 1000 > most)
    errors.push(field.invalid(at, ratio, `ratio ${ratio} is greater than max/min = ${most.toFixed(6)}`));
}

function checkAmounts(limit: LimitRangeItem, name: string, path: string, errors: Errors): void {
  for (const order of ORDERS) {
    const [less, greater] = [limit[order.less]?.[name], limit[order.greater]?.[name]];
    if (less === undefined || greater === undefined || compareQuantities(less, greater) <= 0) continue;
    const shown = order.shown === "less" ? less : greater;
    errors.push(field.invalid(`${path}.${order.field}[${name}]`, shown, order.words(less, greater)));
  }
  checkRatio(limit, name, path, errors);
  const [limits, requests] = [limit.default?.[name], limit.defaultRequest?.[name]];
  if (limits === undefined || requests === undefined || isOvercommitAllowed(name)) return;
  if (compareQuantities(limits, requests) !== 0)
    errors.push(
      field.invalid(
        `${path}.defaultRequest[${name}]`,
        requests,
        `default value ${limits} must equal to defaultRequest value ${requests} in ${name}`,
      ),
    );
}

const COMPARED: readonly Which[] = [...BOUNDS, ...DEFAULTS, "maxLimitRequestRatio"];

function validateItem(limit: LimitRangeItem, path: string, errors: Errors): void {
  for (const which of BOUNDS) checkNames(limit, which, path, errors);
  for (const which of DEFAULTS) {
    if (limit.type !== "Pod") checkNames(limit, which, path, errors);
    else if (Object.keys(limit[which] ?? {}).length > 0)
      errors.push(field.fieldForbidden(`${path}.${which}`, "may not be specified when `type` is 'Pod'"));
  }
  if (
    limit.type === "PersistentVolumeClaim" &&
    limit.min?.["storage"] === undefined &&
    limit.max?.["storage"] === undefined
  )
    errors.push(
      field.required(`${path}.limits`, "either minimum or maximum storage value is required, but neither was provided"),
    );
  checkNames(limit, "maxLimitRequestRatio", path, errors);
  const { default: _, defaultRequest: __, ...bounds } = limit;
  const compared: LimitRangeItem = limit.type === "Pod" ? bounds : limit;
  const names = new Set(COMPARED.flatMap((which) => Object.keys(compared[which] ?? {})));
  for (const name of names) checkAmounts(compared, name, path, errors);
}

/** What is wrong with the limits that a namespace sets to its pods and claims. */
export function validateLimitRange(range: LimitRange): Errors {
  const errors: Errors = [];
  const types = new Set<string>();
  for (const [i, limit] of (range.spec?.limits ?? []).entries()) {
    const at = `spec.limits[${i}]`;
    checkType(limit.type, `${at}.type`, errors);
    if (types.has(limit.type)) errors.push(field.duplicate(`${at}.type`, limit.type));
    types.add(limit.type);
    validateItem(limit, at, errors);
  }
  return errors;
}
