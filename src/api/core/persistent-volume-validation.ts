// SPDX-License-Identifier: Apache-2.0

import {
  dns1123SubdomainErrors,
  fieldError as field,
  nameIsDnsSubdomain,
  quantitySign,
  quantityValue,
  sameJson,
  sentEmpty,
} from "../../apimachinery/index.ts";
import type {
  CSIPersistentVolumeSource,
  PersistentVolume,
  PersistentVolumeSpec,
  SecretReference,
  VolumeNodeAffinity,
} from "../generated/v1.35/core-v1.ts";
import { validateNodeSelector } from "../shared/node-selector.ts";
import { checkNoBacksteps } from "../shared/paths.ts";
import { MOUNT_OPTIONS } from "../shared/storage-text.ts";
import { checkAccessModes, VOLUME_MODES } from "../shared/persistent-volume-claim-spec.ts";
import {
  checkCsiDriverName,
  validateAzureDisk,
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
} from "../shared/volume-source-rules.ts";
import {
  checkDnsLabel,
  checkImmutableChoice,
  checkRequired,
  checkSupported,
  type Errors,
  NOT_POSITIVE,
  pushInvalid,
} from "../validation/checks.ts";
import { internalForm } from "../validation/internal-form.ts";
import { sortedMap } from "../validation/printed.ts";
import { unifiedDiff } from "../validation/unified-diff.ts";

const RECLAIM_POLICIES = ["Delete", "Recycle", "Retain"];

type Source = keyof PersistentVolumeSpec;
type SourceRule = (spec: PersistentVolumeSpec, name: string, path: string, errors: Errors) => void;

function validateSecret(reference: SecretReference | undefined, path: string, errors: Errors): void {
  if (!reference) return;
  if (!reference.name) errors.push(field.required(`${path}.name`));
  else pushInvalid(dns1123SubdomainErrors(reference.name), reference.name, `${path}.name`, errors);
  if (!reference.namespace) errors.push(field.required(`${path}.namespace`));
  else checkDnsLabel(reference.namespace, `${path}.namespace`, errors);
}

function validateCsi(source: CSIPersistentVolumeSource, path: string, errors: Errors): void {
  checkCsiDriverName(source.driver, `${path}.driver`, errors);
  checkRequired(source.volumeHandle, `${path}.volumeHandle`, errors);
  for (const name of [
    "controllerPublishSecretRef",
    "controllerExpandSecretRef",
    "nodePublishSecretRef",
    "nodeExpandSecretRef",
  ] as const)
    validateSecret(source[name], `${path}.${name}`, errors);
}

/** One rule a source, in the order in which upstream looks for them. */
const SOURCE_RULES: readonly (readonly [Source, SourceRule])[] = [
  ["hostPath", (s, _name, path, errors) => validateHostPath(s.hostPath!, `${path}.hostPath`, errors)],
  [
    "gcePersistentDisk",
    (s, _name, path, errors) =>
      validateDisk(
        s.gcePersistentDisk!.pdName,
        "pdName",
        s.gcePersistentDisk!.partition,
        `${path}.persistentDisk`,
        errors,
      ),
  ],
  [
    "awsElasticBlockStore",
    (s, _name, path, errors) =>
      validateDisk(
        s.awsElasticBlockStore!.volumeID,
        "volumeID",
        s.awsElasticBlockStore!.partition,
        `${path}.awsElasticBlockStore`,
        errors,
      ),
  ],
  ["glusterfs", (s, _name, path, errors) => validateGlusterfs(s.glusterfs!, `${path}.glusterfs`, errors)],
  ["flocker", (s, _name, path, errors) => validateFlocker(s.flocker!, `${path}.flocker`, errors)],
  ["nfs", (s, _name, path, errors) => validateNfs(s.nfs!, `${path}.nfs`, errors)],
  [
    "rbd",
    (s, _name, path, errors) => {
      if (!s.rbd!.monitors?.length) errors.push(field.required(`${path}.rbd.monitors`));
      checkRequired(s.rbd!.image, `${path}.rbd.image`, errors);
    },
  ],
  ["quobyte", (s, _name, path, errors) => validateQuobyte(s.quobyte!, `${path}.quobyte`, errors)],
  [
    "cephfs",
    (s, _name, path, errors) => {
      if (!s.cephfs!.monitors?.length) errors.push(field.required(`${path}.cephfs.monitors`));
    },
  ],
  ["iscsi", (s, name, path, errors) => validateIscsi(s.iscsi!, `${path}.iscsi`, errors, { name })],
  [
    "cinder",
    (s, _name, path, errors) => {
      checkRequired(s.cinder!.volumeID, `${path}.cinder.volumeID`, errors);
      validateSecretReference(s.cinder!.secretRef, `${path}.cinder`, errors, true);
    },
  ],
  ["fc", (s, _name, path, errors) => validateFc(s.fc!, `${path}.fc`, errors)],
  ["flexVolume", (s, _name, path, errors) => validateFlex(s.flexVolume!, `${path}.flexVolume`, errors)],
  [
    "azureFile",
    (s, _name, path, errors) => {
      checkRequired(s.azureFile!.secretName, `${path}.azureFile.secretName`, errors);
      checkRequired(s.azureFile!.shareName, `${path}.azureFile.shareName`, errors);
      if (s.azureFile!.secretNamespace === "") errors.push(field.required(`${path}.azureFile.secretNamespace`));
    },
  ],
  [
    "vsphereVolume",
    (s, _name, path, errors) => checkRequired(s.vsphereVolume!.volumePath, `${path}.vsphereVolume.volumePath`, errors),
  ],
  [
    "photonPersistentDisk",
    (s, _name, path, errors) =>
      checkRequired(s.photonPersistentDisk!.pdID, `${path}.photonPersistentDisk.pdID`, errors),
  ],
  [
    "portworxVolume",
    (s, _name, path, errors) => checkRequired(s.portworxVolume!.volumeID, `${path}.portworxVolume.volumeID`, errors),
  ],
  ["azureDisk", (s, _name, path, errors) => validateAzureDisk(s.azureDisk!, `${path}.azureDisk`, errors)],
  [
    "scaleIO",
    (s, _name, path, errors) => {
      for (const name of ["gateway", "system", "volumeName"] as const)
        checkRequired(s.scaleIO![name], `${path}.scaleIO.${name}`, errors);
    },
  ],
  [
    "local",
    (s, _name, path, errors) => {
      if (!s.local!.path) errors.push(field.required(`${path}.local.path`));
      else checkNoBacksteps(s.local!.path, `${path}.local.path`, errors);
      if (!s.nodeAffinity) errors.push(field.required(`${path}.nodeAffinity`, "Local volume requires node affinity"));
    },
  ],
  ["storageos", (s, _name, path, errors) => validateStorageOs(s.storageos!, `${path}.storageos`, errors, true)],
  ["csi", (s, _name, path, errors) => validateCsi(s.csi!, `${path}.csi`, errors)],
];

