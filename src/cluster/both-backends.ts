// SPDX-License-Identifier: Apache-2.0

import type { Backend, BackendTransport } from "../apiserver/index.ts";
import type { SimulatedBackends } from "../simulation/index.ts";

/** Simulated nodes answer in this process, all others over the network. */
export function bothBackends(simulated: SimulatedBackends, real: BackendTransport): BackendTransport {
  const way = (backend: Backend): BackendTransport => (simulated.serves(backend) ? simulated : real);
  return {
    request: (backend, request) => way(backend).request(backend, request),
    upgrade: (backend, request) => way(backend).upgrade(backend, request),
  };
}
