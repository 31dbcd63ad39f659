// SPDX-License-Identifier: Apache-2.0

import { fieldLabelNotSupported } from "../shared/field-labels.ts";
import { defineKind } from "../define-kind.ts";
import { podColumns, podRowConditions } from "./pod-columns.ts";
import type { Pod } from "../generated/v1.35/core-v1.ts";

const DEFAULT_GRACE_SECONDS = 30;

/** The request's seconds, else the spec's, else 30; none for a pod that no kubelet has to stop. */
function graceSeconds(pod: Pod, requested: number | undefined): number {
  if (!pod.spec.nodeName || pod.status?.phase === "Failed" || pod.status?.phase === "Succeeded") return 0;
  const seconds = requested ?? pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
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
  graceful: { graceSeconds },
  dispatchField: "spec.nodeName",
  selectableFields,
  fieldLabelError: fieldLabelNotSupported,
  status: {},
  resetFields: [["status"]],
  rowConditions: podRowConditions,
  columns: podColumns,
});
