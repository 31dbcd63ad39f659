// SPDX-License-Identifier: Apache-2.0

import { formatTime, type DeepReadonly, type KubeObject } from "../../apimachinery/index.ts";
import type { APIService, EndpointSlice, Service, ServicePort } from "../../api/index.ts";
import type { Clock, Logger } from "../../base/index.ts";
import { DONE, type Outcome, type Reconciler, runReconciler, WorkQueue } from "../../client/index.ts";
import { apiServerUser } from "../authentication/user-names.ts";
import type { ResourceObserver, ResourceStore, ResourceStores } from "../resource-store.ts";

const GROUP = "apiregistration.k8s.io";
const SERVICE_NAME_LABEL = "kubernetes.io/service-name";
const AVAILABLE = "Available";

export interface ApiServiceAvailabilityParts {
  readonly stores: ResourceStores;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What the condition Available says. */
export interface Availability {
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
}

type Api = DeepReadonly<APIService>;
type Condition = NonNullable<NonNullable<APIService["status"]>["conditions"]>[number];

const LOCAL: Availability = {
  status: "True",
  reason: "Local",
  message: "Local APIServices are always available",
};

const isReady = (slice: DeepReadonly<EndpointSlice>): boolean =>
  (slice.endpoints ?? []).some(({ conditions }) => conditions?.ready ?? true);

/** Why nothing can be asked of the Service; undefined when it has endpoints, or is none of ours to look into. */
export function serviceMistake(
  reference: { readonly namespace: string; readonly name: string; readonly port: number },
  service: DeepReadonly<Service> | undefined,
  slices: readonly DeepReadonly<EndpointSlice>[],
): Availability | undefined {
  const { namespace, name, port } = reference;
  const told = `service/${name} in ${JSON.stringify(namespace)}`;
  const missing = (reason: string, message: string): Availability => ({ status: "False", reason, message });
  if (!service) return missing("ServiceNotFound", `${told} is not present`);
  if (service.spec?.type !== "ClusterIP") return undefined;
  const found = service.spec.ports?.find((candidate: DeepReadonly<ServicePort>) => candidate.port === port);
  if (!found) return missing("ServicePortError", `${told} is not listening on port ${port}`);
  if (slices.length === 0) return missing("EndpointsNotFound", `cannot find endpointslices for ${told}`);
  const portName = found.name ?? "";
  const isServed = slices.some(
    (slice) =>
      isReady(slice) && slice.ports?.some((candidate) => (candidate.name ?? "") === portName && candidate.port),
  );
  if (isServed) return undefined;
  return missing(
    "MissingEndpoints",
    `endpointslices for ${told} have no addresses with port name ${JSON.stringify(portName)}`,
  );
}

/** Tells each API service whether what it refers to is there. */
export class ApiServiceAvailability implements Reconciler {
  readonly #parts: ApiServiceAvailabilityParts;
  readonly #queue: WorkQueue;
  /** NAMESPACE/NAME of a Service → API services that refer to it. */
  readonly #referring = new Map<string, Set<string>>();
  readonly #stops: (() => void)[] = [];

  constructor(parts: ApiServiceAvailabilityParts) {
    this.#parts = parts;
    this.#queue = new WorkQueue({ clock: parts.clock });
  }

  async run({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const store = this.#apiServices;
    if (!store) return;
    this.#stops.push(this.#followApiServices(store));
    const { log } = this.#parts;
    try {
      await runReconciler({
        name: "API service availability",
        queue: this.#queue,
        reconciler: this,
        workers: 1,
        log,
        signal,
      });
    } finally {
      for (const stop of this.#stops.splice(0)) stop();
    }
  }

  async reconcile(name: string, { signal }: { readonly signal: AbortSignal }): Promise<Outcome> {
    const apiService = this.#apiServices?.peek("", name) as Api | undefined;
    if (!apiService) return DONE;
    const wanted = await this.#availabilityOf(apiService);
    const present = apiService.status?.conditions?.find(({ type }) => type === AVAILABLE);
    const isSame =
      present?.status === wanted.status && present.reason === wanted.reason && present.message === wanted.message;
    if (!isSame) await this.#write(name, wanted, signal);
    return DONE;
  }

  get #apiServices(): ResourceStore | undefined {
    return this.#parts.stores.find(GROUP, "apiservices");
  }

  #followApiServices(store: ResourceStore): () => void {
    return store.observe({
      onChange: (entry, old) => {
        const { name } = (entry ?? old)!;
        if (old) this.#forget(name, old.object as Api);
        if (!entry) return;
        this.#remember(name, entry.object as Api);
        this.#queue.add(name);
      },
    });
  }

