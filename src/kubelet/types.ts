// SPDX-License-Identifier: Apache-2.0

import type { DeepReadonly } from "../apimachinery/index.ts";
import type * as api from "../api/index.ts";

/** API objects as the kubelet reads them: shared with caches, never changed. */
export type Pod = DeepReadonly<api.Pod>;
export type PodSpec = DeepReadonly<api.PodSpec>;
export type Container = DeepReadonly<api.Container>;
export type EphemeralContainer = DeepReadonly<api.EphemeralContainer>;
export type EnvVar = DeepReadonly<api.EnvVar>;
export type Probe = DeepReadonly<api.Probe>;
export type LifecycleHandler = DeepReadonly<api.LifecycleHandler>;
export type HTTPGetAction = DeepReadonly<api.HTTPGetAction>;
export type Volume = DeepReadonly<api.Volume>;
export type VolumeMount = DeepReadonly<api.VolumeMount>;
export type KeyToPath = DeepReadonly<api.KeyToPath>;
export type DownwardAPIVolumeFile = DeepReadonly<api.DownwardAPIVolumeFile>;
export type VolumeProjection = DeepReadonly<api.VolumeProjection>;
export type ObjectFieldSelector = DeepReadonly<api.ObjectFieldSelector>;
export type ResourceFieldSelector = DeepReadonly<api.ResourceFieldSelector>;
export type SecurityContext = DeepReadonly<api.SecurityContext>;
export type PodSecurityContext = DeepReadonly<api.PodSecurityContext>;
export type Capabilities = DeepReadonly<api.Capabilities>;
export type ConfigMap = DeepReadonly<api.ConfigMap>;
export type Secret = DeepReadonly<api.Secret>;
export type Service = DeepReadonly<api.Service>;
export type Node = DeepReadonly<api.Node>;
export type ReadonlyPodStatus = DeepReadonly<api.PodStatus>;
export type ReadonlyContainerStatus = DeepReadonly<api.ContainerStatus>;
export type Taint = DeepReadonly<api.Taint>;

/** Statuses while they are built. */
export type {
  ContainerState,
  ContainerStateTerminated,
  ContainerStatus,
  NodeAddress,
  NodeCondition,
  NodeStatus,
  PodCondition,
  PodStatus,
} from "../api/index.ts";
