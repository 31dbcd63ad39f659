// SPDX-License-Identifier: Apache-2.0

import type { EndpointSlice, Pod, Service } from "../../api/index.ts";
import { Backoff, type Clock, type Logger, type Random } from "../../base/index.ts";
import { keyOf, objectKey, type Cached, type Informer, type ObjectKey } from "../../client/index.ts";
import type { ConntrackPort, NftPort, StaleFlow } from "../ports.ts";
import type { ProxyNode } from "./endpoints.ts";
import type { NftSettings } from "./nft-base.ts";
import { NftRuleset } from "./nft-ruleset.ts";
import { rulesOfPod } from "./rules-of-pod.ts";
import { rulesOfService } from "./rules-of-service.ts";
import { NO_RULES, type ServiceRules } from "./service-rules.ts";
import { staleFlows, usesUdp } from "./stale-flows.ts";

/** What a Service proxy works on and with. */
export interface ServiceProxyOptions {
  readonly services: Informer<Service>;
  readonly slices: Informer<EndpointSlice>;
  /** The pods of this node, for their host ports. */
  readonly pods: Informer<Pod>;
  readonly node: ProxyNode;
  readonly settings: NftSettings;
  readonly nft: NftPort;
  readonly conntrack: ConntrackPort;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

const SERVICE_NAME_LABEL = "kubernetes.io/service-name";
const SLICES_BY_SERVICE = "proxy-slices-by-service";
const RETRY = { baseMs: 100, maxMs: 30_000, jitter: 0.2 };

/** Keeps a node's packet rules as the Services, their endpoints and the pods' host ports want them. */
export class ServiceProxy {
  readonly #options: ServiceProxyOptions;
  readonly #ruleset: NftRuleset;
  readonly #dirtyServices = new Set<ObjectKey>();
  readonly #dirtyPods = new Set<ObjectKey>();
  /** Rules of owners with UDP, as the kernel has them. */
  readonly #udpRules = new Map<string, ServiceRules>();
  #node: ProxyNode;
  #staleFlows: StaleFlow[] = [];
  #wake = Promise.withResolvers<void>();

  constructor(options: ServiceProxyOptions) {
    this.#options = options;
    this.#node = options.node;
    this.#ruleset = new NftRuleset(options.settings);
    options.slices.addIndex(SLICES_BY_SERVICE, (slice) => serviceKeyOf(slice) ?? []);
  }

  /** The node's zone changed: every Service may lead elsewhere. */
  nodeChanged(node: ProxyNode): void {
    this.#node = node;
    for (const service of this.#options.services.lister.list()) this.#dirtyServices.add(keyOf(service));
    this.#wake.resolve();
  }

  /** Runs until aborted. The rules that are there stay until all that is wanted is known, and after the end. */
  async run(signal: AbortSignal): Promise<void> {
    const { services, slices, pods, clock, random, log } = this.#options;
    const stops = this.#listen();
    try {
      await Promise.all([services, slices, pods].map((informer) => informer.waitForSync({ signal })));
      const backoff = new Backoff(RETRY, random);
      let isWhole = false;
      while (!signal.aborted) {
        try {
          await this.#sync(isWhole, signal);
          isWhole = true;
          backoff.reset();
          await this.#changed(signal);
        } catch (error) {
          if (signal.aborted) break;
          // What the kernel has now is not known for sure: the next try sends everything.
          isWhole = false;
          log.error("Service rules were not accepted", { error });
          await clock.sleep(backoff.nextMs(), { signal }).catch(() => undefined);
        }
      }
    } finally {
      for (const stop of stops) stop();
    }
  }

  #listen(): (() => void)[] {
    const { services, slices, pods } = this.#options;
    const mark = (set: Set<ObjectKey>, keys: readonly ObjectKey[]) => {
      for (const key of keys) set.add(key);
      if (keys.length > 0) this.#wake.resolve();
    };
    const service = (object: Cached<Service>) => mark(this.#dirtyServices, [keyOf(object)]);
    const slice = (object: Cached<EndpointSlice>) => mark(this.#dirtyServices, serviceKeyOf(object) ?? []);
    const pod = (object: Cached<Pod>) => mark(this.#dirtyPods, [keyOf(object)]);
    return [
      services.addHandler({ added: service, updated: service, deleted: service }),
      slices.addHandler({
        added: slice,
        updated(object, old) {
          slice(old);
          slice(object);
        },
        deleted: slice,
      }),
      pods.addHandler({ added: pod, updated: pod, deleted: pod }),
    ];
  }

  /** Resolves when there is something to do, or nothing more to be done. */
  async #changed(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const aborted = Promise.withResolvers<void>();
    const onAbort = () => aborted.resolve();
    signal.addEventListener("abort", onAbort, { once: true });
    await Promise.race([this.#wake.promise, aborted.promise]);
    signal.removeEventListener("abort", onAbort);
  }

  async #sync(isWhole: boolean, signal: AbortSignal): Promise<void> {
    const { nft, conntrack } = this.#options;
    this.#wake = Promise.withResolvers();
    this.#update();
    const text = isWhole ? this.#ruleset.takeChanges() : this.#ruleset.takeAll();
    if (text !== undefined) await nft.apply(text, { signal });
    const flows = this.#staleFlows;
    this.#staleFlows = [];
    if (flows.length > 0) await conntrack.forget(flows, { signal });
  }

  /** Computes the rules of all that changed. */
  #update(): void {
    const { services, slices, pods, settings } = this.#options;
    const { family } = settings;
    for (const key of this.#dirtyServices) {
      const service = services.lister.getByKey(key);
      const context = { node: this.#node, family };
      const ofService = () => slices.lister.byIndex(SLICES_BY_SERVICE, key);
      this.#replace(`service/${key}`, service ? rulesOfService(service, ofService(), context) : NO_RULES);
    }
    this.#dirtyServices.clear();
    for (const key of this.#dirtyPods) {
      const pod = pods.lister.getByKey(key);
      this.#replace(`pod/${key}`, pod ? rulesOfPod(pod, { family }) : NO_RULES);
    }
    this.#dirtyPods.clear();
  }

  #replace(owner: string, rules: ServiceRules): void {
    this.#ruleset.replace(owner, rules);
    const old = this.#udpRules.get(owner) ?? NO_RULES;
    if (usesUdp(rules)) this.#udpRules.set(owner, rules);
    else this.#udpRules.delete(owner);
    this.#staleFlows.push(...staleFlows(old, rules));
  }
}

function serviceKeyOf(slice: Cached<EndpointSlice>): ObjectKey[] | undefined {
  const name = slice.metadata.labels?.[SERVICE_NAME_LABEL];
  return name ? [objectKey(slice.metadata.namespace, name)] : undefined;
}
