// SPDX-License-Identifier: Apache-2.0

import { fieldError as field, nameIsDnsSubdomain, quantitySign } from "../../apimachinery/index.ts";
import type { Volume } from "../generated/v1.35/core-v1.ts";
import {
  checkDnsLabel,
  checkRequired,
  checkRequiredSupported,
  type Errors,
  pushInvalid,
} from "../validation/checks.ts";
import { defaultPullPolicy } from "./image-name.ts";
import { checkDescendingPath, checkFileMode } from "./paths.ts";
import { defaultClaimSpec, validateClaimTemplate } from "./persistent-volume-claim-spec.ts";
import {
  DEFAULT_FILE_MODE,
  defaultDownwardFiles,
  defaultProjected,
  validateDownwardFile,
  validateKeyToPath,
  validateProjected,
} from "./projected-volume.ts";
import type { VolumesByName } from "./volume-mounts.ts";
import {
  INITIATOR_TOO_LONG,
  MAX_INITIATOR_LENGTH,
  validateAzureDisk,
  validateCsi,
  validateDisk,
  validateFc,
  validateFlex,
  validateFlocker,
  validateGlusterfs,
  validateHostPath,
  validateIscsi,
  validateNfs,
  validateQuobyte,
  validateSecretReference,
  validateStorageOs,
} from "./volume-source-rules.ts";

type Source = Exclude<keyof Volume, "name">;

/** Fills what PersistentVolumes and pods' volumes leave out alike. */
export interface SharedSources extends Partial<Pick<Volume, "hostPath" | "iscsi" | "rbd" | "azureDisk" | "scaleIO">> {}

const RBD_DEFAULTS = { pool: "rbd", user: "admin", keyring: "/etc/ceph/keyring" } as const;

/** Defaults of sources that PersistentVolumes have too. */
export function defaultSharedSources(sources: SharedSources): void {
  const { hostPath, iscsi, rbd, azureDisk, scaleIO } = sources;
  if (hostPath) hostPath.type ??= "";
  if (iscsi) iscsi.iscsiInterface ||= "default";
  if (rbd) {
    rbd.pool ||= RBD_DEFAULTS.pool;
    rbd.user ||= RBD_DEFAULTS.user;
    rbd.keyring ||= RBD_DEFAULTS.keyring;
  }
  if (azureDisk) {
    azureDisk.cachingMode ??= "ReadWrite";
    azureDisk.kind ??= "Shared";
    azureDisk.fsType ??= "ext4";
    azureDisk.readOnly ??= false;
  }
  if (scaleIO) {
    scaleIO.storageMode ||= "ThinProvisioned";
    scaleIO.fsType ||= "xfs";
  }
}

function hasSource(volume: Volume): boolean {
  for (const key in volume) if (key !== "name" && volume[key as Source] !== undefined) return true;
  return false;
}

/** Fills what a volume leaves out; one without a source is an empty folder. */
export function defaultVolume(volume: Volume): void {
  if (!hasSource(volume)) {
    volume.emptyDir = {};
    return;
  }
  if (volume.secret) volume.secret.defaultMode ??= DEFAULT_FILE_MODE;
  else if (volume.configMap) volume.configMap.defaultMode ??= DEFAULT_FILE_MODE;
  else if (volume.projected) defaultProjected(volume.projected);
  if (volume.downwardAPI) {
    volume.downwardAPI.defaultMode ??= DEFAULT_FILE_MODE;
    defaultDownwardFiles(volume.downwardAPI.items);
  }
  if (volume.ephemeral?.volumeClaimTemplate) defaultClaimSpec(volume.ephemeral.volumeClaimTemplate.spec);
  if (volume.image) volume.image.pullPolicy ||= defaultPullPolicy(volume.image.reference);
  defaultSharedSources(volume);
}

const PULL_POLICIES = ["Always", "IfNotPresent", "Never"];

type SourceRule = (volume: Volume, path: string, errors: Errors) => void;

