// SPDX-License-Identifier: Apache-2.0

export {
  addressAt,
  formatIpv4,
  formatRange,
  overlaps,
  parseIpv4,
  parseRange,
  rangeOf,
  rangeSize,
  subrange,
  type Ipv4Range,
} from "./ipv4-range.ts";
export type { ConntrackPort, NftPort, StaleFlow } from "./ports.ts";
export type { ProxyNode } from "./proxy/endpoints.ts";
export type { NftSettings } from "./proxy/nft-base.ts";
export { NftRuleset } from "./proxy/nft-ruleset.ts";
export { rulesOfPod } from "./proxy/rules-of-pod.ts";
export { rulesOfService } from "./proxy/rules-of-service.ts";
export {
  NO_RULES,
  type Backend,
  type BackendGroup,
  type Frontend,
  type HostPort,
  type IpFamily,
  type ServiceRules,
} from "./proxy/service-rules.ts";
export { ServiceProxy, type ServiceProxyOptions } from "./proxy/service-proxy.ts";
