// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { RbacAuthorizer } from "../../src/apiserver/authorization/rbac-authorizer.ts";
import { subresourcesOf } from "../../src/apiserver/discovery/special-subresources.ts";
import type { Cluster } from "../../src/index.ts";
import { virtualCluster } from "./virtual-time.ts";

/**
 * What the default ClusterRoles allow, as the documentation of RBAC and of the parts says it: a line is verbs, a colon,
 * resources. `r` is get, list and watch; `w` is create, update, patch, delete and deletecollection. A role named before
 * the lines is contained.
 */
const TABLE: Readonly<Record<string, string>> = {
  "cluster-admin": "r w: *",
  // "Allows read-only access to see most objects in a namespace": neither Secrets nor roles nor their bindings.
  view: `
    r: bindings configmaps endpoints events limitranges namespaces namespaces/status serviceaccounts
    r: persistentvolumeclaims persistentvolumeclaims/status pods pods/log pods/status
    r: replicationcontrollers replicationcontrollers/scale replicationcontrollers/status
    r: resourcequotas resourcequotas/status services services/status
    r: controllerrevisions.apps daemonsets.apps daemonsets.apps/status
    r: deployments.apps deployments.apps/scale deployments.apps/status
    r: replicasets.apps replicasets.apps/scale replicasets.apps/status
    r: statefulsets.apps statefulsets.apps/scale statefulsets.apps/status
    r: horizontalpodautoscalers.autoscaling horizontalpodautoscalers.autoscaling/status
    r: cronjobs.batch cronjobs.batch/status jobs.batch jobs.batch/status
    r: endpointslices.discovery.k8s.io poddisruptionbudgets.policy poddisruptionbudgets.policy/status
    r: ingresses.networking.k8s.io ingresses.networking.k8s.io/status networkpolicies.networking.k8s.io
    r: events.events.k8s.io resourceclaims.resource.k8s.io resourceclaims.resource.k8s.io/status
    r: resourceclaimtemplates.resource.k8s.io`,
  // "Allows read/write access to most objects": Secrets too, but no roles; EndpointSlices are read only.
  edit: `view
    r w: secrets services/proxy pods/attach pods/exec pods/portforward pods/proxy leases.coordination.k8s.io
    w: configmaps events persistentvolumeclaims pods serviceaccounts services
    w: replicationcontrollers replicationcontrollers/scale events.events.k8s.io
    w: daemonsets.apps deployments.apps deployments.apps/scale replicasets.apps replicasets.apps/scale
    w: statefulsets.apps statefulsets.apps/scale horizontalpodautoscalers.autoscaling cronjobs.batch jobs.batch
    w: poddisruptionbudgets.policy ingresses.networking.k8s.io networkpolicies.networking.k8s.io
    w: resourceclaims.resource.k8s.io resourceclaimtemplates.resource.k8s.io
    create: pods/eviction serviceaccounts/token
    impersonate: serviceaccounts`,
  // "Including the ability to create roles and role bindings within the namespace"; no quota, not the namespace itself.
  admin: `edit
    r w: roles.rbac.authorization.k8s.io rolebindings.rbac.authorization.k8s.io
    create: localsubjectaccessreviews.authorization.k8s.io`,
  "system:basic-user": `
    create: selfsubjectaccessreviews.authorization.k8s.io selfsubjectrulesreviews.authorization.k8s.io
    create: selfsubjectreviews.authentication.k8s.io`,
  "system:discovery": "",
  "system:public-info-viewer": "",
  "system:service-account-issuer-discovery": "",
  "system:monitoring": "",
  "system:auth-delegator": `
    create: tokenreviews.authentication.k8s.io subjectaccessreviews.authorization.k8s.io`,
  "system:heapster": "r: events namespaces nodes pods",
  "system:kube-aggregator": "r: endpoints services",
  "system:kube-dns": "list watch: endpoints services",
  "system:kubelet-api-admin": `
    r: nodes
    proxy: nodes
    all: nodes/proxy`,
  "system:node-bootstrapper": "create r: certificatesigningrequests.certificates.k8s.io",
  "system:node-problem-detector": `
    get: nodes
    patch: nodes/status
    create patch update: events events.events.k8s.io`,
  "system:node-proxier": `
    list watch: endpoints services servicecidrs.networking.k8s.io endpointslices.discovery.k8s.io
    r: nodes
    create patch update: events events.events.k8s.io`,
  "system:persistent-volume-provisioner": `
    create delete r: persistentvolumes
    r update: persistentvolumeclaims
    r: storageclasses.storage.k8s.io
    watch: events
    create patch update: events events.events.k8s.io`,
  "system:volume-scheduler": `
    r patch update: persistentvolumes persistentvolumeclaims
    r: storageclasses.storage.k8s.io`,
  "system:kube-scheduler": `
    create patch update: events events.events.k8s.io
    create: leases.coordination.k8s.io bindings pods/binding
    create: tokenreviews.authentication.k8s.io subjectaccessreviews.authorization.k8s.io
    r: nodes namespaces persistentvolumes persistentvolumeclaims replicationcontrollers services
    r delete: pods
    patch update: pods/status
    r: replicasets.apps statefulsets.apps poddisruptionbudgets.policy
    r: csinodes.storage.k8s.io csidrivers.storage.k8s.io csistoragecapacities.storage.k8s.io
    r: volumeattachments.storage.k8s.io deviceclasses.resource.k8s.io resourceslices.resource.k8s.io
    r patch update: resourceclaims.resource.k8s.io resourceclaims.resource.k8s.io/status`,
  "system:kube-controller-manager": `
    list watch: *
    create patch update: events events.events.k8s.io
    create: leases.coordination.k8s.io serviceaccounts/token
    create get update: secrets serviceaccounts
    delete: secrets
    get: configmaps namespaces
    create: tokenreviews.authentication.k8s.io subjectaccessreviews.authorization.k8s.io`,
  "system:node": `
    create: tokenreviews.authentication.k8s.io serviceaccounts/token pods/eviction
    create: subjectaccessreviews.authorization.k8s.io localsubjectaccessreviews.authorization.k8s.io
    r: services pods configmaps secrets csidrivers.storage.k8s.io runtimeclasses.node.k8s.io
    r create patch update: nodes
    patch update: nodes/status pods/status
    create patch update: events events.events.k8s.io
    create delete: pods
    get: persistentvolumes persistentvolumeclaims endpoints serviceaccounts volumeattachments.storage.k8s.io
    get patch update: persistentvolumeclaims/status
    create r: certificatesigningrequests.certificates.k8s.io
    create delete get patch update: leases.coordination.k8s.io csinodes.storage.k8s.io
    get: resourceclaims.resource.k8s.io
    deletecollection: resourceslices.resource.k8s.io`,
};

