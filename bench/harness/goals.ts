// SPDX-License-Identifier: Apache-2.0

/** What a figure is held against. */
export interface Goal {
  /** What kube-apiserver v1.35 with etcd did on this class of machine, in words. */
  readonly original: string;
  readonly goal: string;
  /** The least that is asked of a run. */
  readonly floor: string;
  /** Whether the figure reaches the floor. */
  reachesFloor(figure: {
    readonly value: number;
    readonly serverMicros: number;
    readonly memoryBytes: number;
  }): boolean;
}

const MEGABYTE = 2 ** 20;

/** Goals and floors by the id of the figure. */
export const GOALS: Readonly<Record<string, Goal>> = {
  P1: {
    original: "760–1,010/s; 1,740–2,150 µs; p50 57–64 ms",
    goal: "4,000/s; 150 µs",
    floor: "600 µs",
    reachesFloor: (f) => f.serverMicros <= 600,
  },
  P1r: {
    original: "2,190–2,470/s; 670–760 µs",
    goal: "33 µs",
    floor: "120 µs",
    reachesFloor: (f) => f.serverMicros <= 120,
  },
  "P3 JSON": {
    original: "35–38 µs an object; +143 to +457 MB",
    goal: "4.5 µs; 16 MB",
    floor: "12 µs; 64 MB",
    reachesFloor: (f) => f.serverMicros <= 12 && f.memoryBytes <= 64 * MEGABYTE,
  },
  "P3 protobuf": {
    original: "19–22 µs an object",
    goal: "4 µs; 16 MB",
    floor: "64 MB",
    reachesFloor: (f) => f.memoryBytes <= 64 * MEGABYTE,
  },
  "P4 100": {
    original: "34,000–45,000/s; 34–46 µs; 1 MB a watcher",
    goal: "200,000/s; 8 µs; 8 KB",
    floor: "10 µs",
    reachesFloor: (f) => f.serverMicros <= 10,
  },
  "P4 1,000": {
    original: "91,000/s; 14.5 µs; 1 MB a watcher",
    goal: "450,000/s; 2.9 µs; 8 KB",
    floor: "10 µs",
    reachesFloor: (f) => f.serverMicros <= 10,
  },
  P5: {
    original: "190–240 pods/s; 7,900–9,900 µs",
    goal: "2,500 pods/s; 450 µs",
    floor: "500 pods/s",
    reachesFloor: (f) => f.value >= 500,
  },
  "P10 ready": {
    original: "2.3–2.6 s, API server alone",
    goal: "1 s",
    floor: "2 s",
    reachesFloor: (f) => f.value <= 2,
  },
  "P10 container": {
    original: "",
    goal: "3 s",
    floor: "5 s",
    reachesFloor: (f) => f.value <= 5,
  },
  kinds: {
    original: "",
    goal: "40 ms; 15 MB",
    floor: "40 ms; 15 MB",
    reachesFloor: (f) => f.value <= 40 && f.memoryBytes <= 15 * MEGABYTE,
  },
  P11: {
    original: "4.7 % and 486 MB, without node parts",
    goal: "1.5 %; 250 MB",
    floor: "5 %",
    reachesFloor: (f) => f.value <= 5,
  },
};
