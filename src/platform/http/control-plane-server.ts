// SPDX-License-Identifier: Apache-2.0

import type { ApiServer } from "../../apiserver/index.ts";
import type { Clock, Logger, Timer } from "../../base/index.ts";
import type { HeldPort } from "../free-port.ts";
import { type Pki, renewalTimeMs } from "../x509/index.ts";
import { HttpsServer } from "./https-server.ts";

export interface ControlPlaneServerOptions {
  readonly addresses: readonly string[];
  /** 0 takes any free port; then all addresses get the port that the first one got. */
  readonly port: number;
  /** What listens on that port already; the server takes it over. */
  readonly held?: HeldPort;
  readonly pki: Pki;
  readonly clock: Clock;
  readonly log: Logger;
  /** Further names and addresses that the certificate is for. */
  readonly names?: { readonly dns: readonly string[]; readonly addresses: readonly string[] };
}

/** An API server on sockets, with a certificate that is renewed while it runs. */
export class ControlPlaneServer implements AsyncDisposable {
  readonly port: number;
  readonly #https: HttpsServer;
  readonly #options: ControlPlaneServerOptions;
  #renewal: Timer | undefined;

  private constructor(https: HttpsServer, port: number, options: ControlPlaneServerOptions) {
    this.#https = https;
    this.port = port;
    this.#options = options;
  }

  static async listen(apiServer: ApiServer, options: ControlPlaneServerOptions): Promise<ControlPlaneServer> {
    const { certificate, key } = issue(options);
    const https = new HttpsServer(
      { handler: apiServer.handler, upgrade: (request, connection) => apiServer.upgrade(request, connection) },
      { certificate, key, clientCa: options.pki.ca.certificate, log: options.log },
    );
    let { port } = options;
    try {
      for (const address of options.addresses) port = await https.listen(address, port, options.held?.take(address));
    } catch (error) {
      await https[Symbol.asyncDispose]();
      throw error;
    }
    const server = new ControlPlaneServer(https, port, options);
    server.#renewLater(certificate);
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#renewal?.cancel();
    await this.#https[Symbol.asyncDispose]();
  }

  #renewLater(current: string): void {
    const { clock, log } = this.#options;
    this.#renewal = clock.setTimer(Math.max(0, renewalTimeMs(current) - clock.nowMs()), () => {
      const { certificate, key } = issue(this.#options);
      this.#https.replaceCertificate(certificate, key);
      log.info("Serving certificate renewed");
      this.#renewLater(certificate);
    });
  }
}

function issue({ pki, clock, addresses, names }: ControlPlaneServerOptions) {
  return pki.serverCertificate({
    commonName: "kube-apiserver",
    dnsNames: ["localhost", ...(names?.dns ?? [])],
    addresses: [...new Set(["127.0.0.1", ...addresses, ...(names?.addresses ?? [])])],
    nowMs: clock.nowMs(),
  });
}
