// SPDX-License-Identifier: Apache-2.0
// npm run bench: measures what performance is promised, and prints it beside goals and floors.

import { runBench } from "./harness/run-bench.ts";

process.exitCode = await runBench(process.argv.slice(2));
