// SPDX-License-Identifier: Apache-2.0

import type { ClusterRole, PolicyRule } from "../../api/index.ts";
import { isNotFound, semanticEqual } from "../../apimachinery/index.ts";
import {
  CLUSTER_ROLES,
  DONE,
  WorkQueue,
  type Cached,
  type Client,
  type Informer,
  type Outcome,
  type Reconciler,
} from "../../client/index.ts";
import { selectorOf } from "../../rules/index.ts";
import { controllerOfParts, type Controller, type ControllerContext } from "../controller.ts";

const NAME = "clusterrole-aggregation-controller";
const WORKERS = 5;

/** The rules of all roles that an aggregated role selects, each once, in the order of the roles' names. */
function aggregatedRules(role: Cached<ClusterRole>, roles: Iterable<Cached<ClusterRole>>): PolicyRule[] {
  const selectors = (role.aggregationRule?.clusterRoleSelectors ?? []).map(selectorOf);
  const sorted = [...roles].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const rules = new Map<string, PolicyRule>();
  for (const selector of selectors) {
    for (const other of sorted) {
      if (other.metadata.name === role.metadata.name || !selector.matches(other.metadata.labels)) continue;
      for (const rule of other.rules ?? []) {
        const text = JSON.stringify(rule);
        if (!rules.has(text)) rules.set(text, rule as PolicyRule);
      }
    }
  }
  return [...rules.values()];
}

class AggregationReconciler implements Reconciler {
  readonly #client: Client;
  readonly #roles: Informer<ClusterRole>;

  constructor(client: Client, roles: Informer<ClusterRole>) {
    this.#client = client;
    this.#roles = roles;
  }

  async reconcile(name: string, { signal }: { readonly signal: AbortSignal }): Promise<Outcome> {
    const role = this.#roles.lister.get("", name);
    if (!role?.aggregationRule) return DONE;
    const rules = aggregatedRules(role, this.#roles.lister.list());
    if (semanticEqual(rules, role.rules)) return DONE;
    const applied: ClusterRole = { metadata: { name }, rules };
    try {
      await this.#client.resource(CLUSTER_ROLES).apply(applied, { signal, fieldManager: NAME, force: true });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    return DONE;
  }
}

/** Gives aggregated cluster roles the rules of those that they select. */
export function createClusterRoleAggregationController(context: ControllerContext): Controller {
  const queue = new WorkQueue({ clock: context.clock });
  const roles = context.informers.informer(CLUSTER_ROLES);
  const wakeAggregated = (): void => {
    for (const role of roles.lister.list()) if (role.aggregationRule) queue.add(role.metadata.name);
  };
  roles.addHandler({ added: wakeAggregated, updated: wakeAggregated, deleted: wakeAggregated });
  return controllerOfParts({
    name: NAME,
    context,
    queue,
    reconciler: new AggregationReconciler(context.clientFor(NAME), roles),
    caches: [roles],
    workers: WORKERS,
  });
}
