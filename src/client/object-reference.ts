// SPDX-License-Identifier: Apache-2.0

import type { ObjectReference } from "../api/index.ts";
import type { CachedObject, ResourceReference } from "./resource-reference.ts";
import { apiVersionOf } from "./resource-reference.ts";

/** What an event says it is about. Objects in lists carry no kind, so the reference gives it. */
export const objectReferenceTo = (
  reference: Pick<ResourceReference, "group" | "version" | "kind">,
  object: CachedObject,
): ObjectReference => ({
  kind: reference.kind,
  namespace: object.metadata.namespace,
  name: object.metadata.name,
  uid: object.metadata.uid,
  apiVersion: apiVersionOf(reference),
  resourceVersion: object.metadata.resourceVersion,
});
