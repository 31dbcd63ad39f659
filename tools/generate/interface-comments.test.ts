// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { interfaceTexts } from "./interface-comments.ts";

test("an interface's comment is its type's text, and those of its members are the fields' texts", () => {
  const declaration = `import { Model } from "m";
/**
 * Thing holds \\*all\\*.
 * @deprecated
 */
export interface IThing extends TypeMeta {
    "apiVersion": "v1";
    /**
     * One line.
     *
     *  - \`"A"\` first
     */
    "inner"?: {
        /**
         * not a field of its own
         */
        [key: string]: string;
    };
    /**
     * Refers to a type.
     */
    "spec": IOther;
}
/**
 * Another text.
 */
export declare class Thing extends Model<IThing> {
    "spec": IOther;
}`;
  assert.deepEqual(interfaceTexts(declaration), {
    own: "Thing holds *all*.",
    fields: { inner: 'One line.\n\n - `"A"` first', spec: "Refers to a type." },
  });
});

test("a type that is one value has a text of its own only", () => {
  assert.deepEqual(interfaceTexts("/**\n * A time.\n */\nexport type ITime = string;"), { own: "A time.", fields: {} });
  assert.equal(interfaceTexts('export * from "./other.js";'), undefined);
});
