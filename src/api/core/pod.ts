// SPDX-License-Identifier: Apache-2.0

import { fieldLabelNotSupported } from "../shared/field-labels.ts";
import { defineKind } from "../define-kind.ts";
import { validatePodStatusUpdate } from "./pod-status-validation.ts";
import {
  defaultPod,
  preparePodForCreate,
  preparePodForUpdate,
  preparePodStatusForUpdate,
  warningsForPod,
  warningsForPodStatus,
} from "./pod-strategy.ts";
import { podSubresources } from "./pod-subresources.ts";
import { validatePod, validatePodUpdate } from "./pod-validation.ts";
import { podColumns, podRowConditions } from "./pod-columns.ts";
import type { Pod } from "../generated/v1.35/core-v1.ts";

/** The request's seconds, else the spec's; none for a pod that no kubelet has to stop. */
function graceSeconds(pod: Pod, requested: number | undefined): number {
  if (!pod.spec.nodeName || pod.status?.phase === "Failed" || pod.status?.phase === "Succeeded") return 0;
  const seconds = requested ?? pod.spec.terminationGracePeriodSeconds ?? 0;
  return seconds < 0 ? 1 : seconds;
}

const selectableFields: Readonly<Record<string, (pod: Pod) => string>> = {
  "spec.nodeName": (pod) => pod.spec.nodeName ?? "",
  "spec.restartPolicy": (pod) => pod.spec.restartPolicy ?? "",
  "spec.schedulerName": (pod) => pod.spec.schedulerName ?? "",
  "spec.serviceAccountName": (pod) => pod.spec.serviceAccountName ?? "",
  "spec.hostNetwork": (pod) => String(pod.spec.hostNetwork ?? false),
  "status.phase": (pod) => pod.status?.phase ?? "",
  "status.podIP": (pod) => pod.status?.podIPs?.[0]?.ip ?? "",
  // Upstream takes the label and knows no value for it.
  "status.podIPs": () => "",
  "status.nominatedNodeName": (pod) => pod.status?.nominatedNodeName ?? "",
};

/** Pod. */
export const pod = defineKind<Pod>({
  group: "",
  version: "v1",
  kind: "Pod",
  resource: "pods",
  singular: "pod",
  namespaced: true,
  shortNames: ["po"],
  categories: ["all"],
  type: "io.k8s.api.core.v1.Pod",
  generation: true,
  defaults: defaultPod,
  prepareForCreate: preparePodForCreate,
  prepareForUpdate: preparePodForUpdate,
  validate: validatePod,
  validateUpdate: validatePodUpdate,
  updateChecks: ["metadata change", "metadata", "change"],
  warnings: warningsForPod,
  graceful: { graceSeconds },
  returnDeletedObject: true,
  dispatchField: "spec.nodeName",
  selectableFields,
  fieldLabelError: fieldLabelNotSupported,
  status: {
    prepareForUpdate: preparePodStatusForUpdate,
    validateUpdate: validatePodStatusUpdate,
    warnings: warningsForPodStatus,
  },
  subresources: podSubresources,
  resetFields: [["status"]],
  statusResetFields: [["spec"], ["metadata", "deletionTimestamp"], ["metadata", "ownerReferences"]],
  rowConditions: podRowConditions,
  columns: podColumns,
});
