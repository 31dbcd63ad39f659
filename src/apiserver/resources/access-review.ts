// SPDX-License-Identifier: Apache-2.0

import { badRequest, fieldError, invalidObject, type FieldError } from "../../apimachinery/index.ts";
import type {
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
} from "../../api/index.ts";
import type { Access, Authorizer, RuleResolver } from "../authorization/authorizer.ts";
import type { UserInfo } from "../request-context.ts";

type Spec = SubjectAccessReview["spec"];
type SelfSpec = SelfSubjectAccessReview["spec"];
type Status = NonNullable<SubjectAccessReview["status"]>;

const GROUP = "authorization.k8s.io";

/** Selectors of the review as a query, which is how authorizers look at them. */
function queryOf(attributes: NonNullable<SelfSpec["resourceAttributes"]>): URLSearchParams | undefined {
  const field = attributes.fieldSelector;
  if (!field) return undefined;
  const raw = field.rawSelector;
  const terms = (field.requirements ?? [])
    .filter(({ operator, values }) => operator === "In" && values?.length === 1)
    .map(({ key, values }) => `${key}=${values![0]}`);
  const selector = raw || terms.join(",");
  return selector ? new URLSearchParams({ fieldSelector: selector }) : undefined;
}

/** What a review asks about. */
export function accessOf({ resourceAttributes: r, nonResourceAttributes: n }: SelfSpec): Access {
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
    query: r && queryOf(r),
  };
}

function attributeErrors({ resourceAttributes, nonResourceAttributes }: SelfSpec): FieldError[] {
  if (resourceAttributes && nonResourceAttributes) {
    const why = "cannot be specified in combination with resourceAttributes";
    return [fieldError.invalid("spec.nonResourceAttributes", nonResourceAttributes, why)];
  }
  if (!resourceAttributes && !nonResourceAttributes) {
    const why = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
    return [fieldError.invalid("spec.resourceAttributes", null, why)];
  }
  return [];
}

const subjectErrors = ({ user, groups }: Spec): FieldError[] =>
  user || groups?.length
    ? []
    : [fieldError.invalid("spec.user", "", "at least one of user or group must be specified")];

function check(kind: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidObject({ group: GROUP, kind }, "", errors);
}

async function statusOf(authorizer: Authorizer, user: UserInfo, access: Access): Promise<Status> {
  const { decision, reason } = await authorizer.authorize(user, access);
  return {
    allowed: decision === "allow",
    ...(decision === "deny" ? { denied: true } : {}),
    ...(reason ? { reason } : {}),
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
  check("SubjectAccessReview", [...attributeErrors(review.spec), ...subjectErrors(review.spec)]);
  review.status = await statusOf(authorizer, subjectOf(review.spec), accessOf(review.spec));
}

/** What somebody else may do in one namespace. */
export async function reviewLocalSubjectAccess(
  authorizer: Authorizer,
  review: LocalSubjectAccessReview,
  namespace: string,
): Promise<void> {
  const { resourceAttributes, nonResourceAttributes } = review.spec;
  const errors = [...attributeErrors(review.spec), ...subjectErrors(review.spec)];
  if (resourceAttributes && (resourceAttributes.namespace ?? "") !== (review.metadata.namespace || namespace)) {
    const why = "must match metadata.namespace";
    errors.push(fieldError.invalid("spec.resourceAttributes.namespace", resourceAttributes.namespace ?? "", why));
  }
  if (nonResourceAttributes) {
    const why = "disallowed on this kind of request";
    errors.push(fieldError.invalid("spec.nonResourceAttributes", nonResourceAttributes, why));
  }
  check("LocalSubjectAccessReview", errors);
  review.status = await statusOf(authorizer, subjectOf(review.spec), accessOf(review.spec));
}

/** What the one who asks may do. */
export async function reviewSelfAccess(
  authorizer: Authorizer,
  review: SelfSubjectAccessReview,
  user: UserInfo,
): Promise<void> {
  check("SelfSubjectAccessReview", attributeErrors(review.spec));
  review.status = await statusOf(authorizer, user, accessOf(review.spec));
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
