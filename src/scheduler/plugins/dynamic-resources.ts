// SPDX-License-Identifier: Apache-2.0

import type { CycleState, Diagnosis, Plugin, PostFilterResult } from "../framework.ts";
import type { PodInfo } from "../pod-info.ts";

const NAME = "DynamicResources";

/**
 * The place of dynamic resource allocation (KEP-4381). Pods without claims pass; a pod that fits nowhere has no claim to
 * give back, and the scheduler says so.
 */
export const dynamicResources = (): Plugin => ({
  name: NAME,
  preEnqueue(pod: PodInfo) {
    const waiting = (pod.pod.spec?.resourceClaims ?? []).find((claim) => !claimName(pod, claim));
    return waiting
      ? {
          code: "UnschedulableAndUnresolvable",
          reasons: [`waiting for resource claim of ${waiting.name} to be created`],
        }
      : undefined;
  },
  preFilter(state: CycleState, pod: PodInfo) {
    state.write(NAME, true);
    const claims = pod.pod.spec?.resourceClaims ?? [];
    if (claims.length === 0) return "skip";
    const name = claimName(pod, claims[0]!) ?? claims[0]!.name;
    return {
      type: "refused",
      status: { code: "UnschedulableAndUnresolvable", reasons: [`resourceclaim "${name}" not found`] },
    };
  },
  postFilter(state: CycleState, _pod: PodInfo, _diagnosis: Diagnosis): PostFilterResult {
    if (!state.read<boolean | undefined>(NAME)) return { message: "not found", error: true };
    return { message: "no new claims to deallocate" };
  },
});

function claimName(
  pod: PodInfo,
  claim: { readonly name: string; readonly resourceClaimName?: string },
): string | undefined {
  if (claim.resourceClaimName) return claim.resourceClaimName;
  return pod.pod.status?.resourceClaimStatuses?.find((s) => s.name === claim.name)?.resourceClaimName;
}