  #remember(name: string, { spec }: Api): void {
    if (!spec?.service) return;
    const key = `${spec.service.namespace}/${spec.service.name}`;
    const names = this.#referring.get(key);
    if (names) names.add(name);
    else this.#referring.set(key, new Set([name]));
    // Services and their endpoints concern nobody here until an API service refers to one.
    if (this.#stops.length <= 1) this.#followServices();
  }

  #forget(name: string, { spec }: Api): void {
    if (!spec?.service) return;
    const key = `${spec.service.namespace}/${spec.service.name}`;
    const names = this.#referring.get(key);
    names?.delete(name);
    if (names?.size === 0) this.#referring.delete(key);
  }

  #followServices(): void {
    const follow = (group: string, resource: string, serviceOf: (name: string, object: () => KubeObject) => string) => {
      const observer: ResourceObserver = {
        onChange: (entry, old) => {
          const changed = (entry ?? old)!;
          const service = serviceOf(changed.name, () => changed.object as KubeObject);
          for (const name of this.#referring.get(`${changed.namespace}/${service}`) ?? []) this.#queue.add(name);
        },
      };
      const stop = this.#parts.stores.find(group, resource)?.observe(observer);
      if (stop) this.#stops.push(stop);
    };
    follow("", "services", (name) => name);
    follow("discovery.k8s.io", "endpointslices", (_, object) => object().metadata.labels?.[SERVICE_NAME_LABEL] ?? "");
  }

  async #availabilityOf({ metadata, spec }: Api): Promise<Availability> {
    if (!spec?.service) return LOCAL;
    const { namespace = "", name = "", port = 0 } = spec.service;
    const service = this.#parts.stores.find("", "services")?.peek(namespace, name) as DeepReadonly<Service> | undefined;
    const mistake = serviceMistake({ namespace, name, port }, service, await this.#slicesOf(namespace, name));
    if (mistake) return mistake;
    const path = metadata.name === "v1." ? `/api/${spec.version}` : `/apis/${spec.group}/${spec.version}`;
    const url = `https://${service?.spec?.clusterIP}:${port}${path}`;
    return {
      status: "False",
      reason: "FailedDiscoveryCheck",
      message: `failing or missing response from ${url}: this API server does not pass requests on to others`,
    };
  }

  async #slicesOf(namespace: string, service: string): Promise<DeepReadonly<EndpointSlice>[]> {
    const list = await this.#parts.stores.find("discovery.k8s.io", "endpointslices")?.list(namespace);
    return ((list?.items ?? []) as DeepReadonly<EndpointSlice>[]).filter(
      ({ metadata }) => metadata.labels?.[SERVICE_NAME_LABEL] === service,
    );
  }

  async #write(name: string, wanted: Availability, signal: AbortSignal): Promise<void> {
    const now = formatTime(this.#parts.clock.nowMs());
    await this.#apiServices?.update(
      "",
      name,
      (object) => {
        const apiService = object as APIService;
        const conditions: Condition[] = [...(apiService.status?.conditions ?? [])];
        const at = conditions.findIndex(({ type }) => type === AVAILABLE);
        const present = conditions[at];
        const { status, reason, message } = wanted;
        const lastTransitionTime = present?.status === status ? present.lastTransitionTime : now;
        const condition: Condition = { type: AVAILABLE, status, lastTransitionTime, reason, message };
        if (at < 0) conditions.push(condition);
        else conditions[at] = condition;
        apiService.status = { ...apiService.status, conditions };
        return object;
      },
      { user: apiServerUser, userAgent: "kube-apiserver", warnings: [], signal, subresource: "status" },
    );
  }
}
