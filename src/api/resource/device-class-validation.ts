// SPDX-License-Identifier: Apache-2.0

import { sameJson } from "../../apimachinery/index.ts";
import type { DeviceClass, DeviceClassSpec } from "../generated/v1.35/resource-v1.ts";
import type { Errors } from "../validation/checks.ts";
import { checkBoundedList } from "./bounded-list.ts";
import { checkConfiguration, checkSelectors, MAX_CONFIGURATIONS } from "./device-configuration.ts";

/** The name of an extended resource is a feature that is off by default. */
export function dropDisabledClassFields(spec: DeviceClassSpec): void {
  delete spec.extendedResourceName;
}

/** What has not changed was found right before, and is not read again. */
function validateSpec(spec: DeviceClassSpec, old: DeviceClassSpec | undefined): Errors {
  const errors: Errors = [];
  const isStored = (field: "selectors" | "config"): boolean => old !== undefined && sameJson(spec[field], old[field]);
  checkSelectors(spec.selectors, "spec.selectors", errors, isStored("selectors"));
  const stored = isStored("config");
  checkBoundedList(spec.config, MAX_CONFIGURATIONS, "spec.config", errors, ({ opaque }, at) =>
    checkConfiguration(opaque, at, errors, stored),
  );
  return errors;
}

/** What is wrong with a class of devices. */
export const validateDeviceClass = ({ spec }: DeviceClass): Errors => validateSpec(spec, undefined);

/** What is wrong with a changed class, besides what is wrong with the class itself. */
export const validateDeviceClassUpdate = ({ spec }: DeviceClass, old: DeviceClass): Errors =>
  validateSpec(spec, old.spec);
