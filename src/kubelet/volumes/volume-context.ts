// SPDX-License-Identifier: Apache-2.0

import type { NodeAllocatable } from "../environment/resource-field.ts";
import type { PodObjects } from "../objects/pod-objects.ts";
import type { ServiceAccountTokens } from "../objects/service-account-tokens.ts";
import type { CallOptions, VolumeFiles } from "../ports.ts";
import type { Pod, Volume } from "../types.ts";

/** What volumes are made of and with. */
export interface VolumeContext extends CallOptions {
  readonly pod: Pod;
  readonly files: VolumeFiles;
  readonly objects: PodObjects;
  readonly tokens: ServiceAccountTokens;
  readonly node: NodeAllocatable;
  readonly hostIps: readonly string[];
  readonly podIps: readonly string[];
  /** Where the pod's directories lie: `/var/lib/kubelet/pods/UID`. */
  readonly podDirectory: string;
  /** The same on a file system in memory, for what must not reach a disk. */
  readonly memoryDirectory: string;
  /** Now, for the names of projected directories. */
  readonly timestamp: string;
  /** The user that all containers run as, if they agree. */
  readonly fsUser: number | undefined;
}

/** A volume that is ready to be mounted into containers. */
export interface MountedVolume {
  /** Where it lies on the node. */
  readonly path: string;
  readonly readOnly: boolean;
  /** Whether a pod's fsGroup owns it. */
  readonly ownedByGroup: boolean;
  /** When its content is to be written anew though nothing changed (tokens). */
  readonly refreshAtMs?: number;
}

/** Makes one kind of volume. Called again to bring its content up to date. */
export type VolumePlugin = (volume: Volume, context: VolumeContext) => Promise<MountedVolume>;
