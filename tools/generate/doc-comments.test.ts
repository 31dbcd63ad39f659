// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { modelNames, modelTexts, parameterTexts } from "./doc-comments.ts";

test("a type goes by its version and name, or by its group too", () => {
  assert.deepEqual(modelNames("core.v1.Event"), ["CoreV1Event", "V1Event"]);
  assert.deepEqual(modelNames("resource.Quantity"), []);
});

test("fields are described by their names in JSON, in the words before the generator escaped them", () => {
  const declaration = `/** A licence. */
import { A } from './a.js';
/**
* Says \\"how\\" it ends: *_/ so.  A second paragraph.
*/
export declare class V1Thing {
    'plain'?: string;
    /**
    * Goes on &lt;here&gt;.
    */
    '_continue'?: string;
}`;
  const code = `V1Thing.attributeTypeMap = [
    { "name": "plain", "baseName": "plain", "type": "string" },
    { "name": "other", "baseName": "other", "type": "V1Other" },
    { "name": "_continue",
        "baseName": "continue",
        "type": "string" }];`;
  assert.deepEqual(modelTexts(declaration, code), {
    own: 'Says "how" it ends: */ so.\n\nA second paragraph.',
    fields: { continue: "Goes on <here>." },
    models: { other: "V1Other" },
  });
});

test("query parameters are described once, the manager of a patch in words of its own", () => {
  const of = (text: string, method: string, name: string) => `/**
     * ${text}
     * Defaults to: undefined
     * @type string
     * @memberof AppsV1Api${method}NamespacedDeployment
     */
    ${name}?: string;`;
  const text = [of("Who.", "create", "fieldManager"), of("Who patches.", "patch", "fieldManager")];
  assert.deepEqual(parameterTexts([...text, of("More.", "list", "_continue")].join("\n")), {
    fieldManager: "Who.",
    "patch:fieldManager": "Who patches.",
    continue: "More.",
  });
});

test("parameters of a subresource that has its own are kept apart", () => {
  const text = `/**
     * Which one.
     * Defaults to: undefined
     * @type string
     * @memberof CoreV1ApiconnectGetNamespacedPodExec
     */
    container?: string;`;
  assert.deepEqual(parameterTexts(text), { "PodExec:container": "Which one." });
});
