// SPDX-License-Identifier: Apache-2.0

import { Counter } from "../metrics/metric.ts";

/** How often each check passed and failed, and how it is now: what /metrics/slis prints. */
export class HealthMetrics {
  readonly #now = new Counter(
    {
      name: "kubernetes_healthcheck",
      help: "[STABLE] This metric records the result of a single healthcheck.",
      labels: ["name", "type"],
    },
    "gauge",
  );
  readonly #results = new Counter({
    name: "kubernetes_healthchecks_total",
    help: "[STABLE] This metric records the results of all healthcheck.",
    labels: ["name", "status", "type"],
  });

  /** Notes one result; `type` is the path's word: healthz, livez, readyz. */
  observe(name: string, type: string, passed: boolean): void {
    this.#now.series([name, type]).count = passed ? 1 : 0;
    this.#results.add([name, passed ? "success" : "error", type]);
  }

  text(): string {
    return `${[...this.#now.lines(), ...this.#results.lines()].join("\n")}\n`;
  }
}
