// SPDX-License-Identifier: Apache-2.0

import type { AdmissionAttributes } from "../admission-plugin.ts";

/** The ordered chain of admission plug-ins, as the registry calls it; both steps throw a StatusError to refuse. */
export interface Admission {
  /** Runs the mutating plug-ins in order; answers synchronously where no plug-in had to wait. */
  mutate(attributes: AdmissionAttributes): Promise<void> | void;
  /** Runs the validating plug-ins on the final object. */
  validate(attributes: AdmissionAttributes): Promise<void> | void;
}

/** Lets everything pass; for tests. */
export const openAdmission: Admission = {
  mutate() {},
  validate() {},
};
