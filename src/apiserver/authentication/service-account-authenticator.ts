// SPDX-License-Identifier: Apache-2.0

import { unauthorized, type DeepReadonly, type KubeObject } from "../../apimachinery/index.ts";
import type { Clock } from "../../base/index.ts";
import type { UserInfo } from "../request-context.ts";
import type { ResourceStores } from "../resource-store.ts";
import type { AuthenticatedToken, TokenAuthenticator } from "./authenticator.ts";
import { parseServiceAccountToken, type ClaimRef, type ServiceAccountToken } from "./service-account-claims.ts";
import type { TokenVerifier } from "./token-ports.ts";
import {
  AUTHENTICATED,
  CREDENTIAL_ID_KEY,
  NODE_NAME_KEY,
  NODE_UID_KEY,
  POD_NAME_KEY,
  POD_UID_KEY,
  serviceAccountGroups,
  serviceAccountUserName,
} from "./user-names.ts";

/** Clocks of issuer and checker may differ by this much. */
const LEEWAY_SECONDS = 60;
/** A bound object that is being deleted counts as gone this long after its deletionTimestamp. */
const DELETED_GRACE_MS = 60_000;

export interface ServiceAccountAuthenticatorOptions {
  readonly verifier: TokenVerifier;
  readonly clock: Clock;
  readonly stores: ResourceStores;
  readonly issuer: string;
  readonly audiences: readonly string[];
}

/** Tokens that this cluster's issuer signed: signature, time, audience, and that what they are bound to still exists. */
export class ServiceAccountAuthenticator implements TokenAuthenticator {
  readonly #options: ServiceAccountAuthenticatorOptions;

  constructor(options: ServiceAccountAuthenticatorOptions) {
    this.#options = options;
  }

  authenticateToken(text: string, audiences = this.#options.audiences): AuthenticatedToken | undefined {
    const claims = this.#options.verifier.verify(text);
    const token = claims && parseServiceAccountToken(claims);
    if (!token || token.issuer !== this.#options.issuer) return undefined;
    this.#checkTime(token);
    const shared = token.audiences.filter((audience) => audiences.includes(audience));
    if (shared.length === 0) throw unauthorized();
    this.#checkBound(token);
    return { user: userOf(token), audiences: shared };
  }

  #checkTime(token: ServiceAccountToken): void {
    const nowSeconds = this.#options.clock.nowMs() / 1000;
    if (nowSeconds > token.expires || nowSeconds + LEEWAY_SECONDS < token.notBefore) throw unauthorized();
  }

  #checkBound({ kubernetes: k, subject }: ServiceAccountToken): void {
    if (subject !== serviceAccountUserName(k.namespace, k.serviceaccount.name)) throw unauthorized();
    this.#checkAlive("serviceaccounts", k.namespace, k.serviceaccount);
    if (k.pod) this.#checkAlive("pods", k.namespace, k.pod);
    if (k.secret) this.#checkAlive("secrets", k.namespace, k.secret);
    // A node named beside a pod only informs; alone it is what the token is bound to.
    if (k.node && !k.pod) this.#checkAlive("nodes", "", k.node);
  }

  #checkAlive(resource: string, namespace: string, ref: ClaimRef): void {
    const found = this.#options.stores.find("", resource)?.peek(namespace, ref.name);
    if (!found || found.metadata.uid !== ref.uid || this.#isGone(found)) throw unauthorized();
  }

  #isGone(object: DeepReadonly<KubeObject>): boolean {
    const { deletionTimestamp } = object.metadata;
    if (!deletionTimestamp) return false;
    return Date.parse(deletionTimestamp) + DELETED_GRACE_MS < this.#options.clock.nowMs();
  }
}

function userOf({ id, kubernetes: k }: ServiceAccountToken): UserInfo {
  const extra: Record<string, readonly string[]> = {};
  if (id) extra[CREDENTIAL_ID_KEY] = [`JTI=${id}`];
  if (k.node) {
    extra[NODE_NAME_KEY] = [k.node.name];
    if (k.node.uid) extra[NODE_UID_KEY] = [k.node.uid];
  }
  if (k.pod) {
    extra[POD_NAME_KEY] = [k.pod.name];
    extra[POD_UID_KEY] = [k.pod.uid];
  }
  return {
    name: serviceAccountUserName(k.namespace, k.serviceaccount.name),
    uid: k.serviceaccount.uid,
    groups: [...serviceAccountGroups(k.namespace), AUTHENTICATED],
    ...(Object.keys(extra).length > 0 ? { extra } : {}),
  };
}
