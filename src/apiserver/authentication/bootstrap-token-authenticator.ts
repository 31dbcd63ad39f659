// SPDX-License-Identifier: Apache-2.0

import type { Secret } from "../../api/index.ts";
import { parseTime, type DeepReadonly } from "../../apimachinery/index.ts";
import type { Clock } from "../../base/index.ts";
import type { ResourceStores } from "../resource-store.ts";
import type { AuthenticatedToken, TokenAuthenticator } from "./authenticator.ts";
import { sameSecret, secretText } from "./secret-data.ts";
import { AUTHENTICATED } from "./user-names.ts";

const NAMESPACE = "kube-system";
const TYPE = "bootstrap.kubernetes.io/token";
const BOOTSTRAPPERS = "system:bootstrappers";
const TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

export interface BootstrapTokenParts {
  readonly stores: ResourceStores;
  readonly clock: Clock;
  /** Of the API server: these tokens are for no other. */
  readonly audiences: readonly string[];
}

/** The groups of a token, without doubles and in order; undefined when one is none that a token may give. */
function groupsOf(secret: DeepReadonly<Secret>): string[] | undefined {
  const text = secretText(secret, "auth-extra-groups");
  const extra = text === "" ? [] : text.split(",");
  if (!extra.every((group) => GROUP.test(group))) return undefined;
  return [...new Set([BOOTSTRAPPERS, ...extra])].sort();
}

/** An unreadable time counts as over. */
function hasExpired(secret: DeepReadonly<Secret>, nowMs: number): boolean {
  const expiration = secretText(secret, "expiration");
  if (expiration === "") return false;
  const expiresMs = parseTime(expiration);
  return expiresMs === undefined || expiresMs <= nowMs;
}

/** Tokens `ID.SECRET` by which machines join a cluster; each is kept in a secret of kube-system. */
export function bootstrapTokenAuthenticator({
  stores,
  clock,
  audiences: own,
}: BootstrapTokenParts): TokenAuthenticator {
  const isGood = (secret: DeepReadonly<Secret>, id: string, code: string): boolean =>
    secret.metadata.deletionTimestamp === undefined &&
    secret.type === TYPE &&
    sameSecret(secretText(secret, "token-secret"), code) &&
    secretText(secret, "token-id") === id &&
    !hasExpired(secret, clock.nowMs()) &&
    secretText(secret, "usage-bootstrap-authentication") === "true";
  return {
    authenticateToken(token, wanted = own): AuthenticatedToken | undefined {
      const audiences = own.filter((audience) => wanted.includes(audience));
      if (audiences.length === 0) return undefined;
      const [, id, code] = TOKEN.exec(token) ?? [];
      if (id === undefined || code === undefined) return undefined;
      const secret = stores.find("", "secrets")?.peek(NAMESPACE, `bootstrap-token-${id}`) as
        | DeepReadonly<Secret>
        | undefined;
      if (!secret || !isGood(secret, id, code)) return undefined;
      const groups = groupsOf(secret);
      if (!groups) return undefined;
      return { user: { name: `system:bootstrap:${id}`, groups: [...groups, AUTHENTICATED] }, audiences };
    },
  };
}
