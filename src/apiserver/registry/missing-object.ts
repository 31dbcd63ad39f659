// SPDX-License-Identifier: Apache-2.0

import { badRequest, goQuote, type GroupResource, notFound, type StatusError } from "../../apimachinery/index.ts";

const NOT_ALLOWED = [".", ".."];
const NOT_INSIDE = ["/", "%"];

/** Of an object that is not there: 404, or 400 when nothing can have that name. */
export function missingObject(resource: GroupResource, name: string): StatusError {
  const why = [
    ...NOT_ALLOWED.filter((text) => name === text).map((text) => `may not be '${text}'`),
    ...NOT_INSIDE.filter((text) => name.includes(text)).map((text) => `may not contain '${text}'`),
  ];
  if (why.length === 0) return notFound(resource, name);
  return badRequest(`Name parameter invalid: ${goQuote(name)}: ${why.join(";")}`);
}
