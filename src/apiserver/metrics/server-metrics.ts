// SPDX-License-Identifier: Apache-2.0

import type { Clock } from "../../base/index.ts";
import type { ApiResponse } from "../../client/transport.ts";
import type { Filter, RequestContext, RequestInfo } from "../request-context.ts";
import type { Registry } from "../registry/index.ts";
import { serverVersion } from "../server-version.ts";
import { Counter, Histogram, ReadGauge, type HistogramSeries, type Metric } from "./metric.ts";

const SECOND_MS = 1000;
/** Upper bounds in seconds, as upstream has them for requests. */
const DURATIONS = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
] as const;
const MUTATING = new Set(["create", "update", "patch", "delete", "deletecollection"]);

/** What the process costs; the platform knows. */
export interface ProcessFigures {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly startTimeSeconds: number;
}

const LABELS = ["verb", "group", "version", "resource", "subresource", "scope", "component"] as const;

const scopeOf = ({ isResourceRequest, name, namespace }: RequestInfo): string =>
  !isResourceRequest ? "" : name !== "" ? "resource" : namespace !== "" ? "namespace" : "cluster";

/** Verbs as upstream reports them: by method, with reads told apart. */
const verbOf = ({ info, request }: RequestContext): string => {
  if (!info.isResourceRequest) return request.method;
  if (info.verb === "list" || info.verb === "watch" || info.verb === "deletecollection") return info.verb.toUpperCase();
  return info.verb === "update" ? "PUT" : info.verb === "create" ? "POST" : request.method;
};

function requestLabels(context: RequestContext): string[] {
  const { info } = context;
  return [verbOf(context), info.group, info.version, info.resource, info.subresource, scopeOf(info), "apiserver"];
}

/** What is counted for requests of one shape: found by one lookup. */
interface RequestSeries {
  readonly labels: readonly string[];
  readonly duration: HistogramSeries;
  readonly byStatus: Map<number, { count: number }>;
}

/** Shapes that are remembered; unknown paths must not fill the memory. */
const MAX_SHAPES = 2000;

const shapeOf = ({ info, request }: RequestContext): string =>
  `${request.method} ${info.verb} ${info.group}/${info.version}/${info.resource}/${info.subresource} ${scopeOf(info)}`;

