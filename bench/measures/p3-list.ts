// SPDX-License-Identifier: Apache-2.0

import { runLoad } from "../load/load-runner.ts";
import type { RequestsTask } from "../load/load-task.ts";
import { type Figure, type Measure, type MeasureOptions, observe, scaled } from "../harness/measure.ts";
import { createPods, makeNamespace, podsPath, removeNamespace } from "../harness/objects.ts";
import type { Target } from "../harness/target.ts";

const NAMESPACE = "bench-p3";
const PODS = 30_000;
const LISTS = 6;

const FORMS = [
  { name: "JSON", accept: "application/json" },
  { name: "protobuf", accept: "application/vnd.kubernetes.protobuf" },
] as const;

async function measureForm(
  target: Target,
  options: MeasureOptions,
  form: (typeof FORMS)[number],
  count: number,
): Promise<Figure> {
  const list: RequestsTask = {
    type: "requests",
    method: "GET",
    path: podsPath(NAMESPACE),
    headers: { accept: form.accept },
    count: LISTS,
    clients: 1,
    connections: 1,
  };
  // The first list of a form may make what later ones share: it is measured too, as one of the seven that clients do.
  const profile = `p3-list-${form.name.toLowerCase()}`;
  const first = await observe(target, { ...list, count: 1 }, { ...options, profile: `${profile}-first` });
  const seen = await observe(target, list, { ...options, profile });
  const objects = count * LISTS;
  options.say(
    `${form.name}: ${(seen.bytes / LISTS / 1e6).toFixed(1)} MB a list; the first cost ${(first.serverMicros / count).toFixed(1)} µs an object and ${(first.extraBytes / 2 ** 20).toFixed(0)} MB`,
  );
  return {
    id: `P3 ${form.name}`,
    what: `LIST of ${count.toLocaleString("en")} pods`,
    value: objects / seen.seconds,
    unit: " objects/s",
    serverMicros: (seen.serverMicros * seen.count) / objects,
    clientMicros: seen.cpuMicros / objects,
    p50Ms: seen.p50Ms,
    p99Ms: seen.p99Ms,
    memoryBytes: Math.max(seen.extraBytes, first.extraBytes),
    memoryOf: "extra",
  };
}

/** P3: LIST of many pods, in JSON and protobuf. */
export const listMeasure: Measure = {
  id: "P3",
  title: "LIST of 30,000 pods",
  parts: false,
  async run(target, options) {
    const count = scaled(PODS, options);
    await makeNamespace(target, NAMESPACE);
    await createPods(target, NAMESPACE, { ...options, count });
    await runLoad(target.access, {
      type: "requests",
      method: "GET",
      path: `${podsPath(NAMESPACE)}?limit=500`,
      count: 20,
      clients: 1,
      connections: 1,
    });
    const figures: Figure[] = [];
    for (const form of FORMS) figures.push(await measureForm(target, options, form, count));
    await removeNamespace(target, NAMESPACE);
    return figures;
  },
};
