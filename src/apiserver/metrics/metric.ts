// SPDX-License-Identifier: Apache-2.0

/** Values of a metric's labels, in the order of their names. */
export type LabelValues = readonly string[];

const escaped = (value: string): string =>
  value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

function labelText(names: readonly string[], values: LabelValues, more = ""): string {
  const pairs = names.map((name, i) => `${name}="${escaped(values[i] ?? "")}"`);
  if (more) pairs.push(more);
  return pairs.length > 0 ? `{${pairs.join(",")}}` : "";
}

/** Label values are found again by one string. */
const keyOf = (values: LabelValues): string => (values.length === 1 ? values[0]! : values.join("\u0000"));

interface Description {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

/** Something that /metrics prints. */
export interface Metric {
  readonly name: string;
  lines(): string[];
  /** Counts from nothing again. */
  reset?(): void;
}

/** A metric whose help says nothing else of its stability is stable. */
const head = (name: string, help: string, type: string): string[] => [
  `# HELP ${name} ${help.startsWith("[") ? help : `[STABLE] ${help}`}`,
  `# TYPE ${name} ${type}`,
];

const EXPONENT_FROM = 1e6;

/** A bucket's bound as Go prints it: clients look for the text. */
function boundText(bound: number | undefined): string {
  if (bound === undefined) return "+Inf";
  if (bound < EXPONENT_FROM) return String(bound);
  return bound.toExponential().replace(/e\+(\d)$/, "e+0$1");
}

/** Series beyond this number of one metric are counted together: labels that users choose must not fill the memory. */
const MAX_SERIES = 10_000;

/** A number that only grows. */
export class Counter implements Metric {
  readonly name: string;
  readonly #help: string;
  readonly #labels: readonly string[];
  readonly #type: "counter" | "gauge";
  readonly #series = new Map<string, { readonly values: LabelValues; count: number }>();

  constructor({ name, help, labels = [] }: Description, type: "counter" | "gauge" = "counter") {
    this.name = name;
    this.#help = help;
    this.#labels = labels;
    this.#type = type;
  }

  add(values: LabelValues, amount = 1): void {
    this.series(values).count += amount;
  }

  /** The one with these values, for those who count it often. */
  series(values: LabelValues): { count: number } {
    const key = keyOf(values);
    let series = this.#series.get(key);
    if (!series) {
      series = { values, count: 0 };
      if (this.#series.size < MAX_SERIES) this.#series.set(key, series);
    }
    return series;
  }

  reset(): void {
    if (this.#type === "counter") for (const series of this.#series.values()) series.count = 0;
  }

  lines(): string[] {
    const lines = head(this.name, this.#help, this.#type);
    for (const { values, count } of this.#series.values()) {
      lines.push(`${this.name}${labelText(this.#labels, values)} ${count}`);
    }
    return lines;
  }
}

/** A number that goes up and down, read when it is asked for. */
export class ReadGauge implements Metric {
  readonly name: string;
  readonly #help: string;
  readonly #labels: readonly string[];
  readonly #type: "counter" | "gauge";
  readonly #read: () => Iterable<readonly [values: LabelValues, value: number]>;

  constructor(
    { name, help, labels = [] }: Description,
    read: () => Iterable<readonly [values: LabelValues, value: number]>,
    type: "counter" | "gauge" = "gauge",
  ) {
    this.name = name;
    this.#help = help;
    this.#labels = labels;
    this.#read = read;
    this.#type = type;
  }

  lines(): string[] {
    const lines = head(this.name, this.#help, this.#type);
    for (const [values, value] of this.#read()) lines.push(`${this.name}${labelText(this.#labels, values)} ${value}`);
    return lines;
  }
}

export interface HistogramSeries {
  readonly values: LabelValues;
  readonly counts: Float64Array;
  sum: number;
}

/** How values are spread, in buckets with the given upper bounds. */
export class Histogram implements Metric {
  readonly name: string;
  readonly #help: string;
  readonly #labels: readonly string[];
  readonly #bounds: readonly number[];
  readonly #series = new Map<string, HistogramSeries>();

  constructor({ name, help, labels = [] }: Description, bounds: readonly number[]) {
    this.name = name;
    this.#help = help;
    this.#labels = labels;
    this.#bounds = bounds;
  }

  /** The one with these values, for those who observe it often. */
  series(values: LabelValues): HistogramSeries {
    const key = keyOf(values);
    let series = this.#series.get(key);
    if (!series) {
      series = { values, counts: new Float64Array(this.#bounds.length + 1), sum: 0 };
      if (this.#series.size < MAX_SERIES) this.#series.set(key, series);
    }
    return series;
  }

  observe(series: HistogramSeries, value: number): void {
    let bucket = 0;
    while (bucket < this.#bounds.length && value > this.#bounds[bucket]!) bucket++;
    series.counts[bucket]!++;
    series.sum += value;
  }

  reset(): void {
    for (const series of this.#series.values()) {
      series.counts.fill(0);
      series.sum = 0;
    }
  }

  lines(): string[] {
    const lines = head(this.name, this.#help, "histogram");
    for (const { values, counts, sum } of this.#series.values()) {
      let total = 0;
      for (const [i, count] of counts.entries()) {
        total += count;
        const bound = boundText(this.#bounds[i]);
        lines.push(`${this.name}_bucket${labelText(this.#labels, values, `le="${bound}"`)} ${total}`);
      }
      lines.push(`${this.name}_sum${labelText(this.#labels, values)} ${sum}`);
      lines.push(`${this.name}_count${labelText(this.#labels, values)} ${total}`);
    }
    return lines;
  }
}
