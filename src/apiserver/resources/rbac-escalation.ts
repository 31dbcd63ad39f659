// SPDX-License-Identifier: Apache-2.0

import {
  forbidden,
  notFound,
  sameJson,
  type StatusError,
  type DeepReadonly,
  type KubeObject,
  goQuotedList,
} from "../../apimachinery/index.ts";
import { isMaster } from "../authentication/user-names.ts";
import type { Access, Authorizer } from "../authorization/authorizer.ts";
import type { PolicyRule } from "../authorization/policy-rule.ts";
import { aggregateText } from "../authorization/aggregate-text.ts";
import type { RbacAuthorizer } from "../authorization/rbac-authorizer.ts";
import { compactRules, ruleText, uncoveredRules } from "../authorization/rule-coverage.ts";
import type { UserInfo } from "../request-context.ts";
import type { ResourceHooks } from "../resource-hooks.ts";

const GROUP = "rbac.authorization.k8s.io";
const FULL_AUTHORITY: readonly PolicyRule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];

/** What the checks need of authorisation. */
export interface EscalationParts {
  readonly authorizer: Authorizer;
  readonly rbac: RbacAuthorizer;
}

async function isAllowed(
  { authorizer }: EscalationParts,
  user: UserInfo,
  access: Pick<Access, "verb" | "resource" | "namespace" | "name">,
): Promise<boolean> {
  const full = { ...access, isResourceRequest: true, path: "", group: GROUP, version: "v1", subresource: "" };
  return (await authorizer.authorize(user, full)).decision === "allow";
}

/** A role that a binding names and that does not exist: the original calls it by the resource that is written. */
const missingRole = (resource: string, name: string): StatusError => notFound({ group: GROUP, resource }, name);

/** Who grants what, by writing which resource. */
interface Grant {
  readonly resource: string;
  readonly user: UserInfo;
  readonly namespace: string;
  readonly rules: readonly PolicyRule[];
}

/** The sentence about rights that a user would grant without holding them; undefined when he holds them all. */
function escalationOf(rbac: RbacAuthorizer, { resource, user, namespace, rules: wanted }: Grant): string | undefined {
  const { rules, missing: without } = rbac.rulesOfUser(user, namespace);
  const errors = without.map(({ roleName }) => missingRole(resource, roleName).message);
  const missing = uncoveredRules(rules, wanted);
  if (missing.length === 0) return undefined;
  const lines = [...new Set(compactRules(missing).map(ruleText))].sort();
  const head = `user ${JSON.stringify(user.name)} (groups=${goQuotedList(user.groups)}) is attempting to grant RBAC permissions not currently held:\n`;
  const tail = errors.length > 0 ? `; resolution errors: [${aggregateText(errors)}]` : "";
  return head + lines.join("\n") + tail;
}

const rulesOf = (object: DeepReadonly<KubeObject> | undefined): readonly PolicyRule[] =>
  (object?.["rules"] as readonly PolicyRule[] | null | undefined) ?? [];

/** What the collection of garbage needs to change is no change of rights. */
function isOnlyOwnership(object: KubeObject, old: DeepReadonly<KubeObject> | undefined): boolean {
  if (!old) return false;
  const rest = ({ metadata, ...fields }: DeepReadonly<KubeObject>) => {
    const { ownerReferences: _o, finalizers: _f, managedFields: _m, ...kept } = metadata;
    return { ...fields, metadata: kept };
  };
  return sameJson(rest(object), rest(old));
}

const aggregates = (object: DeepReadonly<KubeObject> | undefined): boolean => {
  const rule = object?.["aggregationRule"] as { readonly clusterRoleSelectors?: readonly unknown[] } | undefined;
  return (rule?.clusterRoleSelectors?.length ?? 0) > 0;
};

/** Nobody writes a role with more rights than he holds himself, unless he may `escalate`. */
export function roleHooks(resource: "roles" | "clusterroles", parts: EscalationParts): ResourceHooks {
  return {
    async authorizeWrite(object, old, { user, name: requestName }) {
      if (isMaster(user)) return;
      const { namespace = "", name = "" } = object.metadata;
      if (await isAllowed(parts, user, { verb: "escalate", resource, namespace, name: requestName })) return;
      if (isOnlyOwnership(object, old)) return;
      const why = escalationOf(parts.rbac, { resource, user, namespace, rules: rulesOf(object) });
      if (why) throw forbidden({ group: GROUP, resource }, name, why);
      if (!aggregates(object) && !aggregates(old)) return;
      if (!escalationOf(parts.rbac, { resource, user, namespace: "", rules: FULL_AUTHORITY })) return;
      throw forbidden(
        { group: GROUP, resource },
        name,
        "must have cluster-admin privileges to use the aggregationRule",
      );
    },
  };
}

interface RoleRef {
  readonly kind: string;
  readonly name: string;
}

/** Nobody binds a role with more rights than he holds himself, unless he may `bind` it. */
export function roleBindingHooks(
  resource: "rolebindings" | "clusterrolebindings",
  parts: EscalationParts,
): ResourceHooks {
  return {
    async authorizeWrite(object, old, { user }) {
      if (isMaster(user)) return;
      const { namespace = "", name = "" } = object.metadata;
      const roleRef = object["roleRef"] as RoleRef;
      if (isOnlyOwnership(object, old)) return;
      const roleResource = roleRef.kind === "Role" ? "roles" : "clusterroles";
      if (await isAllowed(parts, user, { verb: "bind", resource: roleResource, namespace, name: roleRef.name })) return;
      const rules = parts.rbac.roleRules(roleRef.kind, namespace, roleRef.name);
      if (!rules) throw missingRole(resource, roleRef.name);
      const why = escalationOf(parts.rbac, { resource, user, namespace, rules });
      if (why) throw forbidden({ group: GROUP, resource }, name, why);
    },
  };
}
