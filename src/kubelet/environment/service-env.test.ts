// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Service } from "../types.ts";
import { serviceEnvironment } from "./service-env.ts";

const service = (name: string, namespace: string, clusterIP: string): Service =>
  ({
    metadata: { name, namespace },
    spec: {
      clusterIP,
      ports: [
        { name: "http", port: 80, protocol: "TCP" },
        { name: "dns-udp", port: 53, protocol: "UDP" },
      ],
    },
  }) as unknown as Service;

const all = [
  service("kubernetes", "default", "10.0.0.1"),
  service("my-db", "shop", "10.0.0.2"),
  service("x", "other", "10.0.0.3"),
];

test("a pod sees the Services of its namespace and the API server", () => {
  const env = serviceEnvironment(all, { namespace: "shop", links: true });
  assert.equal(env.get("KUBERNETES_SERVICE_HOST"), "10.0.0.1");
  assert.equal(env.get("MY_DB_SERVICE_PORT"), "80");
  assert.equal(env.get("MY_DB_SERVICE_PORT_DNS_UDP"), "53");
  assert.equal(env.get("MY_DB_PORT"), "tcp://10.0.0.2:80");
  assert.equal(env.get("MY_DB_PORT_53_UDP_ADDR"), "10.0.0.2");
  assert.equal(env.has("X_SERVICE_HOST"), false);
});

test("without links only the API server is seen", () => {
  const env = serviceEnvironment(all, { namespace: "shop", links: false });
  assert.equal(env.has("MY_DB_SERVICE_HOST"), false);
  assert.equal(env.get("KUBERNETES_SERVICE_PORT"), "80");
});

test("a headless Service has no variables", () => {
  const env = serviceEnvironment([service("h", "shop", "None")], { namespace: "shop", links: true });
  assert.equal(env.size, 0);
});