/** One rule a source, in the order in which upstream looks for them. The paths are upstream's, quirks and all. */
const SOURCE_RULES: readonly (readonly [Source, SourceRule, forbiddenName?: string])[] = [
  [
    "emptyDir",
    (v, path, errors) => {
      const limit = v.emptyDir!.sizeLimit;
      if (limit !== undefined && quantitySign(limit) < 0)
        errors.push(
          field.fieldForbidden(`${path}.emptyDir.sizeLimit`, "SizeLimit field must be a valid resource quantity"),
        );
    },
  ],
  ["hostPath", (v, path, errors) => validateHostPath(v.hostPath!, `${path}.hostPath`, errors)],
  [
    "gitRepo",
    (v, path, errors) => {
      checkRequired(v.gitRepo!.repository, `${path}.gitRepo.repository`, errors);
      checkDescendingPath(v.gitRepo!.directory ?? "", `${path}.gitRepo.directory`, errors);
    },
  ],
  [
    "gcePersistentDisk",
    (v, path, errors) =>
      validateDisk(
        v.gcePersistentDisk!.pdName,
        "pdName",
        v.gcePersistentDisk!.partition,
        `${path}.persistentDisk`,
        errors,
      ),
  ],
  [
    "awsElasticBlockStore",
    (v, path, errors) =>
      validateDisk(
        v.awsElasticBlockStore!.volumeID,
        "volumeID",
        v.awsElasticBlockStore!.partition,
        `${path}.awsElasticBlockStore`,
        errors,
      ),
  ],
  [
    "secret",
    (v, path, errors) => {
      checkRequired(v.secret!.secretName, `${path}.secret.secretName`, errors);
      validateFiles(v.secret!, `${path}.secret`, errors);
    },
  ],
  ["nfs", (v, path, errors) => validateNfs(v.nfs!, `${path}.nfs`, errors)],
  ["iscsi", (v, path, errors) => validateIscsi(v.iscsi!, `${path}.iscsi`, errors)],
  ["glusterfs", (v, path, errors) => validateGlusterfs(v.glusterfs!, `${path}.glusterfs`, errors)],
  ["flocker", (v, path, errors) => validateFlocker(v.flocker!, `${path}.flocker`, errors)],
  [
    "persistentVolumeClaim",
    (v, path, errors) =>
      checkRequired(v.persistentVolumeClaim!.claimName, `${path}.persistentVolumeClaim.claimName`, errors),
  ],
  [
    "rbd",
    (v, path, errors) => {
      if (!v.rbd!.monitors?.length) errors.push(field.required(`${path}.rbd.monitors`));
      checkRequired(v.rbd!.image, `${path}.rbd.image`, errors);
    },
  ],
  [
    "cinder",
    (v, path, errors) => {
      checkRequired(v.cinder!.volumeID, `${path}.cinder.volumeID`, errors);
      validateSecretReference(v.cinder!.secretRef, `${path}.cinder`, errors, false);
    },
  ],
  [
    "cephfs",
    (v, path, errors) => {
      if (!v.cephfs!.monitors?.length) errors.push(field.required(`${path}.cephfs.monitors`));
    },
    "cephFS",
  ],
  ["quobyte", (v, path, errors) => validateQuobyte(v.quobyte!, `${path}.quobyte`, errors)],
  [
    "downwardAPI",
    (v, path, errors) => {
      checkFileMode(v.downwardAPI!.defaultMode, `${path}.downwardAPI.defaultMode`, errors);
      for (const file of v.downwardAPI!.items ?? []) validateDownwardFile(file, `${path}.downwardAPI`, errors);
    },
    "downwarAPI",
  ],
  ["fc", (v, path, errors) => validateFc(v.fc!, `${path}.fc`, errors)],
  ["flexVolume", (v, path, errors) => validateFlex(v.flexVolume!, `${path}.flexVolume`, errors)],
  [
    "configMap",
    (v, path, errors) => {
      checkRequired(v.configMap!.name, `${path}.configMap.name`, errors);
      validateFiles(v.configMap!, `${path}.configMap`, errors);
    },
  ],
  [
    "azureFile",
    (v, path, errors) => {
      checkRequired(v.azureFile!.secretName, `${path}.azureFile.secretName`, errors);
      checkRequired(v.azureFile!.shareName, `${path}.azureFile.shareName`, errors);
    },
  ],
  [
    "vsphereVolume",
    (v, path, errors) => checkRequired(v.vsphereVolume!.volumePath, `${path}.vsphereVolume.volumePath`, errors),
  ],
  [
    "photonPersistentDisk",
    (v, path, errors) => checkRequired(v.photonPersistentDisk!.pdID, `${path}.photonPersistentDisk.pdID`, errors),
  ],
  [
    "portworxVolume",
    (v, path, errors) => checkRequired(v.portworxVolume!.volumeID, `${path}.portworxVolume.volumeID`, errors),
  ],
  ["azureDisk", (v, path, errors) => validateAzureDisk(v.azureDisk!, `${path}.azureDisk`, errors)],
  ["storageos", (v, path, errors) => validateStorageOs(v.storageos!, `${path}.storageos`, errors)],
  ["projected", (v, path, errors) => validateProjected(v.projected!, `${path}.projected`, errors)],
  [
    "scaleIO",
    (v, path, errors) => {
      for (const name of ["gateway", "system", "volumeName"] as const)
        checkRequired(v.scaleIO![name], `${path}.scaleIO.${name}`, errors);
    },
  ],
  ["csi", (v, path, errors) => validateCsi(v.csi!, `${path}.csi`, errors)],
  [
    "ephemeral",
    (v, path, errors) => {
      const template = v.ephemeral!.volumeClaimTemplate;
      if (!template) errors.push(field.required(`${path}.ephemeral.volumeClaimTemplate`));
      else validateClaimTemplate(template, `${path}.ephemeral.volumeClaimTemplate`, errors);
    },
  ],
  [
    "image",
    (v, path, errors) => {
      checkRequiredSupported(v.image!.pullPolicy, `${path}.image.pullPolicy`, PULL_POLICIES, errors);
    },
  ],
];

