// SPDX-License-Identifier: Apache-2.0

import type { HealthCheck } from "./health-checks.ts";

/** What the checks look at. */
export interface ServerState {
  /** Throws when the store does not answer. */
  storeAnswers(): Promise<void>;
  /** True when the watch cache holds everything. */
  cachesFilled(): boolean;
  /** True when everything that a fresh cluster holds has been written. */
  bootstrapped(): boolean;
  stopping(): boolean;
}

/** Hooks that upstream runs after its start, in its order; those that write wait for the bootstrap. */
const AFTER_START = [
  "start-apiserver-admission-initializer",
  "generic-apiserver-start-informers",
  "priority-and-fairness-config-consumer",
  "priority-and-fairness-filter",
  "storage-object-count-tracker-hook",
  "start-apiextensions-informers",
  "start-apiextensions-controllers",
  "crd-informer-synced",
  "start-system-namespaces-controller",
  "start-cluster-authentication-info-controller",
  "start-kube-apiserver-identity-lease-controller",
  "start-kube-apiserver-identity-lease-garbage-collector",
  "start-legacy-token-tracking-controller",
  "start-service-ip-repair-controllers",
  "rbac/bootstrap-roles",
  "scheduling/bootstrap-system-priority-classes",
  "priority-and-fairness-config-producer",
  "bootstrap-controller",
  "start-kubernetes-service-cidr-controller",
  "start-kube-aggregator-informers",
  "apiservice-status-local-available-controller",
  "apiservice-status-remote-available-controller",
  "apiservice-registration-controller",
  "apiservice-discovery-controller",
  "kube-apiserver-autoregistration",
] as const;

const AFTER_REGISTRATION = ["apiservice-openapi-controller", "apiservice-openapiv3-controller"] as const;

const NEEDS_CACHES = new Set<string>(["generic-apiserver-start-informers", "crd-informer-synced"]);

function expectThat(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

/** The checks of an API server by upstream's names: scripts and dashboards ask for them one by one. */
export function serverChecks(state: ServerState): readonly HealthCheck[] {
  const hook = (name: string): HealthCheck => ({
    name: `poststarthook/${name}`,
    check: () =>
      NEEDS_CACHES.has(name)
        ? expectThat(state.cachesFilled(), "not synced")
        : expectThat(state.bootstrapped(), "not finished"),
  });
  return [
    { name: "ping", check() {} },
    { name: "log", check() {} },
    { name: "etcd", check: () => state.storeAnswers() },
    { name: "etcd-readiness", readinessOnly: true, check: () => state.storeAnswers() },
    { name: "informer-sync", readinessOnly: true, check: () => expectThat(state.cachesFilled(), "not synced") },
    ...AFTER_START.map(hook),
    { name: "autoregister-completion", check: () => expectThat(state.bootstrapped(), "missing APIService") },
    ...AFTER_REGISTRATION.map(hook),
    { name: "shutdown", readinessOnly: true, check: () => expectThat(!state.stopping(), "process is shutting down") },
  ];
}
