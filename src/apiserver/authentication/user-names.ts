// SPDX-License-Identifier: Apache-2.0

import type { UserInfo } from "../request-context.ts";

export const ANONYMOUS = "system:anonymous";
export const AUTHENTICATED = "system:authenticated";
export const UNAUTHENTICATED = "system:unauthenticated";
export const MASTERS = "system:masters";
const NODES_GROUP = "system:nodes";
const ALL_SERVICE_ACCOUNTS = "system:serviceaccounts";
export const CREDENTIAL_ID_KEY = "authentication.kubernetes.io/credential-id";
export const POD_NAME_KEY = "authentication.kubernetes.io/pod-name";
export const POD_UID_KEY = "authentication.kubernetes.io/pod-uid";
export const NODE_NAME_KEY = "authentication.kubernetes.io/node-name";
export const NODE_UID_KEY = "authentication.kubernetes.io/node-uid";

const SERVICE_ACCOUNT_PREFIX = "system:serviceaccount:";
const NODE_PREFIX = "system:node:";

/** Who asks when nobody said who they are. */
export const anonymousUser: UserInfo = { name: ANONYMOUS, groups: [UNAUTHENTICATED] };

/** The server itself, when it writes through its own registries. */
export const apiServerUser: UserInfo = { name: "system:apiserver", groups: [MASTERS, AUTHENTICATED] };

/** Whether a user may do everything, whatever the roles say. */
export const isMaster = ({ groups }: UserInfo): boolean => groups.includes(MASTERS);

export const serviceAccountUserName = (namespace: string, name: string): string =>
  `${SERVICE_ACCOUNT_PREFIX}${namespace}:${name}`;

/** The groups of every service account of a namespace, without system:authenticated. */
export const serviceAccountGroups = (namespace: string): readonly string[] => [
  ALL_SERVICE_ACCOUNTS,
  `${ALL_SERVICE_ACCOUNTS}:${namespace}`,
];

/** Namespace and name of a service account's user name; undefined for other users. */
export function parseServiceAccountUserName(user: string): { namespace: string; name: string } | undefined {
  if (!user.startsWith(SERVICE_ACCOUNT_PREFIX)) return undefined;
  const parts = user.slice(SERVICE_ACCOUNT_PREFIX.length).split(":");
  if (parts.length !== 2 || !parts[0] || !parts[1]) return undefined;
  return { namespace: parts[0], name: parts[1] };
}

/** The node whose kubelet this is; undefined for other users, empty for a node user without a name. */
export function nodeNameOf(user: UserInfo): string | undefined {
  if (!user.name.startsWith(NODE_PREFIX) || !user.groups.includes(NODES_GROUP)) return undefined;
  return user.name.slice(NODE_PREFIX.length);
}
