// SPDX-License-Identifier: Apache-2.0

import { byteLength, fieldError as field, sameJson, validateConditions } from "../../apimachinery/index.ts";
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceRequestAllocationResult,
  NetworkDeviceData,
  ResourceClaim,
  ResourceClaimStatus,
} from "../generated/v1.35/resource-v1.ts";
import { validateNodeSelector } from "../shared/node-selector.ts";
import { checkDnsLabel, checkRequired, checkRequiredSupported, type Errors, IMMUTABLE } from "../validation/checks.ts";
import { internalForm } from "../validation/internal-form.ts";
import { checkInterfaceAddress } from "../validation/ip.ts";
import { checkBoundedList, checkBoundedSet } from "./bounded-list.ts";
import { checkRequestReference, checkRequestReferences, RequestNames } from "./device-claim.ts";
import { checkConfiguration, checkFreeObject, MAX_CONFIGURATIONS } from "./device-configuration.ts";
import { checkDriverName, checkPoolName } from "./device-names.ts";

const MAX_RESERVATIONS = 256;
const MAX_RESULTS = 32;
const MAX_CONDITIONS = 8;
const MAX_ADDRESSES = 16;
const MAX_INTERFACE_NAME_LENGTH = 256;
const MAX_HARDWARE_ADDRESS_LENGTH = 128;

interface DeviceIdentity {
  readonly driver: string;
  readonly pool: string;
  readonly device: string;
}

const idOf = ({ driver, pool, device }: DeviceIdentity): string => `${driver}/${pool}/${device}`;
const printedIdentity = ({ driver, pool, device }: DeviceIdentity): object => ({
  Driver: driver,
  Pool: pool,
  Device: device,
  ShareID: "",
});

/** Tolerations of results that name no operator. */
export function defaultClaimStatus(status: ResourceClaimStatus | undefined): void {
  for (const { tolerations } of status?.allocation?.devices?.results ?? [])
    for (const toleration of tolerations ?? []) toleration.operator ||= "Equal";
}

/** Takes away what features add that are off by default: shares, consumed capacities, conditions of binding. */
export function dropDisabledStatusFields(status: ResourceClaimStatus | undefined): void {
  if (!status) return;
  for (const result of status.allocation?.devices?.results ?? []) {
    delete result.shareID;
    delete result.consumedCapacity;
    delete result.bindingConditions;
    delete result.bindingFailureConditions;
  }
  for (const device of status.devices ?? []) delete device.shareID;
}

const resultsOf = (status: ResourceClaimStatus | undefined): readonly DeviceRequestAllocationResult[] =>
  status?.allocation?.devices?.results ?? [];

/** Devices that are allocated no longer have no status. */
export function dropDeallocatedDevices(claim: ResourceClaim, old: ResourceClaim): void {
  const { status } = claim;
  if (!status?.devices) return;
  const gone = new Set(resultsOf(old.status).map(idOf));
  for (const result of resultsOf(status)) gone.delete(idOf(result));
  const kept = status.devices.filter((device) => !gone.has(idOf(device)));
  if (kept.length > 0) status.devices = kept;
  else delete status.devices;
}

function checkNetwork(data: NetworkDeviceData, path: string, errors: Errors): void {
  const { interfaceName = "", hardwareAddress = "", ips } = data;
  if (byteLength(interfaceName) > MAX_INTERFACE_NAME_LENGTH)
    errors.push(field.tooLong(`${path}.interfaceName`, MAX_INTERFACE_NAME_LENGTH));
  if (byteLength(hardwareAddress) > MAX_HARDWARE_ADDRESS_LENGTH)
    errors.push(field.tooLong(`${path}.hardwareAddress`, MAX_HARDWARE_ADDRESS_LENGTH));
  checkBoundedSet(
    ips,
    MAX_ADDRESSES,
    `${path}.ips`,
    errors,
    (address, at) => checkInterfaceAddress(address, at, errors),
    (address) => address,
  );
}

