// SPDX-License-Identifier: Apache-2.0

import { forbidden, StatusError } from "../../apimachinery/index.ts";
import type { UserInfo } from "../request-context.ts";
import type { Access } from "./authorizer.ts";

/** What was not allowed, in upstream's words, without the object. */
export function forbiddenSentence(user: UserInfo, access: Access): string {
  const who = `User ${JSON.stringify(user.name)} cannot ${access.verb}`;
  if (!access.isResourceRequest) return `${who} path ${JSON.stringify(access.path)}`;
  const resource = access.subresource ? `${access.resource}/${access.subresource}` : access.resource;
  const where = access.namespace ? `in the namespace ${JSON.stringify(access.namespace)}` : "at the cluster scope";
  return `${who} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(access.group)} ${where}`;
}

/** 403 for an access that no authorizer allowed. */
export function forbiddenAccess(user: UserInfo, access: Access, reason: string): StatusError {
  const sentence = forbiddenSentence(user, access);
  const message = reason ? `${sentence}: ${reason}` : sentence;
  if (access.isResourceRequest)
    return forbidden({ group: access.group, resource: access.resource }, access.name, message);
  return new StatusError({ message: `forbidden: ${message}`, reason: "Forbidden", details: {}, code: 403 });
}