function validateSource(spec: PersistentVolumeSpec, name: string, path: string, errors: Errors): void {
  let found = false;
  for (const [source, rule] of SOURCE_RULES) {
    if (spec[source] === undefined) continue;
    if (found && source !== "flexVolume")
      errors.push(
        field.fieldForbidden(
          `${path}.${source === "cephfs" ? "cephFS" : source}`,
          "may not specify more than 1 volume type",
        ),
      );
    else rule(spec, name, path, errors);
    found = true;
  }
  if (!found) errors.push(field.required(path, "must specify a volume type"));
}

function validateCapacity(spec: PersistentVolumeSpec, path: string, errors: Errors): void {
  const { capacity = {} } = spec;
  const shown = sortedMap(spec.capacity) ?? sentEmpty(spec, "capacity") ?? null;
  const names = Object.keys(capacity);
  if (names.length === 0) errors.push(field.required(path));
  if (capacity["storage"] === undefined || names.length > 1) errors.push(field.notSupported(path, shown, ["storage"]));
  for (const name of names) {
    const amount = capacity[name]!;
    const at = `${path}[${name}]`;
    if (quantityValue(amount) < 0)
      errors.push(field.invalid(at, quantityValue(amount), "must be a valid resource quantity"));
    if (quantitySign(amount) <= 0) errors.push(field.invalid(at, amount, NOT_POSITIVE));
  }
}

function validateAffinity(affinity: VolumeNodeAffinity, path: string, errors: Errors): void {
  if (affinity.required) validateNodeSelector(affinity.required, `${path}.required`, errors);
  else errors.push(field.required(`${path}.required`, "must specify required node constraints"));
}

function isRootPath(path: string): boolean {
  return path !== "" && path.split("/").every((part) => part === "" || part === ".");
}

function checkClass(spec: PersistentVolumeSpec, path: string, errors: Errors): void {
  const { storageClassName, volumeAttributesClassName: attributes } = spec;
  if (storageClassName)
    pushInvalid(nameIsDnsSubdomain(storageClassName, false), storageClassName, `${path}.storageClassName`, errors);
  if (spec.volumeMode !== undefined) checkSupported(spec.volumeMode, `${path}.volumeMode`, VOLUME_MODES, errors);
  if (attributes === undefined) return;
  const at = `${path}.volumeAttributesClassName`;
  if (attributes === "") errors.push(field.required(at, "an empty string is disallowed"));
  else pushInvalid(nameIsDnsSubdomain(attributes, false), attributes, at, errors);
  if (!spec.csi) errors.push(field.required(`${path}.csi`, "has to be specified when using volumeAttributesClassName"));
}

const INLINE = "in the context of inline volumes";

