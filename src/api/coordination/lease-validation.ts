// SPDX-License-Identifier: Apache-2.0

import { fieldError as field } from "../../apimachinery/index.ts";
import type { Lease } from "../generated/v1.35/coordination-v1.ts";
import type { Errors } from "../validation/checks.ts";

/** What is wrong with a lease. */
export function validateLease({ spec = {} }: Lease): Errors {
  const errors: Errors = [];
  const { leaseDurationSeconds: seconds = 1, leaseTransitions: transitions = 0 } = spec;
  if (seconds <= 0) errors.push(field.invalid("spec.leaseDurationSeconds", seconds, "must be greater than 0"));
  if (transitions < 0)
    errors.push(field.invalid("spec.leaseTransitions", transitions, "must be greater than or equal to 0"));
  return errors;
}

/** Leases whose holder is elected by the server are off by default. */
export function dropDisabledLeaseFields(lease: Lease, old?: Lease): void {
  const { spec } = lease;
  if (!spec) return;
  if (old?.spec?.strategy === undefined) delete spec.strategy;
  if (old?.spec?.preferredHolder === undefined) delete spec.preferredHolder;
}
