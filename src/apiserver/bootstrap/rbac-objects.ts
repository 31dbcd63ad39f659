// SPDX-License-Identifier: Apache-2.0

import type { KubeObject } from "../../apimachinery/index.ts";
import type { PolicyRule } from "../authorization/policy-rule.ts";
import type { BootstrapObject } from "./bootstrap-object.ts";
import { aggregatedRoles, clusterRoles } from "./cluster-roles.ts";
import { controllerRoles } from "./controller-roles.ts";
import { namespacedRoles } from "./namespaced-roles.ts";

const GROUP = "rbac.authorization.k8s.io";
const API_VERSION = `${GROUP}/v1`;
const SYSTEM = "kube-system";
const CONTROLLER_PREFIX = "system:controller:";

const aggregateLabel = (to: string): string => `${GROUP}/aggregate-to-${to}`;

const metadata = (name: string, options: { namespace?: string; labels?: Record<string, string> } = {}) => ({
  name,
  ...(options.namespace ? { namespace: options.namespace } : {}),
  labels: { "kubernetes.io/bootstrapping": "rbac-defaults", ...options.labels },
  annotations: { "rbac.authorization.kubernetes.io/autoupdate": "true" },
});

const clusterRole = (name: string, rules: readonly PolicyRule[], labels?: Record<string, string>): BootstrapObject => ({
  group: GROUP,
  resource: "clusterroles",
  object: { apiVersion: API_VERSION, kind: "ClusterRole", metadata: metadata(name, { labels }), rules },
});

/** admin, edit and view: put together by a controller from the roles that are labelled for them. */
const collectingRole = (name: string, labels?: Record<string, string>): BootstrapObject => ({
  group: GROUP,
  resource: "clusterroles",
  object: {
    apiVersion: API_VERSION,
    kind: "ClusterRole",
    metadata: metadata(name, { labels }),
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [aggregateLabel(name)]: "true" } }] },
    rules: null,
  },
});

const subjectOf = (text: string): Record<string, string> => {
  const [kind = "", name = "", namespace] = text.split(" ");
  return kind === "ServiceAccount" ? { kind, name, namespace: namespace ?? SYSTEM } : { kind, apiGroup: GROUP, name };
};

/** ClusterRoleBindings to a ClusterRole of the same name: `Kind NAME [NAMESPACE]`. */
const CLUSTER_BINDINGS: Readonly<Record<string, readonly string[]>> = {
  "cluster-admin": ["Group system:masters"],
  "system:basic-user": ["Group system:authenticated"],
  "system:discovery": ["Group system:authenticated"],
  "system:kube-controller-manager": ["User system:kube-controller-manager"],
  "system:kube-dns": ["ServiceAccount kube-dns"],
  "system:kube-scheduler": ["User system:kube-scheduler"],
  "system:monitoring": ["Group system:monitoring"],
  "system:node": [],
  "system:node-proxier": ["User system:kube-proxy"],
  "system:public-info-viewer": ["Group system:authenticated", "Group system:unauthenticated"],
  "system:service-account-issuer-discovery": ["Group system:serviceaccounts"],
  "system:volume-scheduler": ["User system:kube-scheduler"],
};

function binding(
  kind: "ClusterRoleBinding" | "RoleBinding",
  options: {
    name: string;
    namespace?: string;
    role: string;
    subjects: readonly string[];
  },
): KubeObject {
  return {
    apiVersion: API_VERSION,
    kind,
    metadata: metadata(options.name, { namespace: options.namespace }),
    ...(options.subjects.length > 0 ? { subjects: options.subjects.map(subjectOf) } : {}),
    roleRef: { apiGroup: GROUP, kind: kind === "RoleBinding" ? "Role" : "ClusterRole", name: options.role },
  };
}

const clusterBinding = (name: string, subjects: readonly string[]): BootstrapObject => ({
  group: GROUP,
  resource: "clusterrolebindings",
  object: binding("ClusterRoleBinding", { name, role: name, subjects }),
});

interface NamespacedBinding {
  readonly namespace: string;
  readonly name: string;
  readonly role: string;
  readonly subjects: readonly string[];
}

const controllerBinding = (namespace: string, controller: string): NamespacedBinding => ({
  namespace,
  name: CONTROLLER_PREFIX + controller,
  role: CONTROLLER_PREFIX + controller,
  subjects: [`ServiceAccount ${controller}`],
});

const NAMESPACED_BINDINGS: readonly NamespacedBinding[] = [
  {
    namespace: SYSTEM,
    name: "system::extension-apiserver-authentication-reader",
    role: "extension-apiserver-authentication-reader",
    subjects: ["User system:kube-controller-manager", "User system:kube-scheduler"],
  },
  {
    namespace: SYSTEM,
    name: "system::leader-locking-kube-controller-manager",
    role: "system::leader-locking-kube-controller-manager",
    subjects: [
      "User system:kube-controller-manager",
      "ServiceAccount kube-controller-manager",
      "ServiceAccount leader-election-controller",
    ],
  },
  {
    namespace: SYSTEM,
    name: "system::leader-locking-kube-scheduler",
    role: "system::leader-locking-kube-scheduler",
    subjects: ["User system:kube-scheduler", "ServiceAccount kube-scheduler"],
  },
  controllerBinding(SYSTEM, "bootstrap-signer"),
  controllerBinding(SYSTEM, "cloud-provider"),
  controllerBinding(SYSTEM, "token-cleaner"),
  controllerBinding("kube-public", "bootstrap-signer"),
];

/** Every role and binding of a fresh cluster. */
export function rbacObjects(): BootstrapObject[] {
  const roles = [
    ...Object.entries(clusterRoles).map(([name, rules]) => clusterRole(name, rules)),
    ...Object.entries(aggregatedRoles).map(([name, rules]) => {
      const to = name.slice("system:aggregate-to-".length);
      return clusterRole(name, rules, { [aggregateLabel(to)]: "true" });
    }),
    ...Object.entries(controllerRoles).map(([name, rules]) => clusterRole(CONTROLLER_PREFIX + name, rules)),
    collectingRole("admin"),
    collectingRole("edit", { [aggregateLabel("admin")]: "true" }),
    collectingRole("view", { [aggregateLabel("edit")]: "true" }),
  ];
  const bindings = [
    ...Object.entries(CLUSTER_BINDINGS).map(([name, subjects]) => clusterBinding(name, subjects)),
    ...Object.keys(controllerRoles).map((name) => clusterBinding(CONTROLLER_PREFIX + name, [`ServiceAccount ${name}`])),
  ];
  const namespaced = Object.entries(namespacedRoles).flatMap(([namespace, table]) =>
    Object.entries(table).map(
      ([name, rules]): BootstrapObject => ({
        group: GROUP,
        resource: "roles",
        object: { apiVersion: API_VERSION, kind: "Role", metadata: metadata(name, { namespace }), rules },
      }),
    ),
  );
  const namespacedBindings = NAMESPACED_BINDINGS.map(
    (entry): BootstrapObject => ({
      group: GROUP,
      resource: "rolebindings",
      object: binding("RoleBinding", entry),
    }),
  );
  return [...roles, ...bindings, ...namespaced, ...namespacedBindings];
}
