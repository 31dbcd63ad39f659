// SPDX-License-Identifier: Apache-2.0

import module from "node:module";
import { EXIT, Failure } from "./failure.ts";

// Compiled code is kept between runs, whoever starts this file; so everything else is imported after this line.
module.enableCompileCache();
const { program } = await import("./program.ts");

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
