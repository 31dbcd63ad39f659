// SPDX-License-Identifier: Apache-2.0

import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { createMeasure } from "../measures/p1-create.ts";
import { getMeasure } from "../measures/p1r-get.ts";
import { listMeasure } from "../measures/p3-list.ts";
import { watchMeasure } from "../measures/p4-watch.ts";
import { schedulingMeasure } from "../measures/p5-scheduling.ts";
import { measureIdle } from "../measures/p11-idle.ts";
import { measureStart } from "../measures/p10-start.ts";
import { measureKinds } from "../measures/kinds.ts";
import { type BenchOptions, benchOptions, USAGE } from "./bench-options.ts";
import { KnarrTarget } from "./knarr-target.ts";
import { readKubeconfig } from "./kubeconfig.ts";
import type { Figure, Measure, MeasureOptions } from "./measure.ts";
import { saveResults } from "./results.ts";
import { comparison, figuresTable } from "./table.ts";
import type { Target } from "./target.ts";

const CLUSTER_MEASURES: readonly Measure[] = [createMeasure, getMeasure, listMeasure, watchMeasure, schedulingMeasure];
/** Measures that start clusters themselves. */
const OWN_MEASURES = [
  { id: "P10", title: "cold start", run: measureStart },
  { id: "kinds", title: "what more kinds cost", run: measureKinds },
  { id: "P11", title: "idle, one real node", run: measureIdle },
];
const ALL_IDS = [...CLUSTER_MEASURES, ...OWN_MEASURES].map((m) => m.id);

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

async function onKnarr(measure: Measure, options: MeasureOptions): Promise<Figure[]> {
  await using target = await KnarrTarget.start({ parts: measure.parts, inspect: options.profiles !== undefined });
  return await measure.run(target, options);
}

async function onOther(measure: Measure, options: MeasureOptions, against: BenchOptions["against"]): Promise<Figure[]> {
  const target: Target = {
    label: "other",
    access: readKubeconfig(against!.kubeconfig),
    pids: against!.pids,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const { profiles: _none, ...rest } = options;
  return await measure.run(target, rest);
}

/** Runs what the command line asks for; the exit code. */
export async function runBench(args: readonly string[]): Promise<number> {
  const bench = benchOptions(args);
  const unknown = bench.only.filter((id) => !ALL_IDS.includes(id));
  if (bench.help || unknown.length > 0) {
    process.stdout.write(unknown.length > 0 ? `There is no ${unknown.join(", ")}.\n\n${USAGE}` : USAGE);
    return unknown.length > 0 ? 2 : 0;
  }
  if (bench.profiles) mkdirSync(bench.profiles, { recursive: true });
  const options: MeasureOptions = {
    scale: bench.scale,
    connections: bench.connections,
    say: (text) => say(`  ${text}`),
    ...(bench.profiles ? { profiles: resolve(bench.profiles) } : {}),
  };
  const wanted = (id: string): boolean => bench.only.length === 0 || bench.only.includes(id);
  const ours: Figure[] = [];
  const theirs: Figure[] = [];
  for (const measure of CLUSTER_MEASURES) {
    if (!wanted(measure.id)) continue;
    say(`${measure.id}: ${measure.title}`);
    ours.push(...(await onKnarr(measure, options)));
    if (bench.against) theirs.push(...(await onOther(measure, options, bench.against)));
  }
  for (const measure of OWN_MEASURES) {
    if (!wanted(measure.id)) continue;
    say(`${measure.id}: ${measure.title}`);
    ours.push(...(await measure.run(options)));
  }
  process.stdout.write(`\n${figuresTable(ours)}\n`);
  if (theirs.length > 0) process.stdout.write(`\n${comparison(ours, theirs, ["knarr", "other"])}\n`);
  if (bench.save) say(`Saved in ${saveResults({ ours, theirs, scale: bench.scale, connections: bench.connections })}`);
  return 0;
}
