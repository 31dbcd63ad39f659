// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { parseYaml } from "../../src/apimachinery/index.ts";
import { CLIENT, PAYMENTS_API, POSTGRES } from "./support/manifests.ts";
import { curl, startRealNode, wget } from "./support/real-node.ts";
import { checkout, noRealNodes, type TestCluster } from "./support/test-cluster.ts";
import { waitFor } from "./support/wait-for.ts";

const EXAMPLE = join(dirname(checkout), "shared", "examples", "payments-api.yaml");
const exampleIsThere = existsSync(EXAMPLE);
const READY_LIMIT_MS = 120_000;
const REPLICAS = 3;
const ASK = "cgi-bin/hostname";
const FULL_NAME = "payments-api.default.svc.cluster.local";

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly status: {
      readonly conditions?: readonly { readonly type: string; readonly status: string }[];
      readonly initContainerStatuses?: readonly { readonly state?: { readonly running?: object } }[];
    };
  }[];
}
type Pod = PodList["items"][number];

const isReady = (pod: Pod) => pod.status.conditions?.some((c) => c.type === "Ready" && c.status === "True") ?? false;
const isInInit = (pod: Pod) => pod.status.initContainerStatuses?.[0]?.state?.running !== undefined;

test("the manifest kept here is the example's", {
  skip: exampleIsThere ? false : "the shared examples are not there",
}, () => {
  assert.deepEqual(parseYaml(PAYMENTS_API).value, parseYaml(readFileSync(EXAMPLE, "utf8")).value);
});

describe("a payment service that waits for its database", { skip: noRealNodes() ?? false }, () => {
  let cluster: TestCluster;
  before(async () => {
    cluster = await startRealNode("pay");
    cluster.apply(CLIENT);
  });
  after(() => cluster?.[Symbol.dispose]());

  const pods = () => cluster.json<PodList>("get", "pods", "-l", "app=payments-api").items;
  const names = () => pods().map((pod) => pod.metadata.name);
  const seen = () => cluster.state();
  const allPods = (what: string, are: (pod: Pod) => boolean) =>
    waitFor(`all pods are ${what}`, () => pods().length === REPLICAS && pods().every(are), {
      limitMs: READY_LIMIT_MS,
      seen,
    });
  const field = (path: string) => cluster.kubectl("get", "service", "payments-api", "-o", `jsonpath={${path}}`);

  /** Asks until every pod has answered, and nobody else. */
  const reachesAll = async (what: string, ask: () => string | undefined) => {
    const wanted = names().sort();
    const answered = new Set<string>();
    await waitFor(
      `${what} reaches all pods`,
      () => {
        const name = ask();
        if (name) answered.add(name);
        return answered.size >= wanted.length;
      },
      { seen: () => `wanted ${wanted.join(" ")}, answered ${[...answered].join(" ")}\n${seen()}` },
    );
    assert.deepEqual([...answered].sort(), wanted);
  };

  test("pods wait in Init until the database is there, then become Ready", async () => {
    if (exampleIsThere) cluster.kubectl("apply", "-f", EXAMPLE);
    else cluster.apply(PAYMENTS_API);
    await allPods("in Init", isInInit);
    assert.match(cluster.kubectl("get", "pods", "-l", "app=payments-api"), /(.*0\/1 +Init:0\/1 +0 .*\n){3}/);
    cluster.apply(POSTGRES);
    await allPods("Ready", isReady);
    assert.match(cluster.kubectl("get", "deployment", "payments-api"), /payments-api +3\/3 +3 +3 /);
  });

  test("the ClusterIP and the NodePort reach all replicas from the machine", async () => {
    cluster.kubectl(..."expose deployment payments-api --port=80 --target-port=8080 --type=NodePort".split(" "));
    const node = cluster.kubectl("get", "nodes", "-o", "jsonpath={.items[0].status.addresses[0].address}");
    const url = `http://${field(".spec.clusterIP")}/${ASK}`;
    const nodeUrl = `http://${node}:${field(".spec.ports[0].nodePort")}/${ASK}`;
    await reachesAll("the ClusterIP", () => curl(url));
    await reachesAll("the NodePort", () => curl(nodeUrl));
  });

  test("a pod reaches all replicas by the Service's names", async () => {
    await reachesAll("the short name", () => wget(cluster, "client", `http://payments-api/${ASK}`));
    await reachesAll("the full name", () => wget(cluster, "client", `http://${FULL_NAME}/${ASK}`));
  });

  test("a pod behind the Service reaches all replicas through it, itself too", async () => {
    const [first] = names();
    await reachesAll("a replica", () => wget(cluster, first!, `http://payments-api/${ASK}`));
  });

  test("the Service's name is in the DNS as long as the Service is there", async () => {
    const lookup = () => cluster.tryKubectl(["exec", "client", "--", "nslookup", FULL_NAME]);
    assert.ok(lookup().stdout.includes(field(".spec.clusterIP")), lookup().stdout);
    cluster.kubectl("delete", "service", "payments-api");
    await waitFor("the name is gone", () => lookup().code !== 0, { seen: () => lookup().stdout });
  });

  test("deleting the deployment deletes its pods", async () => {
    cluster.kubectl("delete", "deployment", "payments-api");
    // Its server does not end when it is told to; there is no need to wait for that.
    cluster.kubectl("delete", "pods", "-l", "app=payments-api", "--grace-period=1", "--ignore-not-found");
    await waitFor("the pods are gone", () => pods().length === 0, { seen });
  });
});
