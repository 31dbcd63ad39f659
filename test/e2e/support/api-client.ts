// SPDX-License-Identifier: Apache-2.0

import { Client } from "../../../src/client/index.ts";
import { HttpsTransport } from "../../../src/platform/index.ts";
import type { TestCluster } from "./test-cluster.ts";

interface Config {
  readonly clusters: readonly [{ readonly cluster: { readonly server: string; "certificate-authority-data": string } }];
  readonly users: readonly [{ readonly user: { "client-certificate-data": string; "client-key-data": string } }];
}

const decoded = (base64: string) => Buffer.from(base64, "base64").toString();

/** A client of the cluster's API server, as the administrator that its kubeconfig names. */
export function apiClient(cluster: TestCluster): Client {
  const text = cluster.kubectl("config", "view", "--raw", "--minify", "-o", "json");
  const config = JSON.parse(text) as Config;
  const [{ cluster: server }] = config.clusters;
  const [{ user }] = config.users;
  const transport = new HttpsTransport({
    server: server.server,
    ca: decoded(server["certificate-authority-data"]),
    certificate: decoded(user["client-certificate-data"]),
    key: decoded(user["client-key-data"]),
  });
  return new Client({ transport, userAgent: "knarr-test" });
}
