// SPDX-License-Identifier: Apache-2.0

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
import { textResponse } from "./status-response.ts";

const EXTRA_PREFIX = "impersonate-extra-";

interface Impersonation {
  readonly user: string;
  readonly groups: readonly string[];
  readonly uid: string;
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

const listOf = (value: string | undefined): string[] => (value ? value.split(",").map((item) => item.trim()) : []);

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
  let extra: Record<string, string[]> | undefined;
  let asked = false;
  for (const name in headers) {
    if (!name.startsWith("impersonate-")) continue;
    asked = true;
    if (name.startsWith(EXTRA_PREFIX)) (extra ??= {})[extraKey(name)] = listOf(headers[name]);
  }
  if (!asked) return undefined;
  return {
    user: headers["impersonate-user"] ?? "",
    groups: listOf(headers["impersonate-group"]),
    uid: headers["impersonate-uid"] ?? "",
    extra: extra ?? {},
  };
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
  if (groups.includes(AUTHENTICATED) || groups.includes(UNAUTHENTICATED)) return groups;
  return [...groups, asked.user === ANONYMOUS ? UNAUTHENTICATED : AUTHENTICATED];
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

/** What upstream prints of a request that asks for groups or extras without a user. */
function incomplete(asked: Impersonation, context: RequestContext) {
  const wanted = [
    ...asked.groups.map((name) => `{Group    ${name}    }`),
    ...Object.entries(asked.extra).flatMap(([key, values]) =>
      values.map((value) => `{UserExtra authentication.k8s.io/v1  ${value}   ${key} }`),
    ),
    ...(asked.uid ? [`{UID authentication.k8s.io/v1  ${asked.uid}    }`] : []),
  ];
  return textResponse(
    500,
    `Internal Server Error: ${JSON.stringify(context.request.path)}: requested [${wanted.join(" ")}] without impersonating a user\n`,
  );
}

/** Lets those who may act as somebody else (kubectl --as). */
export function impersonation(authorizer: Authorizer): Filter {
  return {
    name: "impersonation",
    handle(context, next) {
      const asked = impersonationOf(context.request.headers);
      if (!asked) return next(context);
      if (!asked.user) return Promise.resolve(incomplete(asked, context));
      return impersonate(asked, context, authorizer).then(() => next(context));
    },
  };
}
