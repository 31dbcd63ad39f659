// SPDX-License-Identifier: Apache-2.0

import {
  dns1123SubdomainErrors,
  fieldError as field,
  inclusiveRangeMessage,
  nameIsDnsLabel,
  nameIsDnsSubdomain,
} from "../../apimachinery/index.ts";
import type {
  AzureDiskVolumeSource,
  CSIVolumeSource,
  FCVolumeSource,
  FlexVolumeSource,
  FlockerVolumeSource,
  GlusterfsPersistentVolumeSource,
  HostPathVolumeSource,
  ISCSIVolumeSource,
  NFSVolumeSource,
  QuobyteVolumeSource,
} from "../generated/v1.35/core-v1.ts";
import { checkDnsLabel, checkRequired, checkSupported, type Errors, pushInvalid } from "../validation/checks.ts";
import { checkNoBacksteps } from "./paths.ts";

/** Checks of volume sources that pods and PersistentVolumes share, most of them of storage systems of the past. */

const HOST_PATH_TYPES = [
  "",
  "BlockDevice",
  "CharDevice",
  "Directory",
  "DirectoryOrCreate",
  "File",
  "FileOrCreate",
  "Socket",
];

export function validateHostPath(source: HostPathVolumeSource, path: string, errors: Errors): void {
  if (!source.path) {
    errors.push(field.required(`${path}.path`));
    return;
  }
  checkNoBacksteps(source.path, `${path}.path`, errors);
  if (source.type !== undefined) checkSupported(source.type, `${path}.type`, HOST_PATH_TYPES, errors);
}

const MAX_LUN = 255;
const IQN = /iqn\.\d{4}-\d{2}\.([a-zA-Z0-9.-]+)(:[^,;*&$|\s]+)$/;
const EUI = /^eui.[a-zA-Z0-9]{16}$/;
const NAA = /^naa.[a-zA-Z0-9]{32}$/;

function checkInitiator(name: string, path: string, prefixMessage: string, errors: Errors): void {
  const regex = name.startsWith("iqn") ? IQN : name.startsWith("eui") ? EUI : name.startsWith("naa") ? NAA : undefined;
  if (!regex) errors.push(field.invalid(path, name, prefixMessage));
  else if (!regex.test(name)) errors.push(field.invalid(path, name, "must be valid format"));
}

function checkLun(lun: number | undefined, path: string, errors: Errors): void {
  if (lun !== undefined && (lun < 0 || lun > MAX_LUN))
    errors.push(field.invalid(`${path}.lun`, lun, inclusiveRangeMessage(0, MAX_LUN)));
}

/** iSCSI of a pod, or of a PersistentVolume when its name is given. */
export function validateIscsi(
  source: ISCSIVolumeSource,
  path: string,
  errors: Errors,
  persistentVolume?: { readonly name: string },
): void {
  const prefixMessage = persistentVolume
    ? "must be valid format"
    : "must be valid format starting with iqn, eui, or naa";
  checkRequired(source.targetPortal, `${path}.targetPortal`, errors);
  if (
    persistentVolume &&
    source.initiatorName !== undefined &&
    `${persistentVolume.name}:${source.targetPortal}`.length > MAX_INITIATOR_LENGTH
  )
    errors.push(field.invalid(`${path}.targetportal`, source.targetPortal, INITIATOR_TOO_LONG));
  if (!source.iqn) errors.push(field.required(`${path}.iqn`));
  else checkInitiator(source.iqn, `${path}.iqn`, prefixMessage, errors);
  checkLun(source.lun, path, errors);
  if ((source.chapAuthDiscovery || source.chapAuthSession) && !source.secretRef)
    errors.push(field.required(`${path}.secretRef`));
  if (persistentVolume && source.secretRef) checkRequired(source.secretRef.name, `${path}.secretRef.name`, errors);
  if (source.initiatorName !== undefined)
    checkInitiator(source.initiatorName, `${path}.initiatorname`, prefixMessage, errors);
}

export const MAX_INITIATOR_LENGTH = 64;
export const INITIATOR_TOO_LONG =
  "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.";

export function validateFc(source: FCVolumeSource, path: string, errors: Errors): void {
  const targets = source.targetWWNs ?? [];
  const ids = source.wwids ?? [];
  if (targets.length === 0 && ids.length === 0)
    errors.push(field.required(`${path}.targetWWNs`, "must specify either targetWWNs or wwids, but not both"));
  if (targets.length > 0 && ids.length > 0)
    errors.push(
      field.invalid(`${path}.targetWWNs`, targets, "targetWWNs and wwids can not be specified simultaneously"),
    );
  if (targets.length === 0) return;
  if (source.lun === undefined)
    errors.push(field.required(`${path}.lun`, "lun is required if targetWWNs is specified"));
  else checkLun(source.lun, path, errors);
}

/** GCE and AWS disks: an id under the given name, and a partition. */
export function validateDisk(
  id: string | undefined,
  idField: string,
  partition: number | undefined,
  path: string,
  errors: Errors,
): void {
  checkRequired(id, `${path}.${idField}`, errors);
  // Upstream's message leaves out the zero that stands for no partition.
  if (partition !== undefined && (partition < 0 || partition > MAX_LUN))
    errors.push(field.invalid(`${path}.partition`, partition, inclusiveRangeMessage(1, MAX_LUN)));
}

export function validateNfs(source: NFSVolumeSource, path: string, errors: Errors): void {
  checkRequired(source.server, `${path}.server`, errors);
  checkRequired(source.path, `${path}.path`, errors);
  if (!source.path?.startsWith("/"))
    errors.push(field.invalid(`${path}.path`, source.path ?? "", "must be an absolute path"));
}

