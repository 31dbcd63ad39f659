// SPDX-License-Identifier: Apache-2.0

import module from "node:module";
import { setTimeout } from "node:timers";
import { EXIT, Failure } from "./failure.ts";

// Compiled code is kept between runs, whoever starts this file; so everything else is imported after this line.
module.enableCompileCache();
const { program } = await import("./program.ts");

/** A command that is over ends, whatever it left open: connections kept for later, a half-made start. */
const LINGER_MS = 1_000;

// Whoever reads the output may have seen enough (`knarr up | head -1`): that is no failure, and a cluster goes on.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

/** What most tools answer to `--version`, the command answers here. */
const [first, ...others] = process.argv.slice(2);
const words = first === "--version" ? ["version", ...others] : process.argv.slice(2);

try {
  await program().parseAsync(words, { from: "user" });
} catch (error) {
  if (error instanceof Failure) {
    process.stderr.write(`knarr: ${error.message}\n`);
    process.exitCode = error.exitCode;
  } else {
    process.stderr.write(`knarr: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = EXIT.failed;
  }
}
setTimeout(() => process.exit(), LINGER_MS).unref();