/** Paths that are no resources, by role; everybody may read what his kind of user is shown. */
const PATHS: Readonly<Record<string, string>> = {
  "cluster-admin": "/api /apis/apps /healthz /livez /readyz /version /openapi/v3 /metrics /openid/v1/jwks /logs",
  "system:discovery": "/api /apis/apps /healthz /livez /readyz /version /openapi/v3",
  "system:public-info-viewer": "/healthz /livez /readyz /version",
  "system:service-account-issuer-discovery": "/openid/v1/jwks",
  "system:monitoring": "/healthz /livez /readyz /metrics",
};

const READ = ["get", "list", "watch"];
const WRITE = ["create", "update", "patch", "delete", "deletecollection"];
const VERBS = [...READ, ...WRITE, "impersonate", "proxy", "bind", "escalate", "approve", "sign"];
const DATA = new URL("../../../shared/data/kubernetes-v1.35/bootstrap/with-controllers.json", import.meta.url);
const skip = existsSync(DATA) ? false : "shared/data is not beside the checkout";

interface Rule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}
interface Role {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules: readonly Rule[] | null;
}
/** `resource.group/subresource`, taken apart. */
interface Target {
  readonly text: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
}

let cluster: Cluster;
let stop: () => Promise<void>;
const rbac = new RbacAuthorizer();
let targets: Target[];

before(async () => {
  const story = await virtualCluster();
  cluster = story.cluster;
  stop = async () => story[Symbol.asyncDispose]();
  const { apiServer } = cluster.controlPlane;
  rbac.follow(apiServer.stores);
  const rulesOf = (name: string) => rbac.roleRules("ClusterRole", "", name)?.length ?? 0;
  await story.clock.advanceUntil(
    () => rulesOf("admin") > rulesOf("edit") && rulesOf("edit") > rulesOf("view") && rulesOf("view") > 0,
    {
      limitMs: 60_000,
    },
  );
  const seen = new Map<string, Target>();
  for (const { kind } of apiServer.kinds.all())
    for (const subresource of ["", ...subresourcesOf(kind).map(({ name }) => name)]) {
      const { group, resource } = kind;
      const text = `${resource}${group ? `.${group}` : ""}${subresource ? `/${subresource}` : ""}`;
      seen.set(text, { text, group, resource, subresource });
    }
  targets = [...seen.values()];
  assert.ok(targets.length > 100, `${targets.length} resources`);
});
after(() => stop());

function verbsOf(words: string): string[] {
  return words
    .split(" ")
    .flatMap((word) => (word === "r" ? READ : word === "w" ? WRITE : word === "all" ? VERBS : [word]));
}

/** Everything that the table gives to a role: `verb target`. */
function granted(role: string): Set<string> {
  const found = new Set<string>();
  for (const line of TABLE[role]!.split("\n").map((text) => text.trim())) {
    if (!line.includes(":")) {
      if (line) for (const entry of granted(line)) found.add(entry);
      continue;
    }
    const [verbs = "", resources = ""] = line.split(": ");
    for (const verb of verbsOf(verbs))
      for (const resource of resources === "*" ? targets.map(({ text }) => text) : resources.split(" "))
        found.add(`${verb} ${resource}`);
  }
  if (role === "cluster-admin") for (const verb of VERBS) for (const { text } of targets) found.add(`${verb} ${text}`);
  return found;
}

