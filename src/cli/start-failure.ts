// SPDX-License-Identifier: Apache-2.0

import { Failure } from "./failure.ts";

interface SystemError extends Error {
  readonly code?: string;
  readonly path?: string;
  readonly port?: number;
  readonly syscall?: string;
}

/** What failed first: what failed while that was undone is wrapped around it. */
function cause(error: unknown): unknown {
  let first = error;
  while (first instanceof SuppressedError) first = first.suppressed;
  return first;
}

const mayNotBeWritten = (path: string): string =>
  `${path} may not be written; give another folder with --data-dir or KNARR_HOME, or be another user`;

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, path, port, message, syscall } = error as SystemError;
  if (code === "ENOTDIR") return `${path} cannot be made, since a part of that path is a file; give another folder`;
  // Making folders on a file system that may only be read fails of this.
  if (code === "ENOENT" && syscall === "mkdir") return mayNotBeWritten(path ?? message);
  switch (code) {
    case "EADDRINUSE":
      return `port ${port} is in use; give another one with --port, or none for the next that is free`;
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return mayNotBeWritten(path ?? message);
    case "ENOSPC":
      return "the disk is full; make room, or give a folder on another one with --data-dir";
    default:
      return message.split("\n")[0]!;
  }
}

/** One sentence about a cluster that did not start; the error itself is kept for the log. */
export function startFailure(name: string, error: unknown): Failure {
  const first = cause(error);
  if (first instanceof Failure) return first;
  const text = reason(first).replace(/\.$/, "");
  return new Failure(`Cluster "${name}" did not start: ${text}.`, { cause: error });
}
