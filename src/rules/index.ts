// SPDX-License-Identifier: Apache-2.0

export { goDuration } from "./go-duration.ts";
export { endpointConditions, isEndpoint, publishesNotReady } from "./endpoint-state.ts";
export { Expectations, EXPECTATIONS_TIMEOUT_MS } from "./expectations.ts";
export { matchesNodeSelector, matchesNodeSelectorTerm, podMatchesNode } from "./node-affinity.ts";
export { controllerOf, controllerReference, isControlledBy } from "./owner-references.ts";
export { isSidecar, podLimits, podRequests, type PodResourcesOptions, type ResourceList } from "./pod-requests.ts";
export { podSecretNames } from "./pod-secret-names.ts";
export {
  availableInMs,
  isPodActive,
  isPodAvailable,
  isPodReady,
  isPodTerminal,
  isPodTerminating,
  podCondition,
} from "./pod-state.ts";
export { qosClassOf, type QosClass } from "./qos-class.ts";
export { scaledValue } from "./scaled-value.ts";
export { selectorOf } from "./selector-of.ts";
export { sameTaint, toleratesTaint, untoleratedTaint } from "./taints.ts";
export { objectHash, podTemplateHash } from "./template-hash.ts";
