// SPDX-License-Identifier: Apache-2.0

import { fieldError as field } from "../../apimachinery/index.ts";
import { checkNonNegative, type Errors } from "../validation/checks.ts";

/** The counts in the status of a ReplicaSet or a ReplicationController. */
export interface ReplicaCounts {
  readonly replicas?: number;
  readonly fullyLabeledReplicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly observedGeneration?: number;
  readonly terminatingReplicas?: number;
}

const TOO_MANY = "cannot be greater than status.replicas";
const COUNTS = ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"] as const;

/** Counts are not negative, and none is above the count of all replicas. */
export function validateReplicaCounts(status: ReplicaCounts = {}): Errors {
  const errors: Errors = [];
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0 } = status;
  for (const name of ["replicas", ...COUNTS, "observedGeneration", "terminatingReplicas"] as const)
    checkNonNegative(status[name], `status.${name}`, errors);
  for (const name of COUNTS) {
    const count = status[name] ?? 0;
    if (count > replicas) errors.push(field.invalid(`status.${name}`, count, TOO_MANY));
  }
  if (availableReplicas > readyReplicas)
    errors.push(field.invalid("status.availableReplicas", availableReplicas, "cannot be greater than readyReplicas"));
  return errors;
}
