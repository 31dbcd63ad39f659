// SPDX-License-Identifier: Apache-2.0

import { badRequest, fieldError, invalidObject, type FieldError, type ObjectMeta } from "../../apimachinery/index.ts";
import type {
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
} from "../../api/index.ts";
import type { Access, Authorizer, RuleResolver } from "../authorization/authorizer.ts";
import { namespaceMismatch } from "../registry/index.ts";
import type { UserInfo } from "../request-context.ts";
import { selectorErrors, selectorEvaluationError, selectorQuery } from "./review-selectors.ts";

type Spec = SubjectAccessReview["spec"];
type SelfSpec = SelfSubjectAccessReview["spec"];
type Status = NonNullable<SubjectAccessReview["status"]>;

const GROUP = "authorization.k8s.io";

/** What a review asks about. */
function accessOf({ resourceAttributes: r, nonResourceAttributes: n }: SelfSpec): Access {
  return {
    isResourceRequest: r !== undefined,
    verb: r?.verb ?? n?.verb ?? "",
    path: n?.path ?? "",
    group: r?.group ?? "",
    version: r?.version ?? "",
    namespace: r?.namespace ?? "",
    resource: r?.resource ?? "",
    subresource: r?.subresource ?? "",
    name: r?.name ?? "",
    query: r && selectorQuery(r),
  };
}

/** The original prints its internal type, whose fields have no JSON names. */
const printed = ({ path = "", verb = "" }: NonNullable<SelfSpec["nonResourceAttributes"]>) => ({
  Path: path,
  Verb: verb,
});

function attributeErrors({ resourceAttributes, nonResourceAttributes }: SelfSpec): FieldError[] {
  if (resourceAttributes && nonResourceAttributes) {
    const why = "cannot be specified in combination with resourceAttributes";
    return [fieldError.invalid("spec.nonResourceAttributes", printed(nonResourceAttributes), why)];
  }
  if (!resourceAttributes && !nonResourceAttributes) {
    const why = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
    return [fieldError.invalid("spec.resourceAttributes", null, why)];
  }
  return [];
}

/** A review is no stored object: it has no metadata, but for the namespace of a local one. */
function metadataErrors({ managedFields, namespace, ...own }: ObjectMeta, isLocal: boolean): FieldError[] {
  if (Object.keys(own).length === 0) return [];
  const why = isLocal ? "must be empty except for namespace" : "must be empty";
  const { name, generateName, ...others } = own;
  // As JSON of the original's struct has them: what is undefined is not printed.
  const value = { name, generateName, ...(isLocal ? { namespace } : {}), ...others, managedFields };
  return [fieldError.invalid("metadata", value, why)];
}

const subjectErrors = ({ user, groups }: Spec): FieldError[] =>
  user || groups?.length
    ? []
    : [fieldError.invalid("spec.user", "", "at least one of user or group must be specified")];

/** The original answers these without the kind's name. */
function check(...errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidObject({ group: GROUP, kind: "" }, "", errors);
}

async function statusOf(authorizer: Authorizer, user: UserInfo, spec: SelfSpec): Promise<Status> {
  const { decision, reason } = await authorizer.authorize(user, accessOf(spec));
  const evaluationError = spec.resourceAttributes && selectorEvaluationError(spec.resourceAttributes);
  return {
    allowed: decision === "allow",
    ...(decision === "deny" ? { denied: true } : {}),
    ...(reason ? { reason } : {}),
    ...(evaluationError ? { evaluationError } : {}),
  };
}

const subjectOf = ({ user, groups, extra, uid }: Spec): UserInfo => ({
  name: user ?? "",
  groups: groups ?? [],
  ...(uid ? { uid } : {}),
  ...(extra ? { extra } : {}),
});

/** What somebody else may do. */
export async function reviewSubjectAccess(authorizer: Authorizer, review: SubjectAccessReview): Promise<void> {
  const { spec, metadata } = review;
  check(
    ...attributeErrors(spec),
    ...subjectErrors(spec),
    ...selectorErrors(spec.resourceAttributes),
    ...metadataErrors(metadata, false),
  );
  review.status = await statusOf(authorizer, subjectOf(spec), spec);
}

/** What somebody else may do in one namespace. */
export async function reviewLocalSubjectAccess(
  authorizer: Authorizer,
  review: LocalSubjectAccessReview,
  namespace: string,
): Promise<void> {
  const { spec, metadata } = review;
  if (metadata.namespace && metadata.namespace !== namespace) throw namespaceMismatch();
  metadata.namespace = namespace;
  const { resourceAttributes, nonResourceAttributes } = spec;
  const errors = [
    ...attributeErrors(spec),
    ...subjectErrors(spec),
    ...selectorErrors(resourceAttributes),
    ...metadataErrors(metadata, true),
  ];
  if (resourceAttributes && (resourceAttributes.namespace ?? "") !== namespace) {
    const why = "must match metadata.namespace";
    errors.push(fieldError.invalid("spec.resourceAttributes.namespace", resourceAttributes.namespace ?? "", why));
  }
  if (nonResourceAttributes) {
    const why = "disallowed on this kind of request";
    errors.push(fieldError.invalid("spec.nonResourceAttributes", printed(nonResourceAttributes), why));
  }
  check(...errors);
  review.status = await statusOf(authorizer, subjectOf(spec), spec);
}

/** What the one who asks may do. */
export async function reviewSelfAccess(
  authorizer: Authorizer,
  review: SelfSubjectAccessReview,
  user: UserInfo,
): Promise<void> {
  const { spec, metadata } = review;
  check(...attributeErrors(spec), ...selectorErrors(spec.resourceAttributes), ...metadataErrors(metadata, false));
  review.status = await statusOf(authorizer, user, spec);
}

/** Everything that the one who asks may do in a namespace, as far as rules can say. */
export function reviewSelfRules(
  resolver: RuleResolver,
  review: SelfSubjectRulesReview,
  user: UserInfo,
): SelfSubjectRulesReview {
  const { namespace } = review.spec;
  if (!namespace) throw badRequest("no namespace on request");
  return {
    metadata: {},
    spec: {},
    status: resolver.rulesFor(user, namespace) as unknown as SelfSubjectRulesReview["status"],
  };
}

/** A user as reviews show it. */
export const userInfoOf = ({ name, uid, groups, extra }: UserInfo) => ({
  ...(name ? { username: name } : {}),
  ...(uid ? { uid } : {}),
  ...(groups.length > 0 ? { groups: [...groups] } : {}),
  ...(extra ? { extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]])) } : {}),
});
