// SPDX-License-Identifier: Apache-2.0

import type { DeepReadonly, KubeObject } from "../../apimachinery/index.ts";
import type { UserInfo } from "../request-context.ts";
import type { ResourceObserver, ResourceStores } from "../resource-store.ts";
import { aggregateText } from "./aggregate-text.ts";
import {
  allow,
  noOpinion,
  type Access,
  type Authorizer,
  type Decision,
  type NonResourceRule,
  type ResourceRule,
  type RuleResolver,
  type RulesOfUser,
} from "./authorizer.ts";
import { ruleAllows, type PolicyRule } from "./policy-rule.ts";
import { RoleBindingsIndex, type BoundRole } from "./role-bindings-index.ts";

const GROUP = "rbac.authorization.k8s.io";
const NO_RULES: readonly PolicyRule[] = [];

/** Rules of the roles that exist, by `namespace/name` (`/name` for a ClusterRole). */
type RulesByRole = Map<string, readonly PolicyRule[]>;

const observeRules = (rules: RulesByRole): ResourceObserver => ({
  onChange(entry, old) {
    const { namespace, name } = (entry ?? old)!;
    if (entry) rules.set(`${namespace}/${name}`, rulesOf(entry.object));
    else rules.delete(`${namespace}/${name}`);
  },
});

const rulesOf = (role: DeepReadonly<KubeObject>): readonly PolicyRule[] =>
  (role["rules"] as readonly PolicyRule[] | null | undefined) ?? NO_RULES;

/** How upstream says which subject a binding matched. */
function subjectText({ subject, bindingNamespace }: BoundRole): string {
  if (subject.kind !== "ServiceAccount") return `${subject.kind} ${JSON.stringify(subject.name)}`;
  return `ServiceAccount ${JSON.stringify(`${subject.name}/${subject.namespace || bindingNamespace}`)}`;
}

function reasonOf(bound: BoundRole): string {
  const binding =
    bound.bindingKind === "RoleBinding"
      ? JSON.stringify(`${bound.bindingName}/${bound.bindingNamespace}`)
      : JSON.stringify(bound.bindingName);
  return `RBAC: allowed by ${bound.bindingKind} ${binding} of ${bound.roleKind} ${JSON.stringify(bound.roleName)} to ${subjectText(bound)}`;
}

function missingRole(bound: BoundRole): string {
  const resource = bound.roleKind === "Role" ? "role" : "clusterrole";
  return `${resource}.${GROUP} ${JSON.stringify(bound.roleName)} not found`;
}

/** Role-based access control over the watch cache: deny by default, no walk over bindings, no parsing per request. */
export class RbacAuthorizer implements Authorizer, RuleResolver {
  readonly name = "RBAC";
  readonly #roles: RulesByRole = new Map();
  readonly #bindings = new RoleBindingsIndex();
  readonly #allowed = new WeakMap<BoundRole, Decision>();

  /** Starts to follow the RBAC kinds; returns what ends it. */
  follow(stores: ResourceStores): () => void {
    const observers: readonly [string, ResourceObserver][] = [
      ["roles", observeRules(this.#roles)],
      ["clusterroles", observeRules(this.#roles)],
      ["rolebindings", this.#bindings.roleBindings],
      ["clusterrolebindings", this.#bindings.clusterRoleBindings],
    ];
    const stops = observers.map(([resource, observer]) => stores.find(GROUP, resource)?.observe(observer));
    return () => {
      for (const stop of stops) stop?.();
    };
  }

  authorize(user: UserInfo, access: Access): Decision {
    let missing: string[] | undefined;
    for (const bound of this.#bindings.of(user, access.namespace)) {
      const rules = this.#rulesOf(bound);
      if (!rules) {
        (missing ??= []).push(missingRole(bound));
        continue;
      }
      for (const rule of rules)
        if (ruleAllows(rule, access)) return this.#allowBy(this.#bindings.firstSubject(bound, user));
    }
    return missing ? noOpinion(`RBAC: ${aggregateText(missing)}`) : noOpinion();
  }

  /** The answer is the same object each time: it is asked for with every request. */
  #allowBy(bound: BoundRole): Decision {
    let decision = this.#allowed.get(bound);
    if (!decision) {
      decision = allow(reasonOf(bound));
      this.#allowed.set(bound, decision);
    }
    return decision;
  }

  /** Every rule that holds for a user in a namespace (or cluster-wide, when it is empty), and bindings of roles that are missing. */
  rulesOfUser(user: UserInfo, namespace: string): { rules: PolicyRule[]; missing: BoundRole[] } {
    const rules: PolicyRule[] = [];
    const missing: BoundRole[] = [];
    const seen = new Set<readonly BoundRole[]>();
    for (const bound of this.#bindings.of(user, namespace)) {
      if (seen.has(bound.siblings)) continue;
      seen.add(bound.siblings);
      const found = this.#rulesOf(bound);
      if (found) rules.push(...found);
      else missing.push(bound);
    }
    return { rules, missing };
  }

  rulesFor(user: UserInfo, namespace: string): RulesOfUser {
    const { rules, missing } = this.rulesOfUser(user, namespace);
    const resourceRules: ResourceRule[] = [];
    const nonResourceRules: NonResourceRule[] = [];
    for (const rule of rules) {
      if (rule.resources?.length) resourceRules.push(resourceRuleOf(rule));
      if (rule.nonResourceURLs?.length) {
        nonResourceRules.push({ verbs: rule.verbs, nonResourceURLs: rule.nonResourceURLs });
      }
    }
    return {
      resourceRules,
      nonResourceRules,
      incomplete: false,
      ...(missing.length > 0 ? { evaluationError: aggregateText(missing.map(missingRole)) } : {}),
    };
  }

  /** The rules of a role that a binding names; undefined when there is no such role. */
  roleRules(kind: string, namespace: string, name: string): readonly PolicyRule[] | undefined {
    return this.#roles.get(kind === "Role" ? `${namespace}/${name}` : `/${name}`);
  }

  #rulesOf(bound: BoundRole): readonly PolicyRule[] | undefined {
    return this.roleRules(bound.roleKind, bound.bindingNamespace, bound.roleName);
  }
}

function resourceRuleOf(rule: PolicyRule): ResourceRule {
  return {
    verbs: rule.verbs,
    apiGroups: rule.apiGroups ?? [],
    resources: rule.resources ?? [],
    ...(rule.resourceNames?.length ? { resourceNames: rule.resourceNames } : {}),
  };
}
