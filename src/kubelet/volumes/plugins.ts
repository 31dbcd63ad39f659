// SPDX-License-Identifier: Apache-2.0

import { quantityValue } from "../../apimachinery/index.ts";
import type { HostPathType } from "../ports.ts";
import type { Volume } from "../types.ts";
import { addConfigMap, addDownwardApi, addProjection, addSecret, DEFAULT_FILE_MODE, Payload } from "./payload.ts";
import type { MountedVolume, VolumeContext, VolumePlugin } from "./volume-context.ts";

const EMPTY_DIR_MODE = 0o777;

const volumePath = (root: string, plugin: string, name: string): string =>
  `${root}/volumes/kubernetes.io~${plugin}/${name}`;

const emptyDir: VolumePlugin = async (volume, context) => {
  const path = volumePath(context.podDirectory, "empty-dir", volume.name);
  const { medium, sizeLimit } = volume.emptyDir ?? {};
  await context.files.makeDirectory(path, { mode: EMPTY_DIR_MODE });
  if (medium === "Memory" && !(await context.files.isMounted(path))) {
    const sizeBytes = sizeLimit === undefined ? undefined : quantityValue(sizeLimit);
    await context.files.mountTmpfs(path, { mode: EMPTY_DIR_MODE, ...(sizeBytes ? { sizeBytes } : {}) });
  }
  return { path, readOnly: false, ownedByGroup: true };
};

const hostPath: VolumePlugin = async (volume, context) => {
  const path = volume.hostPath?.path ?? "";
  await context.files.ensureHostPath(path, (volume.hostPath?.type ?? "") as HostPathType);
  return { path, readOnly: false, ownedByGroup: false };
};

async function writePayload(path: string, payload: Payload, context: VolumeContext): Promise<MountedVolume> {
  const fsGroup = context.pod.spec?.securityContext?.fsGroup;
  await context.files.project(path, payload.files, {
    timestamp: context.timestamp,
    ...(fsGroup === undefined ? {} : { fsGroup }),
  });
  return { path, readOnly: true, ownedByGroup: false, refreshAtMs: payload.refreshAtMs };
}

const configMap: VolumePlugin = async (volume, context) => {
  const source = volume.configMap!;
  const payload = new Payload();
  await addConfigMap(payload, source, source.defaultMode ?? DEFAULT_FILE_MODE, context);
  return writePayload(volumePath(context.podDirectory, "configmap", volume.name), payload, context);
};

const secret: VolumePlugin = async (volume, context) => {
  const source = volume.secret!;
  const payload = new Payload();
  const named = { name: source.secretName, items: source.items, optional: source.optional };
  await addSecret(payload, named, source.defaultMode ?? DEFAULT_FILE_MODE, context);
  return writePayload(volumePath(context.memoryDirectory, "secret", volume.name), payload, context);
};

const downwardApi: VolumePlugin = async (volume, context) => {
  const source = volume.downwardAPI!;
  const payload = new Payload();
  addDownwardApi(payload, source.items, source.defaultMode ?? DEFAULT_FILE_MODE, context);
  return writePayload(volumePath(context.podDirectory, "downward-api", volume.name), payload, context);
};

const projected: VolumePlugin = async (volume, context) => {
  const source = volume.projected!;
  const payload = new Payload();
  for (const projection of source.sources ?? [])
    await addProjection(payload, projection, source.defaultMode ?? DEFAULT_FILE_MODE, context);
  return writePayload(volumePath(context.memoryDirectory, "projected", volume.name), payload, context);
};

/** Which field of a volume says what it is, and what makes it. */
const PLUGINS: Partial<Record<keyof Volume, VolumePlugin>> = {
  emptyDir,
  hostPath,
  configMap,
  secret,
  downwardAPI: downwardApi,
  projected,
};

/** What makes that volume; undefined for kinds that this node does not know. */
export function pluginFor(volume: Volume): VolumePlugin | undefined {
  for (const field in PLUGINS) {
    const key = field as keyof Volume;
    if (volume[key] !== undefined) return PLUGINS[key];
  }
  return undefined;
}

/** Whether the content can change while the pod runs, so that it must be brought up to date. */
export const isRefreshed = (volume: Volume): boolean =>
  (volume.configMap ?? volume.secret ?? volume.projected ?? volume.downwardAPI) !== undefined;