/** Everything that this server counts, under upstream's names. */
export class ServerMetrics {
  readonly #clock: Clock;
  readonly #shapes = new Map<string, RequestSeries>();
  readonly #metrics: Metric[] = [];
  readonly #requests = this.#add(
    new Counter({
      name: "apiserver_request_total",
      help: "Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.",
      labels: [...LABELS, "code"],
    }),
  );
  readonly #durations = this.#add(
    new Histogram(
      {
        name: "apiserver_request_duration_seconds",
        help: "Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.",
        labels: LABELS,
      },
      DURATIONS,
    ),
  );
  readonly #inFlight = this.#add(
    new Counter(
      {
        name: "apiserver_current_inflight_requests",
        help: "Maximal number of currently used inflight request limit of this apiserver per request kind in last second.",
        labels: ["request_kind"],
      },
      "gauge",
    ),
  );
  readonly #longRunning = this.#add(
    new Counter(
      {
        name: "apiserver_longrunning_requests",
        help: "Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.",
        labels: LABELS,
      },
      "gauge",
    ),
  );
  readonly #users = this.#add(
    new Counter({
      name: "authenticated_user_requests",
      help: "Counter of authenticated requests broken out by username.",
      labels: ["username"],
    }),
  );

  constructor(options: {
    readonly clock: Clock;
    readonly registry: Registry;
    readonly figures?: () => ProcessFigures;
  }) {
    this.#clock = options.clock;
    this.#addObjects(options.registry);
    this.#addBuild();
    if (options.figures) this.#addProcess(options.figures);
  }

  /** Counts and times every request. */
  readonly filter: Filter = {
    name: "metrics",
    handle: async (context, next) => {
      const startMs = this.#clock.monotonicMs();
      const kind = MUTATING.has(context.info.verb) ? MUTATING_KIND : READ_KIND;
      this.#inFlight.add(kind);
      try {
        const response = await next(context);
        return this.#finish(context, response, startMs);
      } finally {
        this.#inFlight.add(kind, -1);
      }
    },
  };

  /** The text of /metrics. */
  text(): string {
    return `${this.#metrics.flatMap((metric) => metric.lines()).join("\n")}\n`;
  }

  /** Begins to count anew. */
  reset(): void {
    for (const metric of this.#metrics) metric.reset?.();
  }

  #add<T extends Metric>(metric: T): T {
    this.#metrics.push(metric);
    return metric;
  }

  #finish(context: RequestContext, response: ApiResponse, startMs: number): ApiResponse {
    const series = this.#seriesOf(context);
    let counted = series.byStatus.get(response.status);
    if (!counted) {
      counted = this.#requests.series([...series.labels, String(response.status)]);
      series.byStatus.set(response.status, counted);
    }
    counted.count++;
    this.#countUser(context.user.name);
    if (response.body.type === "stream") return this.#trackStream(series.labels, response, response.body);
    this.#durations.observe(series.duration, (this.#clock.monotonicMs() - startMs) / SECOND_MS);
    return response;
  }

  #seriesOf(context: RequestContext): RequestSeries {
    const shape = shapeOf(context);
    let series = this.#shapes.get(shape);
    if (!series) {
      const labels = requestLabels(context);
      series = { labels, duration: this.#durations.series(labels), byStatus: new Map() };
      if (this.#shapes.size < MAX_SHAPES) this.#shapes.set(shape, series);
    }
    return series;
  }

  #countUser(name: string): void {
    this.#users.add([name.startsWith("system:") && !name.startsWith("system:serviceaccount:") ? name : "other"]);
  }

  #trackStream(
    labels: readonly string[],
    response: ApiResponse,
    body: Extract<ApiResponse["body"], { type: "stream" }>,
  ): ApiResponse {
    const start: typeof body.start = (sink) => {
      this.#longRunning.add(labels);
      sink.onClose(() => this.#longRunning.add(labels, -1));
      body.start(sink);
    };
    return { ...response, body: { type: "stream", start } };
  }

  #addObjects(registry: Registry): void {
    const help = "Number of stored objects at the time of last check split by kind.";
    const read = function* (): Iterable<readonly [string[], number]> {
      for (const { kind } of registry.kinds.all()) {
        const store = registry.findVersion(kind.group, kind.version, kind.resource);
        if (!store || kind.storage) continue;
        yield [[kind.group ? `${kind.resource}.${kind.group}` : kind.resource], store.storage.cache.size];
      }
    };
    this.#add(new ReadGauge({ name: "apiserver_storage_objects", help, labels: ["resource"] }, read));
    const byGroup = function* (): Iterable<readonly [string[], number]> {
      for (const [[name = ""], count] of read()) {
        const dot = name.indexOf(".");
        yield [dot < 0 ? ["", name] : [name.slice(dot + 1), name.slice(0, dot)], count];
      }
    };
    this.#add(new ReadGauge({ name: "apiserver_resource_objects", help, labels: ["group", "resource"] }, byGroup));
  }

  #addBuild(): void {
    const entries = [
      ["major", serverVersion.major],
      ["minor", serverVersion.minor],
      ["git_version", serverVersion.gitVersion],
      ["git_commit", serverVersion.gitCommit],
      ["git_tree_state", serverVersion.gitTreeState],
      ["build_date", serverVersion.buildDate],
      ["platform", serverVersion.platform],
    ] as const;
    const help =
      "A metric with a constant '1' value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.";
    const labels = entries.map(([name]) => name);
    this.#add(
      new ReadGauge({ name: "kubernetes_build_info", help, labels }, () => [[entries.map(([, value]) => value), 1]]),
    );
  }

  #addProcess(figures: () => ProcessFigures): void {
    const gauge = (name: string, help: string, read: (now: ProcessFigures) => number, type?: "counter"): void => {
      this.#add(new ReadGauge({ name, help }, () => [[[], read(figures())]], type));
    };
    gauge(
      "process_cpu_seconds_total",
      "Total user and system CPU time spent in seconds.",
      (f) => f.cpuSeconds,
      "counter",
    );
    gauge("process_resident_memory_bytes", "Resident memory size in bytes.", (f) => f.residentBytes);
    gauge(
      "process_start_time_seconds",
      "Start time of the process since unix epoch in seconds.",
      (f) => f.startTimeSeconds,
    );
  }
}

const MUTATING_KIND = ["mutating"];
const READ_KIND = ["readOnly"];
