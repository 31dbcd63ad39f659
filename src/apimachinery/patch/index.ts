// SPDX-License-Identifier: Apache-2.0

export { ConversionError, convertUnstructured } from "./convert-unstructured.ts";
export { goNumberText, goText, goTypeName } from "./go-text.ts";
export { applyJsonPatch } from "./json-patch.ts";
export { plainServerError } from "./patch-error.ts";
export { MAX_JSON_PATCH_OPERATIONS } from "./json-patch-operation.ts";
export { applyMergePatch } from "./merge-patch.ts";
export { applyStrategicMergePatch, strategicPatchText } from "./strategic-merge-patch.ts";
