// SPDX-License-Identifier: Apache-2.0

export { DnsSockets } from "./dns-sockets.ts";
export { nameservers, ResolverClient } from "./resolver-client.ts";