/** Everything that the authorizer lets a user do who has one role and nothing else: in a namespace, or everywhere. */
function allowed(user: string, namespace: string): Set<string> {
  const found = new Set<string>();
  const who = { name: user, uid: "", groups: [], extra: {} };
  for (const { text, group, resource, subresource } of targets)
    for (const verb of VERBS) {
      const access = {
        isResourceRequest: true,
        path: "",
        version: "v1",
        name: "some",
        verb,
        group,
        resource,
        subresource,
        namespace,
      };
      if (rbac.authorize(who, access).decision === "allow") found.add(`${verb} ${text}`);
    }
  return found;
}

const RBAC = "rbac.authorization.k8s.io";

/** Binds a role to a user of its own; everywhere, or in a namespace. */
async function bind(kind: string, name: string, namespace: string): Promise<string> {
  const user = `of ${kind} ${name} in ${namespace || "all"}`;
  const binding = {
    metadata: { name: `t-${name.replaceAll(":", "-")}`, ...(namespace ? { namespace } : {}) },
    roleRef: { apiGroup: RBAC, kind, name },
    subjects: [{ apiGroup: RBAC, kind: "User", name: user }],
  };
  const store = cluster.controlPlane.apiServer.stores.find(RBAC, namespace ? "rolebindings" : "clusterrolebindings")!;
  const { signal } = new AbortController();
  const admin = { name: "admin", uid: "", groups: ["system:masters"], extra: {} };
  const object = { apiVersion: `${RBAC}/v1`, kind: namespace ? "RoleBinding" : "ClusterRoleBinding", ...binding };
  await store.create(namespace, object, { user: admin, warnings: [], signal });
  return user;
}

test("the default roles allow what the documentation says, and nothing else", async () => {
  for (const role of Object.keys(TABLE)) {
    const user = await bind("ClusterRole", role, "");
    assert.deepEqual([...allowed(user, "default")].sort(), [...granted(role)].sort(), role);
    const elsewhere = await bind("ClusterRole", role, "kube-public");
    assert.deepEqual([...allowed(elsewhere, "kube-public")].sort(), [...granted(role)].sort(), role);
    assert.deepEqual([...allowed(elsewhere, "default"), ...allowed(elsewhere, "")], [], role);
  }
});

test("paths that are no resources are open to those whom the documentation names", () => {
  const paths = PATHS["cluster-admin"]!.split(" ");
  for (const role of Object.keys(TABLE)) {
    const who = { name: `of ClusterRole ${role} in all`, uid: "", groups: [], extra: {} };
    const access = {
      isResourceRequest: false,
      group: "",
      version: "",
      namespace: "",
      resource: "",
      subresource: "",
      name: "",
    };
    const may = (verb: string) =>
      paths.filter((path) => rbac.authorize(who, { ...access, verb, path }).decision === "allow");
    assert.equal(may("get").join(" "), PATHS[role] ?? "", role);
    assert.equal(may("post").join(" "), role === "cluster-admin" ? PATHS[role] : "", role);
  }
});

/** The rules of a role, spelled out one by one. */
function spelledOut(rules: readonly Rule[]): Set<string> {
  const found = new Set<string>();
  const has = (list: readonly string[] | undefined, value: string) =>
    !!list && (list.includes("*") || list.includes(value));
  for (const { text, group, resource, subresource } of targets)
    for (const verb of VERBS)
      for (const rule of rules) {
        const named = subresource ? `${resource}/${subresource}` : resource;
        const matches =
          has(rule.apiGroups, group) &&
          (has(rule.resources, named) || (subresource !== "" && rule.resources?.includes(`*/${subresource}`)));
        if (matches && has(rule.verbs, verb) && !rule.resourceNames?.length) found.add(`${verb} ${text}`);
      }
  return found;
}

test("every role of a fresh cluster allows what the original's does: controllers and namespaces too", {
  skip,
}, async () => {
  const data = JSON.parse(readFileSync(DATA, "utf8")) as { clusterroles: Role[]; roles: Role[] };
  for (const { metadata, rules } of data.clusterroles) {
    const user =
      TABLE[metadata.name] === undefined
        ? await bind("ClusterRole", metadata.name, "")
        : `of ClusterRole ${metadata.name} in all`;
    assert.deepEqual([...allowed(user, "default")].sort(), [...spelledOut(rules ?? [])].sort(), metadata.name);
  }
  for (const { metadata, rules } of data.roles) {
    const user = await bind("Role", metadata.name, metadata.namespace!);
    assert.deepEqual(
      [...allowed(user, metadata.namespace!)].sort(),
      [...spelledOut(rules ?? [])].sort(),
      metadata.name,
    );
    assert.deepEqual([...allowed(user, "default")], [], metadata.name);
  }
});
