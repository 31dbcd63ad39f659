// SPDX-License-Identifier: Apache-2.0

import { type Clock, type Logger, type Random, randomUid, TaskGroup } from "../base/index.ts";
import { type ApiServer, type ApiServerOptions, createApiServer } from "../apiserver/index.ts";
import { builtInKinds, DEFAULT_KUBERNETES_VERSION, schemaRegistry } from "../api/index.ts";
import { Client, createInProcessTransport, LeaderElector } from "../client/index.ts";
import { runControllers } from "../controllers/index.ts";
import { type ProfileOptions, runScheduler, type Scheduler } from "../scheduler/index.ts";
import type { Store } from "../store/index.ts";
import { CONTROLLER_MANAGER, controllerIdentity, type Identity, inProcessPeer, SCHEDULER } from "./identity.ts";

/** The Kubernetes version that is served; a second one will be a second folder of generated data. */
export const KUBERNETES_VERSION = DEFAULT_KUBERNETES_VERSION;
/** What /version says. */
export const SERVED_VERSION = "v1.35.4+knarr";
const ELECTION_NAMESPACE = "kube-system";
/** A part that failed starts again after this long. */
const RESTART_MS = 1_000;

export interface ControlPlaneOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly tokens: ApiServerOptions["tokens"];
  readonly serviceCidrs: readonly string[];
  readonly advertise: ApiServerOptions["advertise"];
  readonly clientCa?: string;
  readonly backends?: ApiServerOptions["backends"];
  readonly places?: ApiServerOptions["places"];
  /** The API server without scheduler and controllers. */
  readonly apiOnly?: boolean;
  /** Name of this machine, in leases and events. */
  readonly hostname: string;
  readonly schedulerProfiles?: readonly ProfileOptions[];
  onScheduler?(scheduler: Scheduler): void;
}

/** API server, scheduler and controllers of one cluster, in this thread. */
export class ControlPlane implements AsyncDisposable {
  readonly apiServer: ApiServer;
  readonly #options: ControlPlaneOptions;
  readonly #group = new TaskGroup();

  private constructor(options: ControlPlaneOptions) {
    this.#options = options;
    this.apiServer = createApiServer({
      ...options,
      kinds: builtInKinds(KUBERNETES_VERSION),
      schema: schemaRegistry(KUBERNETES_VERSION),
    });
  }

  /** Resolves when the API server is ready; the other parts start behind it. */
  static async start(options: ControlPlaneOptions, { signal }: { signal: AbortSignal }): Promise<ControlPlane> {
    const plane = new ControlPlane(options);
    await plane.apiServer.start({ signal });
    if (!options.apiOnly) plane.#startParts();
    return plane;
  }

  /** A client in this process; its requests pass the same chain as everybody's. */
  client(identity: Identity, userAgent: string): Client {
    const transport = createInProcessTransport(this.apiServer.handler, inProcessPeer(identity));
    return new Client({ transport, userAgent });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#group.stop(new Error("The control plane stops"));
    await this.apiServer.stop();
  }

  #startParts(): void {
    const { clock, random, log, hostname } = this.#options;
    this.#underLease("kube-scheduler", SCHEDULER, (signal) =>
      runScheduler(
        {
          client: this.client(SCHEDULER, "kube-scheduler"),
          clock,
          random,
          log: log.child({ part: "scheduler" }),
          identity: `default-scheduler-${hostname}`,
          ...(this.#options.schedulerProfiles ? { profiles: this.#options.schedulerProfiles } : {}),
          onScheduler: (scheduler) => this.#options.onScheduler?.(scheduler),
        },
        { signal },
      ),
    );
    this.#underLease("kube-controller-manager", CONTROLLER_MANAGER, (signal) =>
      runControllers(
        {
          clientFor: (name) => this.client(controllerIdentity(name), "kube-controller-manager"),
          clock,
          random,
          log: log.child({ part: "controllers" }),
          rootCa: this.#options.clientCa ?? "",
        },
        { signal },
      ),
    );
  }

  /** Runs a part while it holds its lease, and starts it again when it failed. */
  #underLease(name: string, identity: Identity, task: (signal: AbortSignal) => Promise<void>): void {
    const { clock, random, log, hostname } = this.#options;
    const elector = new LeaderElector({
      client: this.client(identity, name),
      namespace: ELECTION_NAMESPACE,
      name,
      identity: `${hostname}_${randomUid(random)}`,
      clock,
      random,
      log: log.child({ part: name }),
    });
    this.#group.run(name, async (signal) => {
      while (!signal.aborted) {
        try {
          await elector.run(task, { signal });
        } catch (error) {
          if (signal.aborted) return;
          log.error("Part failed and starts again", { part: name, error });
        }
        await clock.sleep(RESTART_MS, { signal });
      }
    });
  }
}
