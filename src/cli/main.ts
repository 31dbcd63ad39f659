// SPDX-License-Identifier: Apache-2.0

import { AssertionError } from "../base/index.ts";
import { program } from "./program.ts";
import { EXIT, Failure } from "./failure.ts";

const isBug = (error: Error): boolean =>
  error instanceof AssertionError ||
  error instanceof TypeError ||
  error instanceof ReferenceError ||
  process.env["KNARR_LOG"] === "debug";

try {
  await program().parseAsync(process.argv);
} catch (error) {
  if (error instanceof Failure) {
    process.stderr.write(`knarr: ${error.message}\n`);
    process.exitCode = error.exitCode;
  } else {
    // A bug is told with its place; what the machine or the API refused, in its own words.
    const text = error instanceof Error ? (isBug(error) ? error.stack : error.message) : String(error);
    process.stderr.write(`knarr: ${text}\n`);
    process.exitCode = EXIT.failed;
  }
}
