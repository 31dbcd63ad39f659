// SPDX-License-Identifier: Apache-2.0

import type { Clock } from "../../base/index.ts";
import type { ApiResponse } from "../../client/transport.ts";
import type { Filter, RequestContext, RequestInfo } from "../request-context.ts";
import { Counter, Histogram, type HistogramSeries, type Metric } from "./metric.ts";

const SECOND_MS = 1000;
/** Upper bounds in seconds, as upstream has them for requests. */
const DURATIONS = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
] as const;
const OBJECTIVE_DURATIONS = DURATIONS.filter((bound) => bound >= 0.05);
const ANSWER_BYTES = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9] as const;
/** From 50 kB on in equal steps: what nears the limit of a request is of interest. */
const BODY_BYTES = Array.from({ length: 31 }, (_, i) => 50_000 + i * 100_000);

const MUTATING: ReadonlySet<string> = new Set(["create", "update", "patch", "delete", "deletecollection"]);
const READS: ReadonlySet<string> = new Set(["GET", "LIST"]);
const MUTATING_KIND = ["mutating"];
const READ_KIND = ["readOnly"];
const COMPONENT = "apiserver";

/** Shapes that are remembered; unknown paths must not fill the memory. */
const MAX_SHAPES = 2000;

const LABELS = ["component", "group", "resource", "scope", "subresource", "verb", "version"] as const;
const WITH_DRY_RUN = ["component", "dry_run", "group", "resource", "scope", "subresource", "verb", "version"] as const;

const scopeOf = ({ name, namespace, verb }: RequestInfo): string =>
  name !== "" || verb === "create" ? "resource" : namespace !== "" ? "namespace" : "cluster";

const APPLY = "application/apply-patch";

/** Subresources behind which another server answers. */
const CONNECTED: ReadonlySet<string> = new Set(["attach", "exec", "portforward", "proxy"]);

/** Verbs as upstream reports them: by method, with reads, watches and applies told apart. */
function verbOf({ info, request }: RequestContext): string {
  if (!info.isResourceRequest) return request.method;
  if (info.verb === "list" || info.verb === "watch") return info.verb.toUpperCase();
  if (CONNECTED.has(info.subresource)) return "CONNECT";
  if (info.verb === "patch" && request.headers["content-type"]?.startsWith(APPLY)) return "APPLY";
  return request.method;
}

/** Paths beside the resources of which requests are counted, by the word that stands for them. */
function pathWord(path: string): { readonly component: string; readonly word: string } | undefined {
  if (path === "/healthz" || path === "/livez" || path === "/readyz") return { component: "", word: path };
  if (path === "/api" || path === "/apis") return { component: COMPONENT, word: path.slice(1) };
  if (path === "/openapi/v3") return { component: "", word: "openapi/v3" };
  return path.startsWith("/openapi/v3/") ? { component: "", word: "openapi/v3/" } : undefined;
}

/** Values of the labels, in the order of their names; undefined for what is not counted. */
function labelsOf(context: RequestContext): string[] | undefined {
  const { info } = context;
  const verb = verbOf(context);
  if (info.isResourceRequest) {
    return [COMPONENT, info.group, info.resource, scopeOf(info), info.subresource, verb, info.version];
  }
  const known = pathWord(info.path);
  return known && [known.component, "", "", "", known.word, verb, ""];
}

/** What is counted for requests of one shape: found by one lookup. */
interface RequestSeries {
  readonly labels: readonly string[];
  readonly dryRun: string;
  readonly duration: HistogramSeries;
  readonly objective: HistogramSeries;
  readonly answerBytes: HistogramSeries | undefined;
  readonly bodyBytes: HistogramSeries | undefined;
  readonly byStatus: Map<number, { count: number }>;
}

function dryRunOf({ info }: RequestContext): string {
  const stated = info.query.size > 0 ? info.query.get("dryRun") : undefined;
  return !stated ? "" : stated === "All" ? stated : "invalid";
}

function shapeOf(context: RequestContext): string {
  const { info } = context;
  if (!info.isResourceRequest) return `${context.request.method} ${info.path}`;
  const { group, version, resource, subresource } = info;
  const scope = scopeOf(info);
  return `${verbOf(context)} ${info.verb} ${group}/${version}/${resource}/${subresource} ${scope} ${dryRunOf(context)}`;
}

/** A write's verb as the sizes of bodies are told by it. */
const bodyVerb = (verb: string): string => (verb === "deletecollection" ? "delete_collection" : verb);

