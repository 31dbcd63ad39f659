// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { EXIT, Failure } from "./failure.ts";
import { startFailure } from "./start-failure.ts";

const system = (code: string, more: object) =>
  Object.assign(new Error(`${code}: as the system says`), { code, ...more });

test("a failed start is told in one sentence that says what to do", () => {
  const inUse = startFailure("a", system("EADDRINUSE", { port: 6443 }));
  assert.equal(
    inUse.message,
    'Cluster "a" did not start: port 6443 is in use; give another one with --port, or none for the next that is free.',
  );
  assert.equal(inUse.exitCode, EXIT.failed);
  assert.match(startFailure("a", system("EACCES", { path: "/x" })).message, /: \/x may not be written; /);
  const made = { path: "/x", syscall: "mkdir" };
  assert.match(startFailure("a", system("ENOENT", made)).message, /: \/x may not be written; /);
  assert.match(startFailure("a", system("ENOTDIR", made)).message, /: \/x cannot be made, since a part of that path/);
  assert.equal(startFailure("a", new Error("it broke.\nand more")).message, 'Cluster "a" did not start: it broke.');
});

test("what failed first is told, whatever failed while it was undone", () => {
  const undone = new SuppressedError(new Error("second"), new Error("first"));
  assert.match(startFailure("a", undone).message, /: first\.$/);
  const usage = new Failure("Wrong.", { exitCode: EXIT.usage });
  assert.equal(startFailure("a", new SuppressedError(new Error("second"), usage)), usage);
});
