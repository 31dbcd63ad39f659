// SPDX-License-Identifier: Apache-2.0

import type { Clock } from "../../base/index.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../admission-plugin.ts";
import type { Admission } from "../registry/index.ts";
import { Histogram, type HistogramSeries, type Metric } from "./metric.ts";

const SECOND_MS = 1000;
const DURATIONS = [0.005, 0.025, 0.1, 0.5, 1, 2.5] as const;

type Step = "admit" | "validate";
type Check = (attributes: AdmissionAttributes) => Promise<void> | void;

/** How long admission took: each plug-in, and each of the two steps as a whole. */
export class AdmissionMetrics {
  readonly metrics: readonly Metric[];
  readonly #clock: Clock;
  readonly #plugins = new Histogram(
    {
      name: "apiserver_admission_controller_admission_duration_seconds",
      help: "How long each admission plug-in took, by operation and step.",
      labels: ["name", "operation", "rejected", "type"],
    },
    DURATIONS,
  );
  readonly #steps = new Histogram(
    {
      name: "apiserver_admission_step_admission_duration_seconds",
      help: "How long each step of admission took as a whole, by operation.",
      labels: ["operation", "rejected", "type"],
    },
    DURATIONS,
  );

  constructor(clock: Clock) {
    this.#clock = clock;
    this.metrics = [this.#plugins, this.#steps];
  }

  /** The same plug-in, timed. */
  plugin(plugin: AdmissionPlugin): AdmissionPlugin {
    const timed = (step: Step): Check | undefined => {
      if (!plugin[step]) return undefined;
      const check: Check = (attributes) => plugin[step]!(attributes);
      return this.#timed(check, this.#plugins, (operation, rejected) => [plugin.name, operation, rejected, step]);
    };
    const [admit, validate] = [timed("admit"), timed("validate")];
    return {
      name: plugin.name,
      handles: (attributes) => plugin.handles(attributes),
      ...(admit ? { admit } : {}),
      ...(validate ? { validate } : {}),
    };
  }

  /** The same chain, timed. */
  chain({ mutate, validate }: Admission): Admission {
    return {
      mutate: this.#timed(mutate, this.#steps, (operation, rejected) => [operation, rejected, "admit"]),
      validate: this.#timed(validate, this.#steps, (operation, rejected) => [operation, rejected, "validate"]),
    };
  }

  /** Series are found by the operation: a write must not build keys for each of its plug-ins. */
  #timed(
    check: Check,
    histogram: Histogram,
    labels: (operation: string, rejected: string) => readonly string[],
  ): Check {
    const passed = new Map<string, HistogramSeries>();
    const note = (operation: string, startMs: number, rejected: boolean): void => {
      let series = rejected ? undefined : passed.get(operation);
      if (!series) {
        series = histogram.series(labels(operation, String(rejected)));
        if (!rejected) passed.set(operation, series);
      }
      histogram.observe(series, (this.#clock.monotonicMs() - startMs) / SECOND_MS);
    };
    return (attributes) => {
      const startMs = this.#clock.monotonicMs();
      const { operation } = attributes;
      let pending: Promise<void> | void;
      try {
        pending = check(attributes);
      } catch (error) {
        note(operation, startMs, true);
        throw error;
      }
      if (!pending) return note(operation, startMs, false);
      return pending.then(
        () => note(operation, startMs, false),
        (error: unknown) => {
          note(operation, startMs, true);
          throw error;
        },
      );
    };
  }
}
