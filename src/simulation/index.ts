// SPDX-License-Identifier: Apache-2.0

export { SeededRandom } from "./seeded-random.ts";
export { VirtualClock, type VirtualClockOptions } from "./virtual-clock.ts";
