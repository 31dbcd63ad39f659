// SPDX-License-Identifier: Apache-2.0

import type { Node, Pod } from "../../api/index.ts";
import { isNotFound } from "../../apimachinery/index.ts";
import { NODES, PODS, type Client, type Informer } from "../../client/index.ts";
import { isPodTerminal } from "../../rules/index.ts";
import type { Controller, ControllerContext } from "../controller.ts";
import { deletePod, markDisrupted } from "../shared/disrupt-pod.ts";
import { messageOf } from "../shared/status-cause.ts";
import {
  orphanedGarbage,
  outOfServiceGarbage,
  terminatedGarbage,
  unscheduledGarbage,
  type PodGarbage,
} from "./decide.ts";

const NAME = "pod-garbage-collector";
const PERIOD_MS = 20_000;
/** A node that is missing may just not have been seen yet. */
const QUARANTINE_MS = 40_000;

type Options = { readonly signal: AbortSignal };

/** Removes pods that nobody else will remove, from time to time. */
class PodGarbageCollector {
  readonly #context: ControllerContext;
  readonly #client: Client;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  /** Missing nodes that pods name, and since when. */
  readonly #missing = new Map<string, number>();
  /** Whether anything changed since the last look: an idle cluster costs nothing. */
  #changed = true;

  constructor(context: ControllerContext, client: Client, pods: Informer<Pod>, nodes: Informer<Node>) {
    this.#context = context;
    this.#client = client;
    this.#pods = pods;
    this.#nodes = nodes;
    const note = (): void => {
      this.#changed = true;
    };
    pods.addHandler({ added: note, updated: note, deleted: note });
    nodes.addHandler({ added: note, updated: note, deleted: note });
  }

  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#context.clock.sleep(PERIOD_MS, { signal });
      if (!this.#changed && this.#missing.size === 0) continue;
      this.#changed = false;
      await this.#collect({ signal });
    }
  }

  async #collect(options: Options): Promise<void> {
    const pods = [...this.#pods.lister.list()];
    const gone = await this.#goneNodes(options);
    const garbage: PodGarbage[] = [
      ...terminatedGarbage(pods),
      ...outOfServiceGarbage(pods, (name) => this.#nodes.lister.get("", name)),
      ...(gone.size > 0 ? orphanedGarbage(pods, gone) : []),
      ...unscheduledGarbage(pods),
    ];
    for (const item of garbage) await this.#remove(item, options);
  }

  /** The missing nodes that were given time to appear, and that the server does not have either. */
  async #goneNodes({ signal }: Options): Promise<ReadonlySet<string>> {
    const nowMs = this.#context.clock.monotonicMs();
    this.#noticeMissing(nowMs);
    const gone = new Set<string>();
    for (const [name, sinceMs] of this.#missing) {
      if (nowMs - sinceMs < QUARANTINE_MS) continue;
      try {
        await this.#client.resource(NODES).get(name, { signal, form: "metadata" });
        this.#missing.delete(name);
      } catch (error) {
        signal.throwIfAborted();
        if (isNotFound(error)) gone.add(name);
      }
    }
    return gone;
  }

  #noticeMissing(nowMs: number): void {
    const named = new Set<string>();
    for (const { spec } of this.#pods.lister.list()) if (spec.nodeName) named.add(spec.nodeName);
    for (const name of this.#missing.keys()) {
      if (!named.has(name) || this.#nodes.lister.get("", name)) this.#missing.delete(name);
    }
    for (const name of named) {
      if (!this.#nodes.lister.get("", name) && !this.#missing.has(name)) this.#missing.set(name, nowMs);
    }
  }

  async #remove({ pod, disruption }: PodGarbage, { signal }: Options): Promise<void> {
    const { clock, log } = this.#context;
    try {
      const failed = !isPodTerminal(pod);
      await markDisrupted(this.#client, pod, disruption, { signal, nowMs: clock.nowMs(), failed });
      await deletePod(this.#client, pod, { signal, gracePeriodSeconds: 0 });
    } catch (error) {
      signal.throwIfAborted();
      if (!isNotFound(error)) log.warn("Pod garbage stays until the next look", { error: messageOf(error) });
    }
  }
}

/** Removes ended pods over the limit, pods of nodes that are gone, and pods that no kubelet lets go. */
export function createPodGarbageCollector(context: ControllerContext): Controller {
  const pods = context.informers.informer(PODS);
  const nodes = context.informers.informer(NODES);
  const collector = new PodGarbageCollector(context, context.clientFor(NAME), pods, nodes);
  return {
    name: "pod-garbage-collector-controller",
    async run(signal) {
      await Promise.all([pods.waitForSync({ signal }), nodes.waitForSync({ signal })]);
      await collector.run(signal);
    },
  };
}
