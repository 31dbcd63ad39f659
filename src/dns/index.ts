// SPDX-License-Identifier: Apache-2.0

export { ANSWER_TTL_SECONDS, DnsServer, type DnsServerOptions, type UpstreamResolver } from "./dns-server.ts";
export { runDns, type DnsHandler, type DnsListener, type RunDnsOptions } from "./run-dns.ts";
export {
  SERVICES_BY_ADDRESS,
  ServiceZone,
  SLICES_BY_ADDRESS,
  SLICES_BY_SERVICE,
  type Lookup,
  type RecordData,
  type ZoneSource,
} from "./service-zone.ts";
