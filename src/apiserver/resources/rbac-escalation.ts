// SPDX-License-Identifier: Apache-2.0

import { sameJson, forbidden, notFound, type DeepReadonly, type KubeObject } from "../../apimachinery/index.ts";
import { MASTERS } from "../authentication/user-names.ts";
import type { Access, Authorizer } from "../authorization/authorizer.ts";
import type { PolicyRule } from "../authorization/policy-rule.ts";
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

const mayEverything = (user: UserInfo): boolean => user.groups.includes(MASTERS);

async function isAllowed(
  { authorizer }: EscalationParts,
  user: UserInfo,
  access: Pick<Access, "verb" | "resource" | "namespace" | "name">,
): Promise<boolean> {
  const full = { ...access, isResourceRequest: true, path: "", group: GROUP, version: "v1", subresource: "" };
  return (await authorizer.authorize(user, full)).decision === "allow";
}

const quoted = (values: readonly string[]): string => `[${values.map((value) => JSON.stringify(value)).join(" ")}]`;

/** The sentence about rights that a user would grant without holding them; undefined when he holds them all. */
function escalationOf(
  rbac: RbacAuthorizer,
  user: UserInfo,
  namespace: string,
  wanted: readonly PolicyRule[],
): string | undefined {
  const { rules, errors } = rbac.rulesOfUser(user, namespace);
  const missing = uncoveredRules(rules, wanted);
  if (missing.length === 0) return undefined;
  const lines = [...new Set(compactRules(missing).map(ruleText))].sort();
  const head = `user ${JSON.stringify(user.name)} (groups=${quoted(user.groups)}) is attempting to grant RBAC permissions not currently held:\n`;
  const tail = errors.length > 0 ? `; resolution errors: [${errors.join(" ")}]` : "";
  return head + lines.join("\n") + tail;
}

const rulesOf = (object: DeepReadonly<KubeObject> | undefined): readonly PolicyRule[] =>
  (object?.["rules"] as readonly PolicyRule[] | null | undefined) ?? [];

/** Nobody writes a role with more rights than he holds himself, unless he may `escalate`. */
export function roleHooks(resource: "roles" | "clusterroles", parts: EscalationParts): ResourceHooks {
  return {
    async authorizeWrite(object, old, { user }) {
      if (mayEverything(user)) return;
      const { namespace = "", name = "" } = object.metadata;
      const aggregates = Boolean(object["aggregationRule"] ?? old?.["aggregationRule"]);
      if (old && !aggregates && sameJson(rulesOf(old), rulesOf(object))) return;
      if (await isAllowed(parts, user, { verb: "escalate", resource, namespace, name })) return;
      const why = escalationOf(parts.rbac, user, namespace, rulesOf(object));
      if (why) throw forbidden({ group: GROUP, resource }, name, why);
      if (aggregates && escalationOf(parts.rbac, user, "", FULL_AUTHORITY)) {
        throw forbidden(
          { group: GROUP, resource },
          name,
          "must have cluster-admin privileges to use an aggregationRule",
        );
      }
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
      if (mayEverything(user)) return;
      const { namespace = "", name = "" } = object.metadata;
      const roleRef = object["roleRef"] as RoleRef;
      if (old && sameJson(old["subjects"] ?? [], object["subjects"] ?? []) && sameJson(old["roleRef"], roleRef)) return;
      const roleResource = roleRef.kind === "Role" ? "roles" : "clusterroles";
      if (await isAllowed(parts, user, { verb: "bind", resource: roleResource, namespace, name: roleRef.name })) return;
      const rules = parts.rbac.roleRules(roleRef.kind, namespace, roleRef.name);
      if (!rules) throw notFound({ group: GROUP, resource: roleResource }, roleRef.name);
      const why = escalationOf(parts.rbac, user, namespace, rules);
      if (why) throw forbidden({ group: GROUP, resource }, name, why);
    },
  };
}
