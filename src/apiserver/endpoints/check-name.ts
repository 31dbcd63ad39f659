// SPDX-License-Identifier: Apache-2.0

import { badRequest, type KubeObject } from "../../apimachinery/index.ts";
import { namespaceMismatch } from "../registry/index.ts";

/** 400 when an object is not the one that the path names. */
export function checkName(object: KubeObject, name: string, namespace: string): void {
  const { metadata } = object;
  if (namespace !== "" && metadata.namespace && metadata.namespace !== namespace) throw namespaceMismatch();
  if (!metadata.name) {
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  }
  if (metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
}
