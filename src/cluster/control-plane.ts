// SPDX-License-Identifier: Apache-2.0

import { type Clock, type Logger, type Random, randomUid, TaskGroup } from "../base/index.ts";
import type { ApiServer, ApiServerOptions } from "../apiserver/index.ts";
import { Client, createInProcessTransport, LeaderElector } from "../client/index.ts";
import type { ProfileOptions, Scheduler } from "../scheduler/index.ts";
import type { Store } from "../store/index.ts";
import { CONTROLLER_MANAGER, controllerIdentity, type Identity, inProcessPeer, SCHEDULER } from "./identity.ts";

/** The Kubernetes version that is served; a second one will be a second folder of generated data. */
export const KUBERNETES_VERSION = "v1.35";
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
  readonly descriptions?: ApiServerOptions["descriptions"];
  readonly processFigures?: ApiServerOptions["processFigures"];
  /** The API server without scheduler and controllers. */
  readonly apiOnly?: boolean;
  /** Name of this machine, in leases and events. */
  readonly hostname: string;
  /**
   * Tells this control plane from others in leases, also after a restart; only for a store that nobody else can hold.
   * A new run then goes on at once where one that was killed held the leases, instead of waiting for them to expire.
   */
  readonly instance?: string;
  readonly schedulerProfiles?: readonly ProfileOptions[];
  onScheduler?(scheduler: Scheduler): void;
}

/** Code of the API server: a node's agent and most commands need none of it. */
interface ServerCode {
  readonly createApiServer: typeof import("../apiserver/index.ts").createApiServer;
  readonly api: typeof import("../api/index.ts");
}

let serverCode: ServerCode | undefined;

async function loadServer(): Promise<ServerCode> {
  const [{ createApiServer }, api] = await Promise.all([import("../apiserver/index.ts"), import("../api/index.ts")]);
  serverCode = { createApiServer, api };
  return serverCode;
}

/** Code of the parts behind the API server, loaded when that serves already. */
interface PartsCode {
  readonly runControllers: typeof import("../controllers/index.ts").runControllers;
  readonly runScheduler: typeof import("../scheduler/index.ts").runScheduler;
}

let partsCode: PartsCode | undefined;

async function loadParts(): Promise<PartsCode> {
  const [{ runControllers }, { runScheduler }] = await Promise.all([
    import("../controllers/index.ts"),
    import("../scheduler/index.ts"),
  ]);
  partsCode = { runControllers, runScheduler };
  return partsCode;
}

/** API server, scheduler and controllers of one cluster, in this thread. */
export class ControlPlane implements AsyncDisposable {
  readonly apiServer: ApiServer;
  readonly #options: ControlPlaneOptions;
  readonly #group = new TaskGroup();

  private constructor(options: ControlPlaneOptions, { createApiServer, api }: ServerCode) {
    this.#options = options;
    this.apiServer = createApiServer({
      ...options,
      kinds: api.builtInKinds(KUBERNETES_VERSION),
      schema: api.schemaRegistry(KUBERNETES_VERSION),
    });
  }

  /** Loads the API server's code ahead of start(). */
  static async preloadServer(): Promise<void> {
    await loadServer();
  }

  /** Loads all code ahead: under a virtual clock nothing may wait for the disk. */
  static async preload(): Promise<void> {
    await Promise.all([loadServer(), loadParts()]);
  }

  /** Resolves when the API server is ready; the other parts wait for startParts(). */
  static async start(options: ControlPlaneOptions, { signal }: { signal: AbortSignal }): Promise<ControlPlane> {
    const plane = new ControlPlane(options, serverCode ?? (await loadServer()));
    try {
      await plane.apiServer.start({ signal });
    } catch (error) {
      await plane[Symbol.asyncDispose]();
      throw error;
    }
    return plane;
  }

  /** Starts scheduler and controllers, unless the API server is all that is wanted. */
  startParts(): void {
    if (this.#options.apiOnly) return;
    if (partsCode) this.#run(partsCode);
    else this.#group.run("load parts", async () => this.#run(await loadParts()));
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

  #run({ runScheduler, runControllers }: PartsCode): void {
    const { clock, random, log, hostname, tokens } = this.#options;
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
          client: this.client(CONTROLLER_MANAGER, "kube-controller-manager"),
          clock,
          random,
          log: log.child({ part: "controllers" }),
          rootCa: this.#options.clientCa ?? "",
          signToken: (claims) => tokens.signer.sign(claims),
        },
        { signal },
      ),
    );
  }

  /** Runs a part while it holds its lease, and starts it again when it failed. */
  #underLease(name: string, identity: Identity, task: (signal: AbortSignal) => Promise<void>): void {
    const { clock, random, log, hostname, instance } = this.#options;
    const elector = new LeaderElector({
      client: this.client(identity, name),
      namespace: ELECTION_NAMESPACE,
      name,
      identity: `${hostname}_${instance ?? randomUid(random)}`,
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
