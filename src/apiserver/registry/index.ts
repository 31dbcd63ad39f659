// SPDX-License-Identifier: Apache-2.0

export { openAdmission, type Admission } from "./admission.ts";
export { KindRegistry, type KindRegistration } from "./kind-registry.ts";
