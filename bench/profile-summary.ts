// SPDX-License-Identifier: Apache-2.0
// node bench/profile-summary.ts FILE.cpuprofile [LINES]: where a processor profile spent its time.

import { readFileSync } from "node:fs";

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const profile = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as Profile;
const lines = Number(process.argv[3] ?? 40);
const own = new Map<number, number>();
for (const [i, id] of profile.samples.entries()) own.set(id, (own.get(id) ?? 0) + (profile.timeDeltas[i] ?? 0));
const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
const shortUrl = (url: string): string => url.replace(/^.*\/(src|node_modules)\//, "");
const nameOf = ({ callFrame }: ProfileNode): string =>
  `${callFrame.functionName || "(anonymous)"} ${shortUrl(callFrame.url)}:${callFrame.lineNumber + 1}`;

const selfTime = new Map<string, number>();
const totalTime = new Map<string, number>();
const add = (map: Map<string, number>, key: string, by: number): void => {
  map.set(key, (map.get(key) ?? 0) + by);
};

/** Adds up a subtree; a function that calls itself counts once. */
function walk(node: ProfileNode, above: ReadonlySet<string>): number {
  const name = nameOf(node);
  const self = own.get(node.id) ?? 0;
  add(selfTime, name, self);
  const within = new Set(above).add(name);
  let total = self;
  for (const id of node.children ?? []) total += walk(nodes.get(id)!, within);
  if (!above.has(name)) add(totalTime, name, total);
  return total;
}

const all = walk(profile.nodes[0]!, new Set());
const busy = all - (selfTime.get("(idle) :0") ?? 0);
const show = (title: string, map: Map<string, number>): void => {
  console.log(`\n${title} (of ${(busy / 1000).toFixed(0)} ms busy, ${(all / 1000).toFixed(0)} ms in all)`);
  for (const [name, micros] of [...map].sort((a, b) => b[1] - a[1]).slice(0, lines))
    console.log(
      `${((micros / busy) * 100).toFixed(1).padStart(6)} %  ${(micros / 1000).toFixed(0).padStart(7)} ms  ${name}`,
    );
};
show("own time", selfTime);
show("with callees", totalTime);
