// SPDX-License-Identifier: Apache-2.0

import { parseArgs } from "node:util";

export interface BenchOptions {
  /** Ids of measures; all unless given. */
  readonly only: readonly string[];
  readonly scale: number;
  readonly connections: number;
  readonly save: boolean;
  readonly profiles?: string;
  readonly help: boolean;
  /** Another cluster under the same load. */
  readonly against?: { readonly kubeconfig: string; readonly pids: readonly number[] };
}

export const USAGE = `npm run bench [-- OPTIONS] [P1 P1r P3 P4 P5 P10 P11 kinds]

  --scale NUMBER          sizes, as a share of what the goals speak of (default 1)
  --connections NUMBER    connections over which the 64 clients are spread (default 8)
  --against KUBECONFIG    puts the same load on another cluster, and prints the ratios
  --pids 1,2,3            the processes of that cluster whose time and memory count
  --profile FOLDER        leaves a processor profile of each measure there
  --save                  keeps the figures in bench/results/
`;

const positive = (text: string, name: string): number => {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0, not "${text}"`);
  return value;
};

/** Reads the command line of the benchmark. */
export function benchOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      scale: { type: "string", default: "1" },
      connections: { type: "string", default: "8" },
      save: { type: "boolean", default: false },
      help: { type: "boolean", default: false, short: "h" },
      profile: { type: "string" },
      against: { type: "string" },
      pids: { type: "string" },
    },
  });
  const pids = (values.pids ?? "").split(",").filter(Boolean).map(Number);
  if (values.against && (pids.length === 0 || !pids.every(Number.isInteger)))
    throw new Error("--against needs --pids: whose processor time is it?");
  return {
    only: positionals,
    scale: positive(values.scale, "scale"),
    connections: positive(values.connections, "connections"),
    save: values.save,
    help: values.help,
    ...(values.profile ? { profiles: values.profile } : {}),
    ...(values.against ? { against: { kubeconfig: values.against, pids } } : {}),
  };
}
