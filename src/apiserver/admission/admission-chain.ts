// SPDX-License-Identifier: Apache-2.0

import type { Clock, Random } from "../../base/index.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../admission-plugin.ts";
import type { Authorizer } from "../authorization/authorizer.ts";
import type { Admission } from "../registry/index.ts";
import type { ResourceStores } from "../resource-store.ts";
import type { ChainPlaces } from "../server-options.ts";
import { readRequestSubject } from "../authentication/certificate-subject.ts";
import { certificateApproval, certificateSigning, certificateSubjectRestriction } from "./certificate-plugins.ts";
import { defaultIngressClass } from "./default-ingress-class.ts";
import { defaultStorageClass } from "./default-storage-class.ts";
import { defaultTolerationSeconds } from "./default-toleration-seconds.ts";
import { limitRanger } from "./limit-ranger.ts";
import { namespaceLifecycle } from "./namespace-lifecycle.ts";
import { NodeRestriction } from "./node-restriction.ts";
import { persistentVolumeClaimResize } from "./persistent-volume-claim-resize.ts";
import { podTopologyLabels } from "./pod-topology-labels.ts";
import { PodSecurityPlugin } from "./pod-security/pod-security.ts";
import { priority } from "./priority.ts";
import { ResourceQuotaPlugin } from "./resource-quota.ts";
import { runtimeClass } from "./runtime-class.ts";
import { ServiceAccountPlugin } from "./service-account.ts";
import { storageObjectInUseProtection } from "./storage-object-in-use-protection.ts";
import { taintNodesByCondition } from "./taint-nodes-by-condition.ts";

/** What plug-ins are made of. */
export interface AdmissionParts {
  readonly stores: ResourceStores;
  readonly clock: Clock;
  readonly random: Random;
  readonly authorizer: Authorizer;
  readonly places: ChainPlaces;
}

/** A place in the order where nothing stands yet. */
const emptyPlace = (name: string): AdmissionPlugin => ({ name, handles: () => false });

/** The one ordered list of admission plug-ins, in upstream's order; policies, webhooks and quota come last. */
export const admissionPlugins = (parts: AdmissionParts): readonly AdmissionPlugin[] => [
  namespaceLifecycle(parts.stores),
  limitRanger(parts.stores),
  new ServiceAccountPlugin(parts),
  new NodeRestriction(parts),
  taintNodesByCondition,
  new PodSecurityPlugin(parts),
  priority(parts.stores),
  defaultTolerationSeconds,
  defaultStorageClass(parts.stores),
  storageObjectInUseProtection,
  persistentVolumeClaimResize(parts.stores),
  runtimeClass(parts.stores),
  certificateApproval(parts.authorizer),
  certificateSigning(parts.authorizer),
  certificateSubjectRestriction(readRequestSubject),
  defaultIngressClass(parts.stores),
  podTopologyLabels(parts.stores),
  parts.places.mutatingPolicies ?? emptyPlace("MutatingAdmissionPolicy"),
  parts.places.mutatingWebhooks ?? emptyPlace("MutatingAdmissionWebhook"),
  parts.places.validatingPolicies ?? emptyPlace("ValidatingAdmissionPolicy"),
  parts.places.validatingWebhooks ?? emptyPlace("ValidatingAdmissionWebhook"),
  parts.places.resourceQuota ?? new ResourceQuotaPlugin(parts),
];

type Step = "admit" | "validate";

async function runRest(
  plugins: readonly AdmissionPlugin[],
  step: Step,
  attributes: AdmissionAttributes,
  from: number,
  pending: Promise<void>,
): Promise<void> {
  await pending;
  for (let i = from; i < plugins.length; i++) {
    const plugin = plugins[i]!;
    if (plugin.handles(attributes)) await plugin[step]?.(attributes);
  }
}

/** Runs a step of every plug-in that handles the write; a promise only when one of them had to wait. */
function run(plugins: readonly AdmissionPlugin[], step: Step, attributes: AdmissionAttributes): Promise<void> | void {
  for (let i = 0; i < plugins.length; i++) {
    const plugin = plugins[i]!;
    if (!plugin.handles(attributes)) continue;
    const pending = plugin[step]?.(attributes);
    if (pending) return runRest(plugins, step, attributes, i + 1, pending);
  }
}

/** The chain as the registry calls it. */
export function admissionChain(plugins: readonly AdmissionPlugin[]): Admission {
  const mutating = plugins.filter((plugin) => plugin.admit);
  const validating = plugins.filter((plugin) => plugin.validate);
  return {
    mutate: (attributes) => run(mutating, "admit", attributes),
    validate: (attributes) => run(validating, "validate", attributes),
  };
}
