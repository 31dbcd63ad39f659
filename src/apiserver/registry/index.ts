// SPDX-License-Identifier: Apache-2.0

export { openAdmission, type Admission } from "./admission.ts";
export { checkPreconditions, validateDeleteOptions } from "./deletion.ts";
export { GenericResourceStore } from "./generic-resource-store.ts";
export { KindRegistry, type KindRegistration } from "./kind-registry.ts";
export type { KindStorage } from "./kind-storage.ts";
export { namespaceMismatch } from "./object-creator.ts";
export type { DeleteResult } from "./object-deleter.ts";
export type { UpdatedObject, UpdateRequest, UpdateResult } from "./object-updater.ts";
export { missingObject } from "./missing-object.ts";
export { Registry, type RegistryOptions } from "./registry.ts";
export { storagePrefix } from "./storage-path.ts";
export { apiVersionOf, encodeText, kindPrefix } from "./stored-object.ts";
export { addWarning, managerOf, nowText, resetFieldsOf } from "./write-parts.ts";