/** Counts, times and sizes of requests, under upstream's names. */
export class RequestMetrics {
  readonly metrics: readonly Metric[];
  readonly #clock: Clock;
  readonly #isDeprecated: (info: RequestInfo) => boolean;
  readonly #shapes = new Map<string, RequestSeries | undefined>();
  readonly #requests = new Counter({
    name: "apiserver_request_total",
    help: "Requests by verb, dry run, group, version, resource, scope, component and code of the answer.",
    labels: ["code", ...WITH_DRY_RUN],
  });
  readonly #durations = new Histogram(
    {
      name: "apiserver_request_duration_seconds",
      help: "How long answers took, by verb, dry run, group, version, resource, subresource, scope and component.",
      labels: WITH_DRY_RUN,
    },
    DURATIONS,
  );
  /** What is waited for outside the server does not count here; nothing is, as long as no webhook is called. */
  readonly #objective = new Histogram(
    {
      name: "apiserver_request_sli_duration_seconds",
      help: "[ALPHA] How long the server itself took to answer, without what it waited for outside.",
      labels: LABELS,
    },
    OBJECTIVE_DURATIONS,
  );
  readonly #answerBytes = new Histogram(
    {
      name: "apiserver_response_sizes",
      help: "How large answers to reads were, in bytes.",
      labels: LABELS,
    },
    ANSWER_BYTES,
  );
  readonly #bodyBytes = new Histogram(
    {
      name: "apiserver_request_body_size_bytes",
      help: "[ALPHA] How large the bodies of writes were, in bytes.",
      labels: ["group", "resource", "verb"],
    },
    BODY_BYTES,
  );
  readonly #inFlight = new Counter(
    {
      name: "apiserver_current_inflight_requests",
      help: "Requests that are being answered, by kind.",
      labels: ["request_kind"],
    },
    "gauge",
  );
  readonly #longRunning = new Counter(
    {
      name: "apiserver_longrunning_requests",
      help: "Watches and streams that are open, by verb, group, version, resource, scope and component.",
      labels: LABELS,
    },
    "gauge",
  );
  readonly #deprecated = new Counter(
    {
      name: "apiserver_requested_deprecated_apis",
      help: "Deprecated APIs that were asked for.",
      labels: ["group", "removed_release", "resource", "subresource", "version"],
    },
    "gauge",
  );

  constructor(clock: Clock, isDeprecated: (info: RequestInfo) => boolean) {
    this.#clock = clock;
    this.#isDeprecated = isDeprecated;
    for (const kind of [MUTATING_KIND, READ_KIND]) this.#inFlight.series(kind);
    this.metrics = [
      this.#requests,
      this.#durations,
      this.#objective,
      this.#answerBytes,
      this.#bodyBytes,
      this.#inFlight,
      this.#longRunning,
      this.#deprecated,
    ];
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

  #finish(context: RequestContext, response: ApiResponse, startMs: number): ApiResponse {
    const series = this.#seriesOf(context);
    if (!series) return response;
    let counted = series.byStatus.get(response.status);
    if (!counted) {
      const [component, ...rest] = series.labels;
      counted = this.#requests.series([String(response.status), component!, series.dryRun, ...rest]);
      series.byStatus.set(response.status, counted);
    }
    counted.count++;
    const { request } = context;
    if (series.bodyBytes && request.body) this.#bodyBytes.observe(series.bodyBytes, request.body.byteLength);
    const { body } = response;
    if (body.type === "stream") return this.#trackStream(series.labels, response, body);
    const seconds = (this.#clock.monotonicMs() - startMs) / SECOND_MS;
    this.#durations.observe(series.duration, seconds);
    this.#objective.observe(series.objective, seconds);
    if (series.answerBytes && body.type === "bytes")
      this.#answerBytes.observe(series.answerBytes, body.bytes.byteLength);
    return response;
  }

  #seriesOf(context: RequestContext): RequestSeries | undefined {
    const shape = shapeOf(context);
    const known = this.#shapes.get(shape);
    if (known || this.#shapes.has(shape)) return known;
    const labels = labelsOf(context);
    const series = labels && this.#newSeries(context, labels);
    if (this.#shapes.size < MAX_SHAPES) this.#shapes.set(shape, series);
    return series;
  }

  #newSeries(context: RequestContext, labels: readonly string[]): RequestSeries {
    const { info } = context;
    const [component, ...rest] = labels;
    const dryRun = dryRunOf(context);
    const { group, resource, verb } = info;
    if (info.isResourceRequest && this.#isDeprecated(info))
      this.#deprecated.series([group, "", resource, info.subresource, info.version]).count = 1;
    return {
      labels,
      dryRun,
      duration: this.#durations.series([component!, dryRun, ...rest]),
      objective: this.#objective.series(labels),
      answerBytes: READS.has(verbOf(context)) ? this.#answerBytes.series(labels) : undefined,
      bodyBytes: MUTATING.has(verb) ? this.#bodyBytes.series([group, resource, bodyVerb(verb)]) : undefined,
      byStatus: new Map(),
    };
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
}
