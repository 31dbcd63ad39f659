// SPDX-License-Identifier: Apache-2.0

import { assert } from "../base/index.ts";
import type {
  BindPlugin,
  EventRegistration,
  FilterPlugin,
  PermitPlugin,
  Plugin,
  PostBindPlugin,
  PostFilterPlugin,
  PreBindPlugin,
  PreEnqueuePlugin,
  PreFilterPlugin,
  QueueSortPlugin,
  ReservePlugin,
  ScorePlugin,
} from "./framework.ts";

/** A plug-in and the weight of its scores. */
export interface EnabledPlugin {
  readonly plugin: Plugin;
  readonly weight?: number;
}

/** A scheduler name with its plug-ins, in order, by extension point. */
export class Profile {
  readonly schedulerName: string;
  readonly queueSort: QueueSortPlugin;
  readonly preEnqueue: readonly PreEnqueuePlugin[];
  readonly preFilter: readonly PreFilterPlugin[];
  readonly filter: readonly FilterPlugin[];
  readonly postFilter: readonly PostFilterPlugin[];
  readonly score: readonly { readonly plugin: ScorePlugin; readonly weight: number }[];
  readonly reserve: readonly ReservePlugin[];
  readonly permit: readonly PermitPlugin[];
  readonly preBind: readonly PreBindPlugin[];
  readonly bind: readonly BindPlugin[];
  readonly postBind: readonly PostBindPlugin[];
  readonly hints: ReadonlyMap<string, readonly EventRegistration[]>;
  /** 0: adaptive, as upstream's default. */
  readonly percentageOfNodesToScore: number;

  constructor(
    schedulerName: string,
    plugins: readonly EnabledPlugin[],
    options: { percentageOfNodesToScore?: number } = {},
  ) {
    const having = <T>(method: keyof Plugin): T[] =>
      plugins.filter(({ plugin }) => typeof plugin[method] === "function").map(({ plugin }) => plugin as unknown as T);
    this.schedulerName = schedulerName;
    const sorts = having<QueueSortPlugin>("less");
    assert(
      sorts.length === 1,
      `Profile ${schedulerName} needs exactly one queue sort plug-in, and has ${sorts.length}`,
    );
    this.queueSort = sorts[0]!;
    this.preEnqueue = having("preEnqueue");
    this.preFilter = having("preFilter");
    this.filter = having("filter");
    this.postFilter = having("postFilter");
    this.score = plugins
      .filter(({ plugin }) => typeof plugin.score === "function")
      .map(({ plugin, weight }) => ({ plugin: plugin as unknown as ScorePlugin, weight: weight ?? 1 }));
    this.reserve = having("reserve");
    this.permit = having("permit");
    this.preBind = having("preBind");
    this.bind = having("bind");
    this.postBind = having("postBind");
    this.hints = new Map(plugins.map(({ plugin }) => [plugin.name, plugin.events ?? []]));
    this.percentageOfNodesToScore = options.percentageOfNodesToScore ?? 0;
    const names = new Set(plugins.map(({ plugin }) => plugin.name));
    assert(names.size === plugins.length, `Profile ${schedulerName} names a plug-in twice`);
  }
}