function checkDeviceStatus(
  device: AllocatedDeviceStatus,
  allocated: ReadonlySet<string>,
  path: string,
  errors: Errors,
): void {
  const { data, networkData } = device;
  const conditions = device.conditions ?? [];
  checkDriverName(device.driver, `${path}.driver`, errors);
  checkPoolName(device.pool, `${path}.pool`, errors);
  checkDnsLabel(device.device, `${path}.device`, errors);
  if (!allocated.has(idOf(device)))
    errors.push(field.invalid(path, printedIdentity(device), "must be an allocated device in the claim"));
  if (conditions.length > MAX_CONDITIONS)
    errors.push(field.tooMany(`${path}.conditions`, conditions.length, MAX_CONDITIONS));
  errors.push(...validateConditions(conditions, `${path}.conditions`));
  if (data !== undefined && data !== null) checkFreeObject(data, `${path}.data`, errors);
  if (networkData) checkNetwork(networkData, `${path}.networkData`, errors);
}

function checkReservations(
  status: ResourceClaimStatus,
  old: ResourceClaimStatus,
  isDeleted: boolean,
  errors: Errors,
): void {
  const path = "status.reservedFor";
  const consumers = status.reservedFor ?? [];
  if (consumers.length === 0) return;
  if (!status.allocation) errors.push(field.fieldForbidden(path, "may not be specified when `allocated` is not set"));
  else if (isDeleted && consumers.some((now) => !old.reservedFor?.some((before) => sameJson(now, before))))
    errors.push(
      field.fieldForbidden(
        path,
        "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set",
      ),
    );
}

function checkResult(result: DeviceRequestAllocationResult, names: RequestNames, path: string, errors: Errors): void {
  checkRequestReference(result.request, names, `${path}.request`, errors);
  checkDriverName(result.driver, `${path}.driver`, errors);
  checkPoolName(result.pool, `${path}.pool`, errors);
  checkDnsLabel(result.device, `${path}.device`, errors);
}

function checkAllocatedConfiguration(
  { source, requests, opaque }: DeviceAllocationConfiguration,
  names: RequestNames,
  path: string,
  errors: Errors,
): void {
  checkRequiredSupported(source, `${path}.source`, ["FromClaim", "FromClass"], errors);
  checkRequestReferences(requests, names, `${path}.requests`, errors);
  checkConfiguration(opaque, path, errors, false);
}

function checkAllocation({ devices, nodeSelector }: AllocationResult, names: RequestNames, errors: Errors): void {
  const path = "status.allocation";
  checkBoundedList(devices?.results, MAX_RESULTS, `${path}.devices.results`, errors, (result, at) =>
    checkResult(result, names, at, errors),
  );
  checkBoundedList(devices?.config, 2 * MAX_CONFIGURATIONS, `${path}.devices.config`, errors, (config, at) =>
    checkAllocatedConfiguration(config, names, at, errors),
  );
  if (nodeSelector) validateNodeSelector(nodeSelector, `${path}.nodeSelector`, errors);
}

/** What is wrong with a change of a claim's status. */
export function validateClaimStatus(claim: ResourceClaim, before: ResourceClaim): Errors {
  const errors: Errors = [];
  const { status = {} } = claim;
  const { status: old = {} } = before;
  checkBoundedSet(
    status.reservedFor,
    MAX_RESERVATIONS,
    "status.reservedFor",
    errors,
    (consumer, at) => {
      for (const name of ["resource", "name", "uid"] as const) checkRequired(consumer[name], `${at}.${name}`, errors);
    },
    (consumer) => consumer.uid,
  );
  const allocated = new Set(resultsOf(status).map(idOf));
  checkBoundedSet(
    status.devices,
    Number.POSITIVE_INFINITY,
    "status.devices",
    errors,
    (device, at) => checkDeviceStatus(device, allocated, at, errors),
    idOf,
    printedIdentity,
  );
  checkReservations(status, old, claim.metadata.deletionTimestamp !== undefined, errors);
  if (old.allocation && status.allocation) {
    if (!sameJson(status.allocation, old.allocation))
      errors.push(field.invalid("status.allocation", internalForm("AllocationResult", status.allocation), IMMUTABLE));
  } else if (status.allocation) checkAllocation(status.allocation, new RequestNames(claim.spec.devices), errors);
  return errors;
}