/** What is wrong with a volume that an attachment describes itself: it must be of a CSI driver and stand alone. */
export function validateInlineVolumeSpec(spec: PersistentVolumeSpec, path: string, errors: Errors): void {
  const refuse = (name: keyof PersistentVolumeSpec, why = `may not be specified ${INLINE}`): number =>
    errors.push(field.fieldForbidden(`${path}.${name}`, why));
  if (spec.claimRef) refuse("claimRef");
  if (Object.keys(spec.capacity ?? {}).length > 0) refuse("capacity");
  if (!spec.csi) errors.push(field.required(`${path}.csi`, `has to be specified ${INLINE}`));
  if (!spec.accessModes?.length) errors.push(field.required(`${path}.accessModes`));
  checkAccessModes(spec.accessModes ?? [], `${path}.accessModes`, errors);
  const policy = spec.persistentVolumeReclaimPolicy;
  if (policy && policy !== "Retain") refuse("persistentVolumeReclaimPolicy", `may only be Retain ${INLINE}`);
  if (spec.nodeAffinity) refuse("nodeAffinity");
  validateSource(spec, "", path, errors);
  if (spec.storageClassName) refuse("storageClassName");
  if (spec.volumeMode !== undefined && spec.volumeMode !== "Filesystem")
    refuse("volumeMode", `may not specify volumeMode other than Filesystem ${INLINE}`);
}

const MOUNTED_WITH_OPTIONS: readonly Source[] = [
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "glusterfs",
  "nfs",
  "rbd",
  "quobyte",
  "iscsi",
  "cinder",
  "cephfs",
  "azureFile",
  "vsphereVolume",
  "azureDisk",
  "photonPersistentDisk",
];

/** What is wrong with a volume of the cluster. */
export function validatePersistentVolume(volume: PersistentVolume): Errors {
  const errors = validateVolumeSpec(volume);
  const isAnnotated = volume.metadata.annotations?.[MOUNT_OPTIONS] !== undefined;
  if (isAnnotated && MOUNTED_WITH_OPTIONS.every((source) => volume.spec[source] === undefined))
    errors.push(
      field.fieldForbidden(
        `metadata.annotations.${MOUNT_OPTIONS}`,
        "may not specify mount options for this volume type",
      ),
    );
  return errors;
}

function validateVolumeSpec(volume: PersistentVolume): Errors {
  const errors: Errors = [];
  const { spec } = volume;
  if (!spec.accessModes?.length) errors.push(field.required("spec.accessModes"));
  checkAccessModes(spec.accessModes ?? [], "spec.accessModes", errors);
  validateCapacity(spec, "spec.capacity", errors);
  const policy = spec.persistentVolumeReclaimPolicy;
  if (policy) checkSupported(policy, "spec.persistentVolumeReclaimPolicy", RECLAIM_POLICIES, errors);
  if (spec.nodeAffinity) validateAffinity(spec.nodeAffinity, "spec.nodeAffinity", errors);
  validateSource(spec, volume.metadata.name ?? "", "spec", errors);
  if (spec.hostPath && isRootPath(spec.hostPath.path) && policy === "Recycle")
    errors.push(
      field.fieldForbidden("spec.persistentVolumeReclaimPolicy", "may not be 'recycle' for a hostPath mount of '/'"),
    );
  checkClass(spec, "spec", errors);
  return errors;
}

/** The key that a label of nodes has now; undefined for others. */
const GA_LABELS: Readonly<Record<string, string>> = {
  "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
  "beta.kubernetes.io/os": "kubernetes.io/os",
  "beta.kubernetes.io/arch": "kubernetes.io/arch",
  "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
};

const withGaLabels = (affinity: VolumeNodeAffinity | undefined): unknown =>
  affinity === undefined
    ? undefined
    : JSON.parse(JSON.stringify(affinity), (key, value: unknown) =>
        key === "key" && typeof value === "string" ? (GA_LABELS[value] ?? value) : value,
      );

function checkSourceUnchanged(spec: PersistentVolumeSpec, old: PersistentVolumeSpec, errors: Errors): void {
  let now = spec;
  if (old.csi && !old.csi.controllerExpandSecretRef && spec.csi?.controllerExpandSecretRef) {
    const { controllerExpandSecretRef: _, ...csi } = spec.csi;
    now = { ...spec, csi };
  }
  const [form, oldForm] = [internalForm("PersistentVolumeSource", now), internalForm("PersistentVolumeSource", old)];
  if (sameJson(form, oldForm)) return;
  errors.push(
    field.fieldForbidden(
      "spec.persistentvolumesource",
      `spec.persistentvolumesource is immutable after creation\n${unifiedDiff(oldForm, form)}`,
    ),
  );
}

/** What is wrong with a change of a volume. */
export function validatePersistentVolumeUpdate(volume: PersistentVolume, old: PersistentVolume): Errors {
  const errors = validateVolumeSpec(volume);
  const { spec } = volume;
  checkSourceUnchanged(spec, old.spec, errors);
  checkImmutableChoice(spec.volumeMode, old.spec.volumeMode, "volumeMode", errors);
  if (old.spec.nodeAffinity && !sameJson(withGaLabels(spec.nodeAffinity), withGaLabels(old.spec.nodeAffinity)))
    errors.push(
      field.invalid(
        "nodeAffinity",
        internalForm("VolumeNodeAffinity", spec.nodeAffinity),
        "field is immutable, except for updating from beta label to GA",
      ),
    );
  if (old.spec.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined)
    errors.push(
      field.fieldForbidden("spec.volumeAttributesClassName", "update from non-nil value to nil is forbidden"),
    );
  return errors;
}
