// SPDX-License-Identifier: Apache-2.0

import { StatusError } from "../status-error.ts";
import { goTypeName } from "./go-text.ts";

/** 422 as the API answers a patch that does not apply; what went wrong is kept as the cause, the original hides it. */
export const unprocessablePatch = (why: string): StatusError =>
  new StatusError(
    {
      message: "the server rejected our request due to an error in our request",
      reason: "Invalid",
      details: {},
      code: 422,
    },
    { cause: new Error(why) },
  );

/** An error without a reason: the original answers 500 with its text alone. */
export const plainServerError = (message: string): StatusError => new StatusError({ message, code: 500 });

/** A part of a strategic merge patch is of another type than the schema or the live object wants. */
export const badArgument = (expected: unknown, actual: unknown): StatusError =>
  plainServerError(`expected a ${goTypeName(expected)}, but received a ${goTypeName(actual)}`);
