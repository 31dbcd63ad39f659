// SPDX-License-Identifier: Apache-2.0

import type { Clock, Logger, Random } from "../../base/index.ts";
import { Informer, PODS, type Client } from "../../client/index.ts";
import type { Pod as ApiPod } from "../../api/index.ts";
import type { Pod } from "../types.ts";

/** What a kubelet does with the pods of its node. */
export interface PodHandler {
  update(pod: Pod): void;
  remove(pod: Pod): void;
  /** All pods have been given once. */
  synced(): void;
}

/** Where the pods of one node come from. */
export interface PodSource {
  run(handler: PodHandler, signal: AbortSignal): Promise<void>;
}

/** Watches the pods that are bound to a node. */
export class InformerPodSource implements PodSource {
  readonly #informer: Informer<ApiPod>;

  constructor(options: {
    readonly client: Client;
    readonly nodeName: string;
    readonly clock: Clock;
    readonly random: Random;
    readonly log: Logger;
  }) {
    const { client, nodeName, clock, random, log } = options;
    this.#informer = new Informer<ApiPod>({
      client: client.resource(PODS),
      selection: { fieldSelector: `spec.nodeName=${nodeName}` },
      clock,
      random,
      log,
    });
  }

  async run(handler: PodHandler, signal: AbortSignal): Promise<void> {
    const stop = this.#informer.addHandler({
      added: (pod) => handler.update(pod as Pod),
      updated: (pod) => handler.update(pod as Pod),
      deleted: (pod) => handler.remove(pod as Pod),
    });
    const running = this.#informer.run(signal);
    try {
      await this.#informer.waitForSync({ signal });
      handler.synced();
      await running;
    } finally {
      stop();
      await running.catch(() => undefined);
    }
  }
}
