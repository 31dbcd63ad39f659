// SPDX-License-Identifier: Apache-2.0

import { StatusError, type GroupResource, type Status } from "../../apimachinery/index.ts";
import type { ApiResponse } from "../../client/transport.ts";

/** 404 for a resource or subresource that is not served. */
export const resourceNotFound = (): StatusError =>
  new StatusError({
    message: "the server could not find the requested resource",
    reason: "NotFound",
    details: {},
    code: 404,
  });

/** 405 for a verb that a path does not have. */
export const methodNotAllowed = (): StatusError =>
  new StatusError({
    message: "the server does not allow this method on the requested resource",
    reason: "MethodNotAllowed",
    details: {},
    code: 405,
  });

/** What upstream answers for a path of a group that it does not know. */
export const pageNotFound = (): ApiResponse => ({
  status: 404,
  headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
  body: { type: "bytes", bytes: Buffer.from("404 page not found\n") },
});

/** The Status of a deletion that was carried out. */
export const deletedStatus = (
  resource: GroupResource,
  name: string,
  uid: string | undefined,
): Omit<Status, "code"> => ({
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Success",
  details: { name, ...(resource.group ? { group: resource.group } : {}), kind: resource.resource, uid },
});
