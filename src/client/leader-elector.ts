// SPDX-License-Identifier: Apache-2.0

import { formatMicroTime, isAlreadyExists, isConflict, isNotFound, parseTime } from "../apimachinery/index.ts";
import type { Lease, LeaseSpec } from "../api/index.ts";
import { TaskGroup, type Clock, type Logger, type Random } from "../base/index.ts";
import type { Client } from "./client.ts";
import type { ResourceClient } from "./resource-client.ts";
import type { Stored } from "./resource-reference.ts";
import { LEASES } from "./resources.ts";

export interface LeaderElectorOptions {
  readonly client: Client;
  readonly namespace: string;
  /** Of the lease: `kube-controller-manager`. */
  readonly name: string;
  /** Tells the candidates apart: host name and a uid. */
  readonly identity: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Others wait this long after the last renewal that they saw. */
  readonly leaseDurationMs?: number;
  /** The leader gives up when it could not renew for this long. */
  readonly renewDeadlineMs?: number;
  readonly retryPeriodMs?: number;
  /** Called with a sentence when this candidate becomes leader or stops being it. */
  readonly onTransition?: (message: string, lease: Stored<Lease>) => void;
}

const RETRY_JITTER = 1.2;

/** What was last seen of the lease, and when by our own clock: clocks of candidates are never compared. */
interface Observed {
  readonly lease: Stored<Lease>;
  readonly atMs: number;
}

/** Lets one of several candidates act at a time, by a Lease that it renews. */
export class LeaderElector {
  readonly #options: Required<Omit<LeaderElectorOptions, "onTransition">> & Pick<LeaderElectorOptions, "onTransition">;
  readonly #leases: ResourceClient<Lease>;
  #observed: Observed | undefined;

  constructor(options: LeaderElectorOptions) {
    this.#options = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000, ...options };
    this.#leases = options.client.resource(LEASES).namespace(options.namespace);
  }

  /** Whether this candidate holds the lease, as far as it knows. */
  get isLeader(): boolean {
    const spec = this.#observed?.lease.spec;
    return spec?.holderIdentity === this.#options.identity && !this.#expired();
  }

  /**
   * Waits for the lease, runs the task while it is held, and gives it up at the end. Resolves when the lease was lost or
   * the task ended; rejects when the task failed. The task's signal is aborted on loss.
   */
  async run(task: (signal: AbortSignal) => Promise<void>, options: { readonly signal: AbortSignal }): Promise<void> {
    await this.#acquire(options.signal);
    this.#announce("became leader");
    await using group = new TaskGroup(options.signal);
    group.run(`leader of ${this.#options.name}`, async (signal) => {
      await task(signal);
      void group.stop(new Error("Leader's task ended"));
    });
    group.run(`lease ${this.#options.name}`, async (signal) => {
      await this.#renewUntilLost(signal);
      void group.stop(new Error("Lease was lost"));
    });
    try {
      await group.wait();
    } finally {
      await group.stop();
      await this.#release();
    }
  }

  async #acquire(signal: AbortSignal): Promise<void> {
    const { clock, random, retryPeriodMs } = this.#options;
    for (;;) {
      if (await this.#tryAcquireOrRenew(signal)) return;
      await clock.sleep(retryPeriodMs * (1 + random.next() * RETRY_JITTER), { signal });
    }
  }

  async #renewUntilLost(signal: AbortSignal): Promise<void> {
    const { clock, renewDeadlineMs, retryPeriodMs, log, name } = this.#options;
    let renewedMs = clock.monotonicMs();
    for (;;) {
      await clock.sleep(retryPeriodMs, { signal });
      if (await this.#renewWithin(renewedMs + renewDeadlineMs, signal)) renewedMs = clock.monotonicMs();
      else if (clock.monotonicMs() - renewedMs >= renewDeadlineMs) {
        this.#announce("stopped leading");
        log.error("Lease could not be renewed", { lease: name });
        return;
      }
    }
  }

