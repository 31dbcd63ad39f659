// SPDX-License-Identifier: Apache-2.0

export { isInScopes, isTerminatingPod } from "./scopes.ts";
export { addUsage, countsTowards, growthOf, onlyNamed, quotaUsage, type CountedResource } from "./usage.ts";
