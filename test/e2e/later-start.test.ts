// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { TestCluster } from "./support/test-cluster.ts";

test("a later start keeps what the cluster was started with, and refuses other ranges", { timeout: 60_000 }, () => {
  using cluster = new TestCluster("later");
  cluster.up("--api-only", "--service-cidr", "10.40.0.0/16");
  cluster.kubectl("create", "namespace", "stays");
  cluster.knarr("down");
  const refused = cluster.knarr("up", "-d", "--service-cidr", "10.41.0.0/16");
  assert.equal(refused.code, 2, refused.stderr);
  assert.match(refused.stderr, /has objects in 10\.40\.0\.0\/16; leave --service-cidr out/);
  cluster.up();
  assert.match(cluster.kubectl("get", "namespace", "stays"), /Active/);
  const leases = cluster.kubectl("get", "leases", "-n", "kube-system", "-o", "name");
  assert.doesNotMatch(leases, /kube-scheduler/, "still without scheduler and controllers");
});
