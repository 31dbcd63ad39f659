// SPDX-License-Identifier: Apache-2.0

/** The annotation that named a claim's StorageClass before the field did. */
export const BETA_STORAGE_CLASS = "volume.beta.kubernetes.io/storage-class";

export const BETA_STORAGE_CLASS_WARNING = `metadata.annotations[${BETA_STORAGE_CLASS}]: deprecated since v1.8; use "storageClassName" attribute instead`;

/** The annotation that held a volume's mount options before the field did. */
export const MOUNT_OPTIONS = "volume.beta.kubernetes.io/mount-options";

const DEFAULT_CLASS = [
  "storageclass.kubernetes.io/is-default-class",
  "storageclass.beta.kubernetes.io/is-default-class",
] as const;

/** Whether the annotations of a StorageClass make it the default one. */
export const isDefaultStorageClass = (annotations: Readonly<Record<string, string>> | undefined): boolean =>
  DEFAULT_CLASS.some((key) => annotations?.[key] === "true");

const SHORT_MODES: readonly (readonly [string, string])[] = [
  ["ReadWriteOnce", "RWO"],
  ["ReadOnlyMany", "ROX"],
  ["ReadWriteMany", "RWX"],
  ["ReadWriteOncePod", "RWOP"],
];

/** Access modes as `kubectl get` prints them: `RWO,ROX`. */
export const accessModesText = (modes: readonly string[] | undefined): string =>
  SHORT_MODES.filter(([mode]) => modes?.includes(mode))
    .map(([, text]) => text)
    .join(",");
