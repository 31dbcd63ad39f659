// SPDX-License-Identifier: Apache-2.0

export { applyJsonPatch, MAX_JSON_PATCH_OPERATIONS } from "./json-patch.ts";
export { applyMergePatch } from "./merge-patch.ts";
export { applyStrategicMergePatch } from "./strategic-merge-patch.ts";
