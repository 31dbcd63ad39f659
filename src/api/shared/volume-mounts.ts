// SPDX-License-Identifier: Apache-2.0

import { fieldError as field } from "../../apimachinery/index.ts";
import type { Container, Volume, VolumeDevice, VolumeMount } from "../generated/v1.35/core-v1.ts";
import { checkSupported, type Errors } from "../validation/checks.ts";
import { checkDescendingPath, hasBacksteps } from "./paths.ts";

/** Valid volumes of a pod by name. */
export type VolumesByName = ReadonlyMap<string, Volume>;

const PROPAGATIONS = ["Bidirectional", "HostToContainer", "None"];
const RECURSIVE = ["Disabled", "Enabled", "IfPossible"];

function validatePropagation(mode: string, container: Container, path: string, errors: Errors): void {
  checkSupported(mode, path, PROPAGATIONS, errors);
  if (mode === "Bidirectional" && !container.securityContext?.privileged)
    errors.push(
      field.fieldForbidden(path, "Bidirectional mount propagation is available only to privileged containers"),
    );
}

function validateRecursiveReadOnly(mount: VolumeMount, path: string, errors: Errors): void {
  const mode = mount.recursiveReadOnly;
  if (mode === undefined || mode === "Disabled") return;
  if (!RECURSIVE.includes(mode)) {
    errors.push(field.notSupported(path, mode, RECURSIVE));
    return;
  }
  if (!mount.readOnly) errors.push(field.fieldForbidden(path, "may only be specified when readOnly is true"));
  if (mount.mountPropagation !== undefined && mount.mountPropagation !== "None")
    errors.push(field.fieldForbidden(path, "may only be specified when mountPropagation is None or not specified"));
}

function checkMountOverlap(mount: VolumeMount, devices: readonly VolumeDevice[], path: string, errors: Errors): void {
  if (devices.some((device) => device.name === mount.name))
    errors.push(field.invalid(`${path}.name`, mount.name, "must not already exist in volumeDevices"));
  if (devices.some((device) => device.devicePath === mount.mountPath))
    errors.push(
      field.invalid(`${path}.mountPath`, mount.mountPath, "must not already exist as a path in volumeDevices"),
    );
}

/** Mounts of a container. Some paths in messages lack the index, as upstream's do. */
export function validateVolumeMounts(container: Container, volumes: VolumesByName, path: string, errors: Errors): void {
  const mounts = container.volumeMounts;
  if (!mounts) return;
  const paths = new Set<string>();
  for (const [i, mount] of mounts.entries()) {
    const at = `${path}[${i}]`;
    const mountPath = mount.mountPath ?? "";
    if (!mount.name) errors.push(field.required(`${at}.name`));
    if (!volumes.has(mount.name)) errors.push(field.fieldNotFound(`${at}.name`, mount.name ?? ""));
    if (!mountPath) errors.push(field.required(`${at}.mountPath`));
    if (paths.has(mountPath)) errors.push(field.invalid(`${at}.mountPath`, mountPath, "must be unique"));
    paths.add(mountPath);
    if (container.volumeDevices) checkMountOverlap(mount, container.volumeDevices, at, errors);
    if (mount.subPath) checkDescendingPath(mount.subPath, `${path}.subPath`, errors);
    if (mount.subPathExpr) {
      if (mount.subPath)
        errors.push(
          field.invalid(`${at}.subPathExpr`, mount.subPathExpr, "subPathExpr and subPath are mutually exclusive"),
        );
      checkDescendingPath(mount.subPathExpr, `${path}.subPathExpr`, errors);
    }
    if (mount.mountPropagation !== undefined)
      validatePropagation(mount.mountPropagation, container, `${path}.mountPropagation`, errors);
    if (mount.recursiveReadOnly !== undefined) validateRecursiveReadOnly(mount, `${path}.recursiveReadOnly`, errors);
  }
}

function checkDeviceOverlap(device: VolumeDevice, mounts: readonly VolumeMount[], path: string, errors: Errors): void {
  if (mounts.some((mount) => mount.name === device.name))
    errors.push(field.invalid(`${path}.name`, device.name, "must not already exist in volumeMounts"));
  if (mounts.some((mount) => mount.mountPath === device.devicePath))
    errors.push(
      field.invalid(`${path}.devicePath`, device.devicePath, "must not already exist as a path in volumeMounts"),
    );
}

/** Block devices of a container. */
export function validateVolumeDevices(
  container: Container,
  volumes: VolumesByName,
  path: string,
  errors: Errors,
): void {
  if (!container.volumeDevices) return;
  const names = new Set<string>();
  const paths = new Set<string>();
  for (const [i, device] of container.volumeDevices.entries()) {
    const at = `${path}[${i}]`;
    const { name, devicePath } = device;
    const volume = volumes.get(name);
    if (!name) errors.push(field.required(`${at}.name`));
    if (names.has(name)) errors.push(field.invalid(`${at}.name`, name, "must be unique"));
    if (volume && !volume.persistentVolumeClaim && !volume.ephemeral)
      errors.push(
        field.invalid(
          `${at}.name`,
          name,
          "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode",
        ),
      );
    if (!volume) errors.push(field.fieldNotFound(`${at}.name`, name));
    if (!devicePath) errors.push(field.required(`${at}.devicePath`));
    if (paths.has(devicePath)) errors.push(field.invalid(`${at}.devicePath`, devicePath, "must be unique"));
    if (devicePath && hasBacksteps(devicePath))
      errors.push(field.invalid(`${at}.devicePath`, devicePath, "can not contain backsteps ('..')"));
    else paths.add(devicePath);
    checkDeviceOverlap(device, container.volumeMounts ?? [], at, errors);
    if (name) names.add(name);
  }
}
