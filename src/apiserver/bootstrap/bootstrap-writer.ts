// SPDX-License-Identifier: Apache-2.0

import { copyJson, isAlreadyExists, isNotFound, sameJson, type KubeObject } from "../../apimachinery/index.ts";
import { assert } from "../../base/index.ts";
import { apiServerUser } from "../authentication/user-names.ts";
import type { PolicyRule } from "../authorization/policy-rule.ts";
import { uncoveredRules } from "../authorization/rule-coverage.ts";
import type { ResourceStore, ResourceStores, WriteOptions } from "../resource-store.ts";
import type { BootstrapObject } from "./bootstrap-object.ts";

const RBAC = "rbac.authorization.k8s.io";
const FLOW_CONTROL = "flowcontrol.apiserver.k8s.io";
const RBAC_AUTOUPDATE = "rbac.authorization.kubernetes.io/autoupdate";
const FLOW_AUTOUPDATE = "apf.kubernetes.io/autoupdate-spec";

/** Writes what a cluster must hold, and brings what is there up to date where its owner has not said no. */
export class BootstrapWriter {
  readonly #stores: ResourceStores;
  readonly #signal: AbortSignal;

  constructor(stores: ResourceStores, signal: AbortSignal) {
    this.#stores = stores;
    this.#signal = signal;
  }

  /** Writes all of them side by side; kinds that are not served are left out. */
  async writeAll(objects: readonly BootstrapObject[]): Promise<void> {
    await Promise.all(objects.map((entry) => this.write(entry)));
  }

  async write(entry: BootstrapObject): Promise<void> {
    const store = this.#stores.find(entry.group, entry.resource);
    if (!store) return;
    const { namespace = "", name } = entry.object.metadata;
    assert(name, "Bootstrap objects have names");
    const existing = store.peek(namespace, name);
    if (existing) {
      if (needsUpdate(entry, existing as KubeObject)) await this.#update(store, entry, namespace, name);
    } else {
      await this.#create(store, entry, namespace);
    }
    if (entry.status) await this.#writeStatus(store, entry.status, namespace, name);
  }

  /** Creates an object or replaces the given fields of the one that is there. */
  async put(entry: BootstrapObject, fields: readonly string[]): Promise<void> {
    const store = this.#stores.find(entry.group, entry.resource);
    if (!store) return;
    const { namespace = "", name = "" } = entry.object.metadata;
    const existing = store.peek(namespace, name);
    if (!existing) {
      await this.#create(store, entry, namespace);
      return;
    }
    if (fields.every((field) => sameJson(existing[field], entry.object[field]))) return;
    await store.update(
      namespace,
      name,
      (object) => {
        for (const field of fields) object[field] = copyJson(entry.object[field]);
        return object;
      },
      this.#options(),
    );
  }

  #options(subresource?: string): WriteOptions {
    return { user: apiServerUser, userAgent: "kube-apiserver", warnings: [], signal: this.#signal, subresource };
  }

  async #create(store: ResourceStore, entry: BootstrapObject, namespace: string): Promise<void> {
    try {
      await store.create(namespace, copyJson(entry.object), this.#options());
    } catch (error) {
      // Another API server on the same store was faster.
      if (!isAlreadyExists(error)) throw error;
    }
  }

  async #update(store: ResourceStore, entry: BootstrapObject, namespace: string, name: string): Promise<void> {
    try {
      await store.update(namespace, name, (object) => reconciled(entry, object), this.#options());
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async #writeStatus(
    store: ResourceStore,
    status: Readonly<Record<string, unknown>>,
    namespace: string,
    name: string,
  ): Promise<void> {
    const present = store.peek(namespace, name)?.["status"] as Record<string, unknown> | undefined;
    if (present && Object.keys(status).every((key) => present[key] !== undefined)) return;
    await store.update(
      namespace,
      name,
      (object) => {
        object["status"] = { ...(object["status"] as object | undefined), ...copyJson(status) };
        return object;
      },
      this.#options("status"),
    );
  }
}

const rulesOf = (object: KubeObject): readonly PolicyRule[] =>
  (object["rules"] as readonly PolicyRule[] | null | undefined) ?? [];

interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

const subjectsOf = (object: KubeObject): readonly Subject[] => (object["subjects"] as Subject[] | undefined) ?? [];

const sameSubject = (a: Subject, b: Subject): boolean =>
  a.kind === b.kind && a.name === b.name && (a.namespace ?? "") === (b.namespace ?? "");

const missingSubjects = (wanted: KubeObject, existing: KubeObject): readonly Subject[] =>
  subjectsOf(wanted).filter((subject) => !subjectsOf(existing).some((other) => sameSubject(subject, other)));

/** Owners switch reconciliation off by annotation; rights that they have added stay. */
function needsUpdate({ group, object }: BootstrapObject, existing: KubeObject): boolean {
  const { annotations } = existing.metadata;
  if (group === FLOW_CONTROL) {
    return annotations?.[FLOW_AUTOUPDATE] === "true" && !sameJson(existing["spec"], object["spec"]);
  }
  if (group !== RBAC || annotations?.[RBAC_AUTOUPDATE] === "false") return false;
  if (uncoveredRules(rulesOf(existing), rulesOf(object)).length > 0) return true;
  return missingSubjects(object, existing).length > 0;
}

function reconciled({ group, object: wanted }: BootstrapObject, existing: KubeObject): KubeObject {
  if (group === FLOW_CONTROL) {
    existing["spec"] = copyJson(wanted["spec"]);
    return existing;
  }
  const rules = uncoveredRules(rulesOf(existing), rulesOf(wanted));
  if (rules.length > 0) existing["rules"] = [...rulesOf(existing), ...copyJson(rules)];
  const subjects = missingSubjects(wanted, existing);
  if (subjects.length > 0) existing["subjects"] = [...subjectsOf(existing), ...copyJson(subjects)];
  return existing;
}