const QUOBYTE_REGISTRY = "must be a host:port pair or multiple pairs separated by commas";
const MAX_TENANT_LENGTH = 64;

export function validateQuobyte(source: QuobyteVolumeSource, path: string, errors: Errors): void {
  if (!source.registry) errors.push(field.required(`${path}.registry`, QUOBYTE_REGISTRY));
  else if ((source.tenant ?? "").length > MAX_TENANT_LENGTH)
    errors.push(field.required(`${path}.tenant`, "must be a UUID and may not exceed a length of 64 characters"));
  else
    for (const pair of source.registry.split(","))
      if (!/^(?:[^:[\]]*|\[[^[\]]*\]):[^:[\]]*$/.test(pair))
        errors.push(field.invalid(`${path}.registry`, source.registry, QUOBYTE_REGISTRY));
  checkRequired(source.volume, `${path}.volume`, errors);
}

export function validateGlusterfs(source: GlusterfsPersistentVolumeSource, path: string, errors: Errors): void {
  checkRequired(source.endpoints, `${path}.endpoints`, errors);
  checkRequired(source.path, `${path}.path`, errors);
  const namespace = source.endpointsNamespace;
  if (namespace === undefined) return;
  const at = `${path}.endpointsNamespace`;
  if (namespace === "")
    errors.push(field.invalid(at, namespace, "if the endpointnamespace is set, it must be a valid namespace name"));
  else pushInvalid(nameIsDnsLabel(namespace, false), namespace, at, errors);
}

export function validateFlocker(source: FlockerVolumeSource, path: string, errors: Errors): void {
  const { datasetName, datasetUUID } = source;
  if (!datasetName && !datasetUUID) errors.push(field.required(path, "one of datasetName and datasetUUID is required"));
  if (datasetName && datasetUUID)
    errors.push(field.invalid(path, "resource", "datasetName and datasetUUID can not be specified simultaneously"));
  if (datasetName?.includes("/"))
    errors.push(field.invalid(`${path}.datasetName`, datasetName, "must not contain '/'"));
}

export function validateFlex(source: Pick<FlexVolumeSource, "driver" | "options">, path: string, errors: Errors): void {
  checkRequired(source.driver, `${path}.driver`, errors);
  for (const key in source.options) {
    const slash = key.indexOf("/");
    const domain = `.${(slash < 0 ? key : key.slice(0, slash)).toLowerCase()}`;
    if (domain.endsWith(".kubernetes.io") || domain.endsWith(".k8s.io"))
      errors.push(field.invalid(`${path}.options[${key}]`, key, "kubernetes.io and k8s.io namespaces are reserved"));
  }
}

const MANAGED_DISK_URI =
  "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}";
const BLOB_DISK_URI = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd";

export function validateAzureDisk(source: AzureDiskVolumeSource, path: string, errors: Errors): void {
  checkRequired(source.diskName, `${path}.diskName`, errors);
  checkRequired(source.diskURI, `${path}.diskURI`, errors);
  if (source.cachingMode !== undefined)
    checkSupported(source.cachingMode, `${path}.cachingMode`, ["None", "ReadOnly", "ReadWrite"], errors);
  const { kind } = source;
  if (kind === undefined) return;
  checkSupported(kind, `${path}.kind`, ["Dedicated", "Managed", "Shared"], errors);
  const uri = source.diskURI ?? "";
  if (kind === "Managed" && !uri.startsWith("/subscriptions/"))
    errors.push(field.notSupported(`${path}.diskURI`, uri, [MANAGED_DISK_URI]));
  if (kind !== "Managed" && !uri.startsWith("https://"))
    errors.push(field.notSupported(`${path}.diskURI`, uri, [BLOB_DISK_URI]));
}

/** StorageOS; a PersistentVolume's secret names its namespace too. */
export function validateStorageOs(
  source: { volumeName?: string; volumeNamespace?: string; secretRef?: { name?: string; namespace?: string } },
  path: string,
  errors: Errors,
  persistent = false,
): void {
  if (!source.volumeName) errors.push(field.required(`${path}.volumeName`));
  else checkDnsLabel(source.volumeName, `${path}.volumeName`, errors);
  if (source.volumeNamespace) checkDnsLabel(source.volumeNamespace, `${path}.volumeNamespace`, errors);
  validateSecretReference(source.secretRef, path, errors, persistent);
}

/** The secretRef of cinder and StorageOS. */
export function validateSecretReference(
  reference: { name?: string; namespace?: string } | undefined,
  path: string,
  errors: Errors,
  persistent: boolean,
): void {
  if (!reference) return;
  checkRequired(reference.name, `${path}.secretRef.name`, errors);
  if (persistent) checkRequired(reference.namespace, `${path}.secretRef.namespace`, errors);
}

const MAX_DRIVER_NAME_LENGTH = 63;

/** The name of a CSI driver. */
export function checkCsiDriverName(name: string | undefined, path: string, errors: Errors): void {
  if (!name) {
    errors.push(field.required(path));
    return;
  }
  if (name.length > MAX_DRIVER_NAME_LENGTH) errors.push(field.tooLong(path, MAX_DRIVER_NAME_LENGTH));
  pushInvalid(dns1123SubdomainErrors(name.toLowerCase()), name, path, errors);
}

export function validateCsi(source: CSIVolumeSource, path: string, errors: Errors): void {
  checkCsiDriverName(source.driver, `${path}.driver`, errors);
  const reference = source.nodePublishSecretRef;
  if (!reference) return;
  if (!reference.name) errors.push(field.required(`${path}.nodePublishSecretRef.name`));
  else pushInvalid(nameIsDnsSubdomain(reference.name, false), reference.name, `${path}.name`, errors);
}