function validateFiles(
  source: { defaultMode?: number; items?: Parameters<typeof validateKeyToPath>[0][] },
  path: string,
  errors: Errors,
): void {
  checkFileMode(source.defaultMode, `${path}.defaultMode`, errors);
  for (const [i, item] of (source.items ?? []).entries()) validateKeyToPath(item, `${path}.items[${i}]`, errors);
}

function validateSource(volume: Volume, podName: string | undefined, path: string, errors: Errors): void {
  let found = false;
  for (const [source, rule, forbiddenName] of SOURCE_RULES) {
    if (volume[source] === undefined) continue;
    if (found)
      errors.push(
        field.fieldForbidden(`${path}.${forbiddenName ?? source}`, "may not specify more than 1 volume type"),
      );
    else {
      // Templates may leave the image open.
      if (source === "image" && podName) checkRequired(volume.image!.reference, `${path}.image.reference`, errors);
      rule(volume, path, errors);
      if (source === "ephemeral" && podName && volume.name) checkClaimName(volume, podName, path, errors);
    }
    found = true;
    if (source === "iscsi" && volume.iscsi!.initiatorName !== undefined) checkInitiatorLength(volume, path, errors);
  }
  if (!found) errors.push(field.required(path, "must specify a volume type"));
}

function checkInitiatorLength(volume: Volume, path: string, errors: Errors): void {
  if (`${volume.name}:${volume.iscsi!.targetPortal}`.length > MAX_INITIATOR_LENGTH)
    errors.push(field.invalid(`${path}.name`, volume.name, INITIATOR_TOO_LONG));
}

function checkClaimName(volume: Volume, podName: string, path: string, errors: Errors): void {
  const claim = `${podName}-${volume.name}`;
  const messages = nameIsDnsSubdomain(claim, false).map((message) => `PVC name ${JSON.stringify(claim)}: ${message}`);
  pushInvalid(messages, volume.name, `${path}.name`, errors);
}

const NO_VOLUMES: VolumesByName = new Map();

/** Volumes of a pod (whose name is known) or of a template. Answers those that are right. */
export function validateVolumes(
  volumes: readonly Volume[] | undefined,
  podName: string | undefined,
  path: string,
  errors: Errors,
): VolumesByName {
  if (!volumes?.length) return NO_VOLUMES;
  const created = new Set<string>();
  if (podName) for (const volume of volumes) if (volume.ephemeral) created.add(`${podName}-${volume.name}`);
  const valid = new Map<string, Volume>();
  for (const [i, volume] of volumes.entries()) {
    const at = `${path}[${i}]`;
    const before = errors.length;
    validateSource(volume, podName, at, errors);
    if (!volume.name) errors.push(field.required(`${at}.name`));
    else checkDnsLabel(volume.name, `${at}.name`, errors);
    if (valid.has(volume.name)) errors.push(field.duplicate(`${at}.name`, volume.name));
    if (errors.length === before) valid.set(volume.name, volume);
    const claim = volume.persistentVolumeClaim?.claimName;
    if (claim !== undefined && created.has(claim))
      errors.push(
        field.invalid(
          `${at}.persistentVolumeClaim.claimName`,
          claim,
          "must not reference a PVC that gets created for an ephemeral volume",
        ),
      );
  }
  return valid;
}
