// SPDX-License-Identifier: Apache-2.0

import type { FlowSchema } from "../../api/index.ts";
import type { DeepReadonly } from "../../apimachinery/index.ts";
import { parseServiceAccountUserName } from "../authentication/user-names.ts";
import type { RequestInfo, UserInfo } from "../request-context.ts";

type Rule = NonNullable<DeepReadonly<FlowSchema>["spec"]["rules"]>[number];
type Subject = Rule["subjects"][number];
type ResourceRule = NonNullable<Rule["resourceRules"]>[number];
type PathRule = NonNullable<Rule["nonResourceRules"]>[number];

const ANY = "*";

const holds = (values: readonly string[] | undefined, value: string): boolean =>
  values !== undefined && (values.includes(ANY) || values.includes(value));

function isAccount(subject: NonNullable<Subject["serviceAccount"]>, user: UserInfo): boolean {
  const account = parseServiceAccountUserName(user.name);
  if (account?.namespace !== subject.namespace) return false;
  return subject.name === ANY || subject.name === account.name;
}

function isSubject(subject: Subject, user: UserInfo): boolean {
  switch (subject.kind) {
    case "User":
      return subject.user?.name === ANY || subject.user?.name === user.name;
    case "Group":
      return subject.group?.name === ANY || user.groups.includes(subject.group?.name ?? "");
    case "ServiceAccount":
      return subject.serviceAccount !== undefined && isAccount(subject.serviceAccount, user);
    default:
      return false;
  }
}

function coversResource(rule: ResourceRule, info: RequestInfo): boolean {
  if (!holds(rule.verbs, info.verb) || !holds(rule.apiGroups, info.group)) return false;
  const resource = info.subresource === "" ? info.resource : `${info.resource}/${info.subresource}`;
  if (!holds(rule.resources, resource)) return false;
  return info.namespace === "" ? (rule.clusterScope ?? false) : holds(rule.namespaces, info.namespace);
}

/** A path covers what is below it, with a star or without. */
const folderOf = (url: string): string => url.replace(/\*$/, "").replace(/\/?$/, "/");

function coversPath(rule: PathRule, info: RequestInfo): boolean {
  if (!holds(rule.verbs, info.verb)) return false;
  return rule.nonResourceURLs.some((url) => url === ANY || url === info.path || info.path.startsWith(folderOf(url)));
}

/** Whether a rule of a flow schema is for a request. */
export function flowRuleMatches(rule: Rule, user: UserInfo, info: RequestInfo): boolean {
  if (!rule.subjects.some((subject) => isSubject(subject, user))) return false;
  return info.isResourceRequest
    ? (rule.resourceRules?.some((resource) => coversResource(resource, info)) ?? false)
    : (rule.nonResourceRules?.some((path) => coversPath(path, info)) ?? false);
}
