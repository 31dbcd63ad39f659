// SPDX-License-Identifier: Apache-2.0

import type { Clock } from "../../base/index.ts";
import type { Registry } from "../registry/index.ts";
import type { Filter, RequestInfo } from "../request-context.ts";
import { AccessMetrics } from "./access-metrics.ts";
import { AdmissionMetrics } from "./admission-metrics.ts";
import type { Metric } from "./metric.ts";
import { objectMetrics } from "./object-metrics.ts";
import { buildMetrics, processMetrics, type ProcessFigures } from "./process-metrics.ts";
import { RequestMetrics } from "./request-metrics.ts";

export interface ServerMetricsParts {
  readonly clock: Clock;
  /** Asked for when something is counted: the registry is made later. */
  readonly registry: () => Registry;
  readonly figures?: (() => ProcessFigures) | undefined;
}

/** Everything that this server counts, under upstream's names. */
export class ServerMetrics {
  readonly access: AccessMetrics;
  readonly admission: AdmissionMetrics;
  readonly #parts: ServerMetricsParts;
  readonly #requests: RequestMetrics;
  #metrics: readonly Metric[] | undefined;

  constructor(parts: ServerMetricsParts) {
    this.#parts = parts;
    this.access = new AccessMetrics(parts.clock);
    this.admission = new AdmissionMetrics(parts.clock);
    const isDeprecated = ({ group, version, resource }: RequestInfo): boolean =>
      parts.registry().kinds.find(group, version, resource)?.kind.deprecationWarning !== undefined;
    this.#requests = new RequestMetrics(parts.clock, isDeprecated);
  }

  /** Counts and times every request. */
  get filter(): Filter {
    return this.#requests.filter;
  }

  /** The text of /metrics. */
  text(): string {
    return `${this.#all()
      .flatMap((metric) => metric.lines())
      .join("\n")}\n`;
  }

  /** Begins to count anew. */
  reset(): void {
    for (const metric of this.#all()) metric.reset?.();
  }

  #all(): readonly Metric[] {
    const { registry, figures } = this.#parts;
    this.#metrics ??= [
      ...this.#requests.metrics,
      ...this.access.metrics,
      ...this.admission.metrics,
      ...objectMetrics(registry()),
      ...buildMetrics(),
      ...(figures ? processMetrics(figures) : []),
    ].sort((a, b) => (a.name < b.name ? -1 : 1));
    return this.#metrics;
  }
}
