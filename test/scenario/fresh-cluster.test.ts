// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { virtualCluster } from "./virtual-time.ts";

const DATA = new URL("../../../shared/data/kubernetes-v1.35/bootstrap/with-controllers.json", import.meta.url);
const skip = existsSync(DATA) ? false : "shared/data is not beside the checkout";

interface Recorded {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

const RBAC = "apis/rbac.authorization.k8s.io/v1";
/** Where the kinds are that do not belong to the core group. */
const BASES: Readonly<Record<string, string>> = {
  apiservices: "apis/apiregistration.k8s.io/v1",
  clusterrolebindings: RBAC,
  clusterroles: RBAC,
  "endpointslices.discovery.k8s.io": "apis/discovery.k8s.io/v1",
  flowschemas: "apis/flowcontrol.apiserver.k8s.io/v1",
  ipaddresses: "apis/networking.k8s.io/v1",
  leases: "apis/coordination.k8s.io/v1",
  priorityclasses: "apis/scheduling.k8s.io/v1",
  prioritylevelconfigurations: "apis/flowcontrol.apiserver.k8s.io/v1",
  rolebindings: RBAC,
  roles: RBAC,
  servicecidrs: "apis/networking.k8s.io/v1",
};

/** What is otherwise here, and why. */
const OTHERWISE: Readonly<Record<string, { readonly missing?: RegExp; readonly extra?: RegExp }>> = {
  // Controllers say who they are without tokens: they need no accounts.
  serviceaccounts: { missing: /^kube-system\/(?!default$)/ },
  // The recorded cluster had no scheduler.
  leases: { extra: /^kube-system\/kube-scheduler$/ },
  // The API does not allow loopback addresses as endpoints, and this cluster has no others.
  endpoints: { missing: /^default\/kubernetes$/ },
  "endpointslices.discovery.k8s.io": { missing: /^default\/kubernetes$/ },
};
/** Holders and times; ranges, which no controller watches over yet; the port of the server. */
const NOT_COMPARED = new Set(["leases", "servicecidrs", "services"]);

const SERVER_FIELDS = new Set(["uid", "resourceVersion", "creationTimestamp", "managedFields"]);

const nameOf = ({ metadata }: Recorded): string =>
  `${metadata.namespace ?? ""}/${metadata.name.replace(/^apiserver-.*/, "apiserver")}`;

/** Without what each server says otherwise: uids and times, certificates, dates. */
function plain(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) return value.map((item) => plain(item));
  if (key === "lastTransitionTime" || key === "since" || /^client-ca-file$|^ca\.crt$/.test(key)) return "<varies>";
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(
    ([name]) => !SERVER_FIELDS.has(name) && !(key === "" && (name === "kind" || name === "apiVersion")),
  );
  return Object.fromEntries(kept.map(([name, member]) => [name, plain(member, name)]));
}

test("a fresh cluster with its controllers holds what upstream's holds", { skip }, async () => {
  const { signal } = new AbortController();
  await using story = await virtualCluster({ serviceCidr: "10.0.0.0/24" });
  const expected = JSON.parse(readFileSync(DATA, "utf8")) as Record<string, Recorded[]>;
  const held = async (resource: string): Promise<Map<string, Recorded>> => {
    const path = `/${BASES[resource] ?? "api/v1"}/${resource.split(".")[0]}`;
    const { items } = await story.cluster.client.requestJson<{ items: Recorded[] }>("GET", path, { signal });
    return new Map(items.map((item) => [nameOf(item), item]));
  };
  const settled = async (): Promise<boolean> =>
    (await held("configmaps")).size === expected["configmaps"]!.length && (await held("serviceaccounts")).size >= 4;
  await story.clock.advanceUntil(settled, { limitMs: 60_000 });
  for (const [resource, theirs] of Object.entries(expected)) {
    const ours = await held(resource);
    const wanted = new Map(theirs.map((item) => [nameOf(item), item]));
    const { missing = /^$/, extra = /^$/ } = OTHERWISE[resource] ?? {};
    const without = (a: Map<string, unknown>, b: Map<string, unknown>, known: RegExp): string[] =>
      [...a.keys()].filter((name) => !b.has(name) && !known.test(name));
    assert.deepEqual(without(wanted, ours, missing), [], `${resource} that are missing`);
    assert.deepEqual(without(ours, wanted, extra), [], `${resource} that nobody else has`);
    if (NOT_COMPARED.has(resource)) continue;
    for (const [name, object] of wanted) {
      const own = ours.get(name);
      if (own) assert.deepEqual(plain(own), plain(object), `${resource} ${name}`);
    }
  }
});
