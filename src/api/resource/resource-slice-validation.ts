// SPDX-License-Identifier: Apache-2.0

import { byteLength, fieldError as field, nameIsDnsSubdomain, sentEmpty } from "../../apimachinery/index.ts";
import type {
  Device,
  DeviceAttribute,
  ResourcePool,
  ResourceSlice,
  ResourceSliceSpec,
} from "../generated/v1.35/resource-v1.ts";
import type { NodeSelector } from "../generated/v1.35/core-v1.ts";
import { validateNodeSelector } from "../shared/node-selector.ts";
import { checkDnsLabel, checkImmutable, type Errors, NOT_POSITIVE, pushInvalid } from "../validation/checks.ts";
import { internalForm } from "../validation/internal-form.ts";
import { checkBoundedSet } from "./bounded-list.ts";
import { checkAttributeName, checkDriverName, checkPoolName } from "./device-names.ts";

const MAX_DEVICES = 128;
const MAX_ATTRIBUTES_AND_CAPACITIES = 32;
const MAX_ATTRIBUTE_LENGTH = 64;
/** Longer keys are shown by their ends: a domain, a slash and an identifier fit. */
const MAX_SHOWN_KEY_LENGTH = 63 + 1 + 32;
const NUMBER = "(?:0|[1-9][0-9]*)";
const PRE_RELEASE = "(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)";
const BUILD = "[0-9a-zA-Z-]+";
const SEMANTIC_VERSION = new RegExp(
  `^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-${PRE_RELEASE}(?:\\.${PRE_RELEASE})*)?(?:\\+${BUILD}(?:\\.${BUILD})*)?$`,
);

/** Takes away what features add that are off by default: partitions, taints, shares, conditions of binding. */
export function dropDisabledSliceFields({ spec }: ResourceSlice): void {
  delete spec.sharedCounters;
  delete spec.perDeviceNodeSelection;
  for (const device of spec.devices ?? []) {
    delete device.taints;
    delete device.consumesCounters;
    delete device.nodeName;
    delete device.nodeSelector;
    delete device.allNodes;
    delete device.bindsToNode;
    delete device.bindingConditions;
    delete device.bindingFailureConditions;
    delete device.allowMultipleAllocations;
    for (const capacity of Object.values(device.capacity ?? {})) delete capacity.requestPolicy;
  }
}

function checkPool(pool: ResourcePool, errors: Errors): void {
  checkPoolName(pool.name, "spec.pool.name", errors);
  if (pool.resourceSliceCount <= 0)
    errors.push(field.invalid("spec.pool.resourceSliceCount", pool.resourceSliceCount, NOT_POSITIVE));
  if (pool.generation < 0)
    errors.push(field.invalid("spec.pool.generation", pool.generation, "must be greater than or equal to zero"));
}

const printedEmpty = (selector: NodeSelector): unknown => sentEmpty(selector, "nodeSelectorTerms") ?? null;

/** Where the devices are: exactly one of three ways to say it. */
function checkNodes({ nodeName, nodeSelector, allNodes }: ResourceSliceSpec, errors: Errors): void {
  const given: string[] = [];
  if (nodeName !== undefined) {
    if (nodeName === "")
      errors.push(field.invalid("spec.nodeName", nodeName, "must be either unset or set to a non-empty string"));
    else {
      given.push("`nodeName`");
      pushInvalid(nameIsDnsSubdomain(nodeName, false), nodeName, "spec.nodeName", errors);
    }
  }
  if (nodeSelector) {
    given.push("`nodeSelector`");
    validateNodeSelector(nodeSelector, "spec.nodeSelector", errors);
    const terms = nodeSelector.nodeSelectorTerms ?? [];
    if (terms.length !== 1)
      errors.push(
        field.invalid(
          "spec.nodeSelector.nodeSelectorTerms",
          terms.length > 0 ? terms.map((term) => internalForm("NodeSelectorTerm", term)) : printedEmpty(nodeSelector),
          "must have exactly one node selector term",
        ),
      );
  }
  if (allNodes) given.push("`allNodes`");
  else if (allNodes === false)
    errors.push(field.invalid("spec.allNodes", allNodes, "must be either unset or set to true"));
  if (given.length === 1) return;
  const rule = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";
  errors.push(
    given.length === 0
      ? field.required("spec", rule)
      : field.invalid("spec", `{${given.join(", ")}}`, `${rule}, but multiple fields are set`),
  );
}

