// SPDX-License-Identifier: Apache-2.0

import { badRequest, type StatusError } from "../../apimachinery/index.ts";
import type { ApiRequest } from "../../client/transport.ts";
import {
  ANONYMOUS,
  AUTHENTICATED,
  parseServiceAccountUserName,
  serviceAccountGroups,
  UNAUTHENTICATED,
} from "../authentication/user-names.ts";
import type { Access, Authorizer } from "../authorization/authorizer.ts";
import { forbiddenAccess } from "../authorization/forbidden-access.ts";
import type { Filter, RequestContext, UserInfo } from "../request-context.ts";

const EXTRA_PREFIX = "impersonate-extra-";

interface Impersonation {
  readonly user: string;
  /** In the order of the request; a header without a value names the empty group. */
  readonly groups: readonly string[];
  readonly uid: string;
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** The values of a header, a line each: a group may hold a comma. */
const valuesOf = (header: string | undefined): readonly string[] => header?.split("\n") ?? [];

function extraKey(header: string): string {
  const key = header.slice(EXTRA_PREFIX.length);
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

/** What the headers ask for; undefined when they ask for nothing. */
function impersonationOf(headers: ApiRequest["headers"]): Impersonation | undefined {
  let extra: Record<string, readonly string[]> | undefined;
  let asked = false;
  for (const name in headers) {
    if (!name.startsWith("impersonate-")) continue;
    asked = true;
    if (name.startsWith(EXTRA_PREFIX)) (extra ??= {})[extraKey(name)] = valuesOf(headers[name]);
  }
  if (!asked) return undefined;
  const user = valuesOf(headers["impersonate-user"])[0] ?? "";
  const uid = valuesOf(headers["impersonate-uid"])[0] ?? "";
  const groups = valuesOf(headers["impersonate-group"]);
  return user || uid || groups.length > 0 || extra ? { user, groups, uid, extra: extra ?? {} } : undefined;
}

const accessTo = (
  group: string,
  resource: string,
  name: string,
  options: { namespace?: string; subresource?: string } = {},
): Access => ({
  isResourceRequest: true,
  verb: "impersonate",
  path: "",
  group,
  version: "v1",
  resource,
  name,
  namespace: options.namespace ?? "",
  subresource: options.subresource ?? "",
});

/** Every access that the one who impersonates must have. */
function* accessesOf(asked: Impersonation): Iterable<Access> {
  const account = parseServiceAccountUserName(asked.user);
  if (account) yield accessTo("", "serviceaccounts", account.name, { namespace: account.namespace });
  else yield accessTo("", "users", asked.user);
  for (const group of asked.groups) yield accessTo("", "groups", group);
  for (const [key, values] of Object.entries(asked.extra)) {
    for (const value of values) {
      yield accessTo("authentication.k8s.io", "userextras", value, { subresource: key });
    }
  }
  if (asked.uid) yield accessTo("authentication.k8s.io", "uids", asked.uid);
}

function groupsOf(asked: Impersonation): readonly string[] {
  const account = parseServiceAccountUserName(asked.user);
  const groups = asked.groups.length === 0 && account ? serviceAccountGroups(account.namespace) : asked.groups;
  if (groups.includes(UNAUTHENTICATED)) return groups;
  if (asked.user === ANONYMOUS) return [...groups, UNAUTHENTICATED];
  return groups.includes(AUTHENTICATED) ? groups : [...groups, AUTHENTICATED];
}

const userOf = (asked: Impersonation): UserInfo => ({
  name: asked.user,
  groups: groupsOf(asked),
  ...(asked.uid ? { uid: asked.uid } : {}),
  ...(Object.keys(asked.extra).length > 0 ? { extra: asked.extra } : {}),
});

async function impersonate(asked: Impersonation, context: RequestContext, authorizer: Authorizer): Promise<void> {
  for (const access of accessesOf(asked)) {
    const decision = await authorizer.authorize(context.user, access);
    if (decision.decision !== "allow") throw forbiddenAccess(context.user, access, decision.reason);
  }
  context.user = userOf(asked);
}

/** Groups or extras without a user; what is asked for is printed as the original prints its references. */
function withoutUser(asked: Impersonation): StatusError {
  const authentication = "authentication.k8s.io/v1";
  const wanted = [
    ...asked.groups.map((name) => `{Group  ${name}    }`),
    ...Object.entries(asked.extra).flatMap(([key, values]) =>
      values.map((value) => `{UserExtra  ${value}  ${authentication}  ${key}}`),
    ),
    ...(asked.uid ? [`{UID  ${asked.uid}  ${authentication}  }`] : []),
  ];
  return badRequest(`requested [${wanted.join(" ")}] without impersonating a user`);
}

/** Lets those who may act as somebody else (kubectl --as). */
export function impersonation(authorizer: Authorizer): Filter {
  return {
    name: "impersonation",
    handle(context, next) {
      const asked = impersonationOf(context.request.headers);
      if (!asked) return next(context);
      if (!asked.user) throw withoutUser(asked);
      return impersonate(asked, context, authorizer).then(() => next(context));
    },
  };
}
