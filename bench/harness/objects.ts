// SPDX-License-Identifier: Apache-2.0

import { NUMBER_MARK } from "../load/load-task.ts";
import { runLoad } from "../load/load-runner.ts";
import { ApiClient } from "./api-client.ts";
import type { MeasureOptions } from "./measure.ts";
import type { Target } from "./target.ts";

/** Nobody schedules these pods: what is measured is the API server. */
const NO_SCHEDULER = "none-of-the-benchmark";

/** A pod as a Deployment's would be; some 2.3 KB once it is stored with defaults and managed fields. */
export const plainPod = (): object => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: `pod-${NUMBER_MARK}`,
    labels: { app: "bench", "pod-template-hash": "5d59d67564", tier: "backend" },
    annotations: { "example.com/note": "made by the benchmark" },
  },
  spec: {
    schedulerName: NO_SCHEDULER,
    containers: [
      {
        name: "main",
        image: "registry.example.com/company/service:v1.2.3",
        ports: [{ containerPort: 8080, name: "http" }],
        env: [
          { name: "LOG_LEVEL", value: "info" },
          { name: "DATABASE", value: "postgres://db:5432/service" },
        ],
        resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
        readinessProbe: { httpGet: { path: "/healthz", port: 8080 }, periodSeconds: 5 },
      },
    ],
  },
});

/** The pod of upstream's SchedulingBasic workload. */
export const schedulingPod = (): object => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: `pod-${NUMBER_MARK}` },
  spec: {
    containers: [
      {
        name: "pause",
        image: "registry.k8s.io/pause:3.10.1",
        ports: [{ containerPort: 80 }],
        resources: { requests: { cpu: "100m", memory: "500Mi" }, limits: { cpu: "100m", memory: "500Mi" } },
      },
    ],
  },
});

const condition = (type: string, status: string): object => ({ type, status, reason: "Benchmark" });

/** The node of upstream's SchedulingBasic workload, ready from the start. */
export const schedulingNode = (): object => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: `node-${NUMBER_MARK}`, labels: { "kubernetes.io/hostname": `node-${NUMBER_MARK}` } },
  status: {
    capacity: { pods: "110", cpu: "4", memory: "32Gi" },
    allocatable: { pods: "110", cpu: "4", memory: "32Gi" },
    conditions: [
      condition("Ready", "True"),
      condition("MemoryPressure", "False"),
      condition("DiskPressure", "False"),
      condition("PIDPressure", "False"),
    ],
  },
});

export const podsPath = (namespace: string): string => `/api/v1/namespaces/${namespace}/pods`;

/** Makes a namespace with its service account, also where no controller does. */
export async function makeNamespace(target: Target, namespace: string): Promise<void> {
  using client = new ApiClient(target.access);
  const accepted = [201, 409];
  await client.must("POST", "/api/v1/namespaces", { body: { metadata: { name: namespace } }, accepted });
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  await client.must("POST", accounts, { body: { metadata: { name: "default" } }, accepted });
}

/** Removes a namespace's pods and the namespace: the cluster may live on after the measure. */
export async function removeNamespace(target: Target, namespace: string): Promise<void> {
  using client = new ApiClient(target.access);
  await client.must("DELETE", `${podsPath(namespace)}?gracePeriodSeconds=0`);
  await client.must("DELETE", `/api/v1/namespaces/${namespace}`, { accepted: [200, 202, 409] });
}

/** Creates pods without measuring. */
export async function createPods(
  target: Target,
  namespace: string,
  options: MeasureOptions & { readonly count: number; readonly firstNumber?: number },
): Promise<void> {
  await runLoad(target.access, {
    type: "requests",
    method: "POST",
    path: podsPath(namespace),
    body: JSON.stringify(plainPod()),
    count: options.count,
    clients: 64,
    connections: options.connections,
    firstNumber: options.firstNumber ?? 0,
  });
}

/** The revision from which a watch hears only what comes. */
export async function currentRevision(target: Target, path: string): Promise<string> {
  using client = new ApiClient(target.access);
  const list = (await client.must("GET", `${path}?limit=1`)) as { metadata: { resourceVersion: string } };
  return list.metadata.resourceVersion;
}
