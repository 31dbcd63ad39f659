// SPDX-License-Identifier: Apache-2.0

export {
  simulatedNode,
  simulatedNodeShared,
  type SimulatedNode,
  type SimulatedNodeOptions,
  type SimulatedNodeShared,
} from "./cri/index.ts";
export { SeededRandom } from "./seeded-random.ts";
export { VirtualClock, type VirtualClockOptions } from "./virtual-clock.ts";
export { SimulatedBackends } from "./simulated-backends.ts";
