// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { setTimeout } from "node:timers";
import { test } from "node:test";
import {
  CoreV1Api,
  KubeConfig,
  makeInformer,
  type Informer,
  type ObjectCache,
  type V1ConfigMap,
} from "@kubernetes/client-node";
import { Cluster } from "../../src/index.ts";
import { CuttableProxy } from "./support/cuttable-proxy.ts";
import { TestCluster } from "./support/test-cluster.ts";
import { waitFor } from "./support/wait-for.ts";

/** The official JavaScript client, unchanged. */
const NAMESPACE = "default";
const RESTART_MS = 50;
const LIMIT = { timeout: 120_000 };

type ConfigMapInformer = Informer<V1ConfigMap> & ObjectCache<V1ConfigMap>;

/** Starts an informer of ConfigMaps that starts again after errors, as the client's own examples do. */
async function startInformer(config: KubeConfig): Promise<ConfigMapInformer & { readonly lists: () => number }> {
  const api = config.makeApiClient(CoreV1Api);
  let lists = 0;
  const informer = makeInformer(config, `/api/v1/namespaces/${NAMESPACE}/configmaps`, async () => {
    lists += 1;
    return api.listNamespacedConfigMap({ namespace: NAMESPACE });
  });
  informer.on("error", () => {
    setTimeout(() => void informer.start().catch(() => undefined), RESTART_MS).unref();
  });
  await informer.start();
  return Object.assign(informer, { lists: () => lists });
}

const revisions = (items: readonly V1ConfigMap[]): string =>
  items
    .map(({ metadata }) => `${metadata?.name}@${metadata?.resourceVersion}`)
    .sort()
    .join(" ");

/** Waits until the informer holds what a LIST gives. */
async function agrees(informer: ConfigMapInformer, api: CoreV1Api): Promise<void> {
  let [cached, listed] = ["", ""];
  await waitFor(
    "the cache is equal to the list",
    async () => {
      listed = revisions((await api.listNamespacedConfigMap({ namespace: NAMESPACE })).items);
      cached = revisions(informer.list(NAMESPACE));
      return cached === listed;
    },
    { seen: () => `cache ${cached}\nlist  ${listed}` },
  );
}

const configMap = (name: string, text = ""): V1ConfigMap => ({ metadata: { name }, data: { text } });

/** Creates, changes and deletes: in each round other objects. */
async function churn(api: CoreV1Api, round: number): Promise<void> {
  const namespace = NAMESPACE;
  for (let i = 0; i < 6; i++) await api.createNamespacedConfigMap({ namespace, body: configMap(`r${round}-${i}`) });
  for (let i = 0; i < 4; i++)
    await api.replaceNamespacedConfigMap({
      namespace,
      name: `r${round}-${i}`,
      body: configMap(`r${round}-${i}`, "changed"),
    });
  for (let i = 0; i < 2; i++) await api.deleteNamespacedConfigMap({ namespace, name: `r${round}-${i}` });
}

function through(text: string, port: number): KubeConfig {
  const config = new KubeConfig();
  config.loadFromString(text.replace(/https:\/\/127\.0\.0\.1:\d+/, `https://127.0.0.1:${port}`));
  return config;
}

test("an informer over dropped connections ends with the cache that a LIST gives", LIMIT, async () => {
  await using cluster = await Cluster.start({ apiOnly: true });
  const text = await cluster.kubeconfig();
  const direct = new KubeConfig();
  direct.loadFromString(text);
  const api = direct.makeApiClient(CoreV1Api);
  await using proxy = await CuttableProxy.start(Number(new URL(direct.getCurrentCluster()!.server).port));
  const informer = await startInformer(through(text, proxy.port));
  for (let round = 0; round < 5; round++) {
    const changing = churn(api, round);
    proxy.cut();
    await changing;
    if (round % 2 === 0) proxy.cut();
    await agrees(informer, api);
  }
  proxy.close();
  await churn(api, 5);
  proxy.open();
  await agrees(informer, api);
  await informer.stop();
});

/** More than the server keeps of one resource for watches that resume. */
const FORGOTTEN_CHANGES = 800;
const LARGE = "x".repeat(64 * 1024);

test("an informer that comes back too late gets 410, lists again and ends with the same cache", LIMIT, async () => {
  await using cluster = await Cluster.start({ apiOnly: true });
  const text = await cluster.kubeconfig();
  const direct = new KubeConfig();
  direct.loadFromString(text);
  const api = direct.makeApiClient(CoreV1Api);
  await using proxy = await CuttableProxy.start(Number(new URL(direct.getCurrentCluster()!.server).port));
  const informer = await startInformer(through(text, proxy.port));
  await churn(api, 0);
  await agrees(informer, api);
  const gone: unknown[] = [];
  informer.on("delete", ({ metadata }) => gone.push(metadata?.name));
  assert.equal(informer.lists(), 1);
  proxy.close();
  const namespace = NAMESPACE;
  await api.createNamespacedConfigMap({ namespace, body: configMap("large") });
  for (let i = 0; i < FORGOTTEN_CHANGES; i++)
    await api.replaceNamespacedConfigMap({ namespace, name: "large", body: configMap("large", `${i}${LARGE}`) });
  await api.deleteNamespacedConfigMap({ namespace, name: "r0-5" });
  await cluster.store.compact(await cluster.store.currentRevision({ signal: AbortSignal.timeout(10_000) }));
  proxy.open();
  await agrees(informer, api);
  assert.equal(informer.lists(), 2);
  assert.deepEqual(gone, ["r0-5"]);
  await informer.stop();
});

test("an informer over a restart of the server ends with the cache that a LIST gives", LIMIT, async () => {
  using cluster = new TestCluster("cnode");
  cluster.up("--api-only");
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  const api = config.makeApiClient(CoreV1Api);
  const informer = await startInformer(config);
  await churn(api, 0);
  await agrees(informer, api);
  for (let round = 1; round <= 2; round++) {
    cluster.knarr("down");
    cluster.up("--api-only");
    config.loadFromFile(cluster.kubeconfig);
    await churn(config.makeApiClient(CoreV1Api), round);
    await agrees(informer, config.makeApiClient(CoreV1Api));
  }
  assert.equal(informer.list(NAMESPACE).length, 12);
  await informer.stop();
});