function shownKey(key: string): string {
  if (key.length <= MAX_SHOWN_KEY_LENGTH) return key;
  const kept = MAX_SHOWN_KEY_LENGTH - "...".length;
  return `${key.slice(0, Math.ceil(kept / 2))}...${key.slice(key.length - Math.floor(kept / 2))}`;
}

function checkAttribute(attribute: DeviceAttribute, path: string, errors: Errors): void {
  const { string: text, version } = attribute;
  if (text !== undefined && byteLength(text) > MAX_ATTRIBUTE_LENGTH)
    errors.push(field.tooLong(`${path}.string`, MAX_ATTRIBUTE_LENGTH));
  if (version !== undefined) {
    if (!SEMANTIC_VERSION.test(version))
      errors.push(field.invalid(`${path}.version`, version, "must be a string compatible with semver.org spec 2.0.0"));
    if (byteLength(version) > MAX_ATTRIBUTE_LENGTH) errors.push(field.tooLong(`${path}.version`, MAX_ATTRIBUTE_LENGTH));
  }
  const given = Object.values(attribute).filter((value) => value !== undefined).length;
  if (given !== 1)
    errors.push(
      field.invalid(
        path,
        given === 0 ? "" : internalForm("DeviceAttribute", attribute),
        "exactly one value must be specified",
      ),
    );
}

function checkDevice(device: Device, path: string, errors: Errors): void {
  checkDnsLabel(device.name, `${path}.name`, errors);
  const { attributes = {}, capacity = {} } = device;
  const count = Object.keys(attributes).length + Object.keys(capacity).length;
  if (count > MAX_ATTRIBUTES_AND_CAPACITIES)
    errors.push(
      field.invalid(
        path,
        count,
        `the total number of attributes and capacities must not exceed ${MAX_ATTRIBUTES_AND_CAPACITIES}`,
      ),
    );
  for (const [name, attribute] of Object.entries(attributes)) {
    const at = `${path}.attributes[${shownKey(name)}]`;
    checkAttributeName(name, at, errors);
    checkAttribute(attribute, at, errors);
  }
  for (const name of Object.keys(capacity)) checkAttributeName(name, `${path}.capacity[${shownKey(name)}]`, errors);
}

function validateSpec(spec: ResourceSliceSpec, old: ResourceSliceSpec | undefined): Errors {
  const errors: Errors = [];
  checkDriverName(spec.driver, "spec.driver", errors);
  checkPool(spec.pool, errors);
  if (old) {
    checkImmutable(spec.pool.name, old.pool.name, "spec.pool.name", errors);
    checkImmutable(spec.driver, old.driver, "spec.driver", errors);
    checkImmutable(spec.nodeName, old.nodeName, "spec.nodeName", errors);
  }
  checkNodes(spec, errors);
  checkBoundedSet(
    spec.devices,
    MAX_DEVICES,
    "spec.devices",
    errors,
    (device, at) => checkDevice(device, at, errors),
    (device) => device.name,
  );
  return errors;
}

/** What is wrong with a new slice. */
export const validateResourceSlice = ({ spec }: ResourceSlice): Errors => validateSpec(spec, undefined);

/** What is wrong with a changed slice. */
export const validateResourceSliceUpdate = ({ spec }: ResourceSlice, old: ResourceSlice): Errors =>
  validateSpec(spec, old.spec);

/** Drivers with capitals in their names are allowed, and frowned upon. */
export function resourceSliceWarnings({ spec }: ResourceSlice): string[] {
  return spec.driver === spec.driver.toLowerCase()
    ? []
    : [`spec.driver: driver names should be lowercase; ${JSON.stringify(spec.driver)} contains uppercase characters`];
}
