// SPDX-License-Identifier: Apache-2.0

import { balancedAllocation } from "./plugins/balanced-allocation.ts";
import { type Bind, defaultBinder } from "./plugins/default-binder.ts";
import { defaultPreemption, type PreemptionHost } from "./plugins/default-preemption.ts";
import { dynamicResources } from "./plugins/dynamic-resources.ts";
import { imageLocality } from "./plugins/image-locality.ts";
import { interPodAffinity } from "./plugins/inter-pod-affinity.ts";
import { nodeAffinity } from "./plugins/node-affinity.ts";
import { nodeName } from "./plugins/node-name.ts";
import { nodePorts } from "./plugins/node-ports.ts";
import { nodeResourcesFit } from "./plugins/node-resources-fit.ts";
import { nodeUnschedulable } from "./plugins/node-unschedulable.ts";
import { podTopologySpread } from "./plugins/pod-topology-spread.ts";
import { prioritySort } from "./plugins/priority-sort.ts";
import { schedulingGates } from "./plugins/scheduling-gates.ts";
import type { SiblingSelector } from "./plugins/spread-constraints.ts";
import { taintToleration } from "./plugins/taint-toleration.ts";
import type { NamespaceLabels } from "./plugins/topology-terms.ts";
import { type ClaimLister, volumeBinding } from "./plugins/volume-binding.ts";
import type { EnabledPlugin } from "./profile.ts";

/** What the default plug-ins need of the scheduler around them. */
export interface DefaultPluginHost extends PreemptionHost {
  readonly bind: Bind;
  readonly namespaceLabels: NamespaceLabels;
  readonly claims: ClaimLister;
  readonly siblings: SiblingSelector;
}

/** The plug-ins of upstream's default profile, in its order and with its weights. */
export const defaultPlugins = (host: DefaultPluginHost): EnabledPlugin[] => [
  { plugin: schedulingGates() },
  { plugin: prioritySort() },
  { plugin: nodeUnschedulable() },
  { plugin: nodeName() },
  { plugin: taintToleration(), weight: 3 },
  { plugin: nodeAffinity(), weight: 2 },
  { plugin: nodePorts() },
  { plugin: nodeResourcesFit(), weight: 1 },
  { plugin: volumeBinding(host.claims) },
  { plugin: podTopologySpread(host.siblings), weight: 2 },
  { plugin: interPodAffinity(host.namespaceLabels), weight: 2 },
  { plugin: dynamicResources() },
  { plugin: defaultPreemption(host) },
  { plugin: balancedAllocation(), weight: 1 },
  { plugin: imageLocality(), weight: 1 },
  { plugin: defaultBinder(host.bind) },
];