  /** One attempt that ends at the deadline even when the server does not answer. */
  async #renewWithin(deadlineMs: number, signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#options;
    const late = new AbortController();
    const timer = clock.setTimer(Math.max(0, deadlineMs - clock.monotonicMs()), () =>
      late.abort(new Error("Renewal took too long")),
    );
    const onAbort = () => late.abort(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await this.#tryAcquireOrRenew(late.signal);
    } finally {
      timer.cancel();
      signal.removeEventListener("abort", onAbort);
    }
  }

  async #tryAcquireOrRenew(signal: AbortSignal): Promise<boolean> {
    try {
      if (this.isLeader && (await this.#renewObserved(signal))) return true;
      const current = await this.#read(signal);
      if (!current) return await this.#create(signal);
      this.#observe(current);
      if (!this.#mayTake(current)) return false;
      this.#observe(await this.#leases.update(this.#taken(current), { signal }));
      return true;
    } catch (error) {
      if (signal.aborted) signal.throwIfAborted();
      if (!isConflict(error) && !isAlreadyExists(error)) this.#logFailure(error);
      return false;
    }
  }

  /** The everyday case costs one request: write over what we wrote last. */
  async #renewObserved(signal: AbortSignal): Promise<boolean> {
    try {
      this.#observe(await this.#leases.update(this.#taken(this.#observed!.lease), { signal }));
      return true;
    } catch (error) {
      if (isConflict(error) || isNotFound(error)) return false;
      throw error;
    }
  }

  async #read(signal: AbortSignal): Promise<Stored<Lease> | undefined> {
    try {
      return await this.#leases.get(this.#options.name, { signal });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #create(signal: AbortSignal): Promise<boolean> {
    const { name, namespace } = this.#options;
    const now = formatMicroTime(this.#options.clock.nowMs());
    const lease: Lease = { metadata: { name, namespace }, spec: this.#spec(now, now, 0) };
    this.#observe(await this.#leases.create(lease, { signal }));
    return true;
  }

  #spec(acquireTime: string, renewTime: string, leaseTransitions: number): LeaseSpec {
    const leaseDurationSeconds = this.#options.leaseDurationMs / 1_000;
    return { holderIdentity: this.#options.identity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions };
  }

  #taken(current: Stored<Lease>): Lease {
    const now = formatMicroTime(this.#options.clock.nowMs());
    const { spec } = current;
    const mine = spec.holderIdentity === this.#options.identity;
    const transitions = (spec.leaseTransitions ?? 0) + (mine ? 0 : 1);
    return { ...current, spec: { ...spec, ...this.#spec(mine ? (spec.acquireTime ?? now) : now, now, transitions) } };
  }

  #observe(lease: Stored<Lease>): void {
    const seen = this.#observed?.lease;
    if (seen && seen.metadata.resourceVersion === lease.metadata.resourceVersion) return;
    this.#observed = { lease, atMs: this.#options.clock.monotonicMs() };
  }

  #mayTake(lease: Stored<Lease>): boolean {
    const holder = lease.spec.holderIdentity;
    return !holder || holder === this.#options.identity || this.#expired();
  }

  #expired(): boolean {
    if (!this.#observed) return true;
    const { lease, atMs } = this.#observed;
    const durationMs = (lease.spec.leaseDurationSeconds ?? 0) * 1_000;
    return this.#options.clock.monotonicMs() - atMs > durationMs;
  }

  /** Lets the next candidate in at once instead of after the lease's duration. */
  async #release(): Promise<void> {
    const observed = this.#observed;
    if (!observed || !this.isLeader) return;
    const { lease } = observed;
    const spec: LeaseSpec = {
      holderIdentity: "",
      leaseDurationSeconds: 1,
      acquireTime: lease.spec.acquireTime,
      renewTime: formatMicroTime(Math.max(this.#options.clock.nowMs(), parseTime(lease.spec.renewTime ?? "") ?? 0)),
      leaseTransitions: lease.spec.leaseTransitions,
    };
    this.#observed = undefined;
    const deadline = new AbortController();
    const timer = this.#options.clock.setTimer(this.#options.retryPeriodMs, () =>
      deadline.abort(new Error("Too late")),
    );
    try {
      await this.#leases.update({ ...lease, spec }, { signal: deadline.signal });
    } catch (error) {
      this.#logFailure(error);
    } finally {
      timer.cancel();
    }
  }

  #announce(what: string): void {
    const { identity, name, log, onTransition } = this.#options;
    log.info("Leadership changed", { lease: name, identity, what });
    if (this.#observed) onTransition?.(`${identity} ${what}`, this.#observed.lease);
  }

  #logFailure(error: unknown): void {
    this.#options.log.warn("Lease request failed", {
      lease: this.#options.name,
      error: error instanceof Error ? error.message : String(error),
    });
  }
}
