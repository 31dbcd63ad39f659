// SPDX-License-Identifier: Apache-2.0

import type { Pod } from "../types.ts";
import { effectiveSecurityContext } from "../runtime/security-context.ts";
import { isRefreshed, pluginFor } from "./plugins.ts";
import type { MountedVolume, VolumeContext } from "./volume-context.ts";

export type MountedVolumes = ReadonlyMap<string, MountedVolume>;

export const NO_VOLUMES: MountedVolumes = new Map();

/** A volume could not be made; worded as upstream's event FailedMount. */
export class VolumeError extends Error {
  override readonly name = "VolumeError";
}

/** The user that all containers of a pod run as, if they agree on one. */
export function commonUser(pod: Pod): number | undefined {
  let user: number | undefined;
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  for (const [i, c] of containers.entries()) {
    const own = effectiveSecurityContext(pod, c).runAsUser;
    if (own === undefined || (i > 0 && own !== user)) return undefined;
    user = own;
  }
  return user;
}

/** Makes all volumes of a pod, side by side; throws a VolumeError for the first that cannot be made. */
export async function setUpVolumes(context: VolumeContext): Promise<MountedVolumes> {
  const volumes = context.pod.spec?.volumes ?? [];
  if (volumes.length === 0) return NO_VOLUMES;
  const mounted = await Promise.all(
    volumes.map(async (volume) => {
      const plugin = pluginFor(volume);
      if (!plugin)
        throw new VolumeError(
          `Unable to attach or mount volumes: no volume plugin matched for volume "${volume.name}"`,
        );
      try {
        return await plugin(volume, context);
      } catch (error) {
        context.signal.throwIfAborted();
        const why = error instanceof Error ? error.message : String(error);
        throw new VolumeError(`MountVolume.SetUp failed for volume "${volume.name}" : ${why}`, { cause: error });
      }
    }),
  );
  await giveToGroup(mounted, context);
  return new Map(volumes.map((volume, i) => [volume.name, mounted[i]!]));
}

async function giveToGroup(mounted: readonly MountedVolume[], context: VolumeContext): Promise<void> {
  const security = context.pod.spec?.securityContext;
  const gid = security?.fsGroup;
  if (gid === undefined) return;
  const onRootMismatch = security?.fsGroupChangePolicy === "OnRootMismatch";
  for (const volume of mounted)
    if (volume.ownedByGroup) await context.files.applyFsGroup(volume.path, gid, { onRootMismatch });
}

/** Writes the content of a running pod's volumes anew where it changed; gives when to do so next at the latest. */
export async function refreshVolumes(context: VolumeContext): Promise<number | undefined> {
  let nextMs: number | undefined;
  for (const volume of context.pod.spec?.volumes ?? []) {
    if (!isRefreshed(volume)) continue;
    const { refreshAtMs } = await pluginFor(volume)!(volume, context);
    if (refreshAtMs !== undefined) nextMs = Math.min(nextMs ?? refreshAtMs, refreshAtMs);
  }
  return nextMs;
}

/** Whether anything of a pod's volumes may change while it runs. */
export const hasRefreshedVolumes = (pod: Pod): boolean => (pod.spec?.volumes ?? []).some(isRefreshed);
