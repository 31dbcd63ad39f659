// SPDX-License-Identifier: Apache-2.0

import type { ReplicaSet } from "../generated/v1.35/apps-v1.ts";
import { validateReplicaCounts } from "../shared/replica-counts.ts";
import { checkSelectorChange, validateReplicated } from "../shared/workload-validation.ts";
import { checkNonNegative, type Errors } from "../validation/checks.ts";

/** What is wrong with a ReplicaSet. */
export function validateReplicaSet({ spec }: ReplicaSet): Errors {
  const errors: Errors = [];
  checkNonNegative(spec.replicas, "spec.replicas", errors);
  checkNonNegative(spec.minReadySeconds, "spec.minReadySeconds", errors);
  validateReplicated(spec.selector, spec.template ?? {}, errors);
  return errors;
}

/** The selector of a ReplicaSet stays. */
export function validateReplicaSetUpdate({ spec }: ReplicaSet, { spec: old }: ReplicaSet): Errors {
  const errors: Errors = [];
  checkSelectorChange(spec.selector, old.selector, errors);
  return errors;
}

/** What is wrong with the counts that a ReplicaSet reports. */
export const validateReplicaSetStatus = ({ status }: ReplicaSet): Errors => validateReplicaCounts(status);
