// SPDX-License-Identifier: Apache-2.0

import { writeSync } from "node:fs";
import type { Failure } from "./failure.ts";
import { standardOutput } from "./output.ts";

/** What a cluster that is up tells. */
export interface ReadyMessage {
  readonly name: string;
  readonly context: string;
  readonly server: string;
  readonly kubeconfig: string;
  readonly nodes: number;
  readonly simulate: number;
}

/** How `up` tells its user where it is. */
export interface Report {
  step(text: string): void;
  remark(text: string): void;
  ready(message: ReadyMessage): void;
  /** Told to the command that started a detached cluster; a command of its own says it when it ends. */
  failure(failure: Failure): void;
}

/** Lines that a detached `up` sends to the command that started it, on a file descriptor of its own. */
export type ReportLine =
  | { readonly type: "step" | "remark"; readonly text: string }
  | { readonly type: "failure"; readonly text: string; readonly exitCode: number }
  | ({ readonly type: "ready" } & ReadyMessage);

/** Names the file descriptor for ReportLines in the environment. */
export const REPORT_FD = "KNARR_REPORT_FD";

export function openReport(options: { readonly output?: string }): Report {
  const fd = process.env[REPORT_FD];
  return fd === undefined ? terminalReport(options) : lineReport(Number(fd));
}

/** Progress on a terminal, or one JSON object at the end. */
export function terminalReport(options: { readonly output?: string }): Report {
  const json = options.output === "json";
  return {
    step: (text) => standardOutput.note(`${text} …`),
    remark: (text) => standardOutput.note(text),
    ready(message) {
      if (json) standardOutput.json(message);
      else for (const line of readyLines(message)) standardOutput.line(line);
    },
    failure: () => undefined,
  };
}

function readyLines(message: ReadyMessage): string[] {
  const name = message.name === "default" ? "" : ` --name ${message.name}`;
  return [
    `Cluster "${message.name}" is up at ${message.server}; kubectl uses it now (context ${message.context}).`,
    "",
    "  kubectl get nodes",
    "  kubectl create deployment web --image=IMAGE     (images: knarr image load ARCHIVE)",
    `  knarr status${name}`,
    `  knarr down${name}`,
  ];
}

/** The starter may be gone: then nobody listens, and that is no failure. */
function lineReport(fd: number): Report {
  const send = (line: ReportLine) => {
    try {
      writeSync(fd, `${JSON.stringify(line)}\n`);
    } catch {
      // Nobody listens any more.
    }
  };
  return {
    step: (text) => send({ type: "step", text }),
    remark: (text) => send({ type: "remark", text }),
    ready: (message) => send({ type: "ready", ...message }),
    failure: ({ message, exitCode }) => send({ type: "failure", text: message, exitCode }),
  };
}
