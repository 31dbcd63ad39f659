// SPDX-License-Identifier: Apache-2.0

export { behaviourOf, durationMs, type Behaviour } from "./behaviour.ts";
export { IpPool } from "./ip-pool.ts";
export { SimulatedImages } from "./simulated-images.ts";
export {
  noTokens,
  simulatedNode,
  simulatedNodeShared,
  type SimulatedNode,
  type SimulatedNodeOptions,
  type SimulatedNodeShared,
} from "./simulated-node.ts";
export {
  noCgroups,
  noFiles,
  noLogs,
  simulatedHost,
  simulatedProbes,
  type SimulatedHostOptions,
} from "./simulated-ports.ts";
export { SimulatedRuntime, type SimulatedRuntimeOptions } from "./simulated-runtime.ts";
