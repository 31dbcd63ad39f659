// SPDX-License-Identifier: Apache-2.0

import { program } from "./program.ts";
import { EXIT, Failure } from "./failure.ts";

try {
  await program().parseAsync(process.argv);
} catch (error) {
  if (error instanceof Failure) {
    process.stderr.write(`knarr: ${error.message}\n`);
    process.exitCode = error.exitCode;
  } else {
    process.stderr.write(`knarr: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = EXIT.failed;
  }
}
