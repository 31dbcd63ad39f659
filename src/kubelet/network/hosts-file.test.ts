// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Pod } from "../types.ts";
import { hostNetworkHostsFile, podHostname, podHostsFile } from "./hosts-file.ts";

const pod = (spec: object, name = "web-0"): Pod => ({ metadata: { name, namespace: "shop" }, spec }) as unknown as Pod;

test("a pod with a subdomain has a name in the cluster's domain", () => {
  const text = podHostsFile(pod({ hostname: "db", subdomain: "sub" }), ["10.0.0.5"], "cluster.local");
  assert.match(text, /^10\.0\.0\.5\tdb\.sub\.shop\.svc\.cluster\.local\tdb$/m);
});

test("aliases follow at the end", () => {
  const hostAliases = [{ ip: "1.2.3.4", hostnames: ["a", "b"] }];
  assert.match(
    podHostsFile(pod({ hostAliases }), ["10.0.0.5"], "x"),
    /\n# Entries added by HostAliases\.\n1\.2\.3\.4\ta\tb\n$/,
  );
  const host = hostNetworkHostsFile(pod({ hostAliases }), "127.0.0.1 localhost\n");
  assert.match(host, /^# Kubernetes-managed hosts file \(host network\)\.\n127\.0\.0\.1 localhost\n/);
});

test("a host name is cut to 63 characters and does not end in a dash", () => {
  const { hostname } = podHostname(pod({}, `${"a".repeat(62)}-bcd`), "cluster.local");
  assert.equal(hostname, "a".repeat(62));
});
