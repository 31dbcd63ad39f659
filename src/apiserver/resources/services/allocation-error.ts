// SPDX-License-Identifier: Apache-2.0

/** Why an address or port could not be had, in upstream's words. */
export class AllocationError extends Error {
  override readonly name = "AllocationError";
}
