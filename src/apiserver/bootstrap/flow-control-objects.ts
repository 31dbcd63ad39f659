// SPDX-License-Identifier: Apache-2.0

import type { BootstrapObject } from "./bootstrap-object.ts";

const GROUP = "flowcontrol.apiserver.k8s.io";
const API_VERSION = `${GROUP}/v1`;

type Json = Readonly<Record<string, unknown>>;

const metadata = (name: string) => ({ name, annotations: { "apf.kubernetes.io/autoupdate-spec": "true" } });

const group = (name: string): Json => ({ kind: "Group", group: { name } });
const user = (name: string): Json => ({ kind: "User", user: { name } });
const accounts = (namespace: string): Json => ({ kind: "ServiceAccount", serviceAccount: { namespace, name: "*" } });

const resources = (
  apiGroup: string,
  names: readonly string[],
  verbs: readonly string[],
  clusterScope = false,
): Json => ({
  verbs,
  apiGroups: [apiGroup],
  resources: names,
  ...(clusterScope ? { clusterScope } : {}),
  namespaces: ["*"],
});
const EVERY_RESOURCE = resources("*", ["*"], ["*"], true);
const EVERY_PATH: Json = { verbs: ["*"], nonResourceURLs: ["*"] };
const everything = (...subjects: readonly Json[]): Json => ({
  subjects,
  resourceRules: [EVERY_RESOURCE],
  nonResourceRules: [EVERY_PATH],
});

const EVERYBODY = [group("system:unauthenticated"), group("system:authenticated")];

interface Schema {
  readonly name: string;
  readonly level: string;
  readonly precedence: number;
  readonly by?: "ByUser" | "ByNamespace";
  readonly rule: Json;
}

const SCHEMAS: readonly Schema[] = [
  { name: "exempt", level: "exempt", precedence: 1, rule: everything(group("system:masters")) },
  {
    name: "probes",
    level: "exempt",
    precedence: 2,
    rule: {
      subjects: EVERYBODY,
      nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["/healthz", "/readyz", "/livez"] }],
    },
  },
  {
    name: "system-leader-election",
    level: "leader-election",
    precedence: 100,
    by: "ByUser",
    rule: {
      subjects: [user("system:kube-controller-manager"), user("system:kube-scheduler"), accounts("kube-system")],
      resourceRules: [resources("coordination.k8s.io", ["leases"], ["get", "create", "update"])],
    },
  },
  {
    name: "system-node-high",
    level: "node-high",
    precedence: 400,
    by: "ByUser",
    rule: {
      subjects: [group("system:nodes")],
      resourceRules: [
        resources("", ["nodes", "nodes/status"], ["*"], true),
        resources("coordination.k8s.io", ["leases"], ["*"]),
      ],
    },
  },
  { name: "system-nodes", level: "system", precedence: 500, by: "ByUser", rule: everything(group("system:nodes")) },
  {
    name: "kube-controller-manager",
    level: "workload-high",
    precedence: 800,
    by: "ByNamespace",
    rule: everything(user("system:kube-controller-manager")),
  },
  {
    name: "kube-scheduler",
    level: "workload-high",
    precedence: 800,
    by: "ByNamespace",
    rule: everything(user("system:kube-scheduler")),
  },
  {
    name: "kube-system-service-accounts",
    level: "workload-high",
    precedence: 900,
    by: "ByNamespace",
    rule: everything(accounts("kube-system")),
  },
  {
    name: "service-accounts",
    level: "workload-low",
    precedence: 9000,
    by: "ByUser",
    rule: everything(group("system:serviceaccounts")),
  },
  { name: "global-default", level: "global-default", precedence: 9900, by: "ByUser", rule: everything(...EVERYBODY) },
  { name: "catch-all", level: "catch-all", precedence: 10000, by: "ByUser", rule: everything(...EVERYBODY) },
];

/** Shares, lendable percent, and queues with their hand size; no queues: reject at once. */
const LIMITED_LEVELS: Readonly<
  Record<string, readonly [shares: number, lendable: number, queues: number, hand: number]>
> = {
  "leader-election": [10, 0, 16, 4],
  "node-high": [40, 25, 64, 6],
  system: [30, 33, 64, 6],
  "workload-high": [40, 50, 128, 6],
  "workload-low": [100, 90, 128, 6],
  "global-default": [20, 50, 128, 6],
  "catch-all": [5, 0, 0, 0],
};
const QUEUE_LENGTH_LIMIT = 50;

const schemaObject = ({ name, level, precedence, by, rule }: Schema): BootstrapObject => ({
  group: GROUP,
  resource: "flowschemas",
  object: {
    apiVersion: API_VERSION,
    kind: "FlowSchema",
    metadata: metadata(name),
    spec: {
      priorityLevelConfiguration: { name: level },
      matchingPrecedence: precedence,
      ...(by ? { distinguisherMethod: { type: by } } : {}),
      rules: [rule],
    },
  },
});

const levelObject = (name: string, spec: Json): BootstrapObject => ({
  group: GROUP,
  resource: "prioritylevelconfigurations",
  object: { apiVersion: API_VERSION, kind: "PriorityLevelConfiguration", metadata: metadata(name), spec },
});

const limitResponse = (queues: number, handSize: number): Json =>
  queues === 0
    ? { type: "Reject" }
    : { type: "Queue", queuing: { queues, handSize, queueLengthLimit: QUEUE_LENGTH_LIMIT } };

/** Flow schemas and priority levels of a fresh cluster. */
export const flowControlObjects = (): BootstrapObject[] => [
  levelObject("exempt", { type: "Exempt", exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } }),
  ...Object.entries(LIMITED_LEVELS).map(([name, [shares, lendable, queues, hand]]) =>
    levelObject(name, {
      type: "Limited",
      limited: {
        nominalConcurrencyShares: shares,
        limitResponse: limitResponse(queues, hand),
        lendablePercent: lendable,
      },
    }),
  ),
  ...SCHEMAS.map(schemaObject),
];
