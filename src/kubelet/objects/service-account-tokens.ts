// SPDX-License-Identifier: Apache-2.0

import { parseTime } from "../../apimachinery/index.ts";
import type { Clock } from "../../base/index.ts";
import { SERVICE_ACCOUNTS, type Client } from "../../client/index.ts";
import type { CallOptions } from "../ports.ts";
import type { Pod } from "../types.ts";

export interface TokenSpec {
  readonly audience: string;
  readonly expirationSeconds: number;
}

export interface ServiceAccountToken {
  readonly token: string;
  /** When it is to be asked for anew. */
  readonly refreshAtMs: number;
}

/** Gives pods the tokens of their service accounts. */
export interface ServiceAccountTokens {
  token(pod: Pod, spec: TokenSpec, options: CallOptions): Promise<ServiceAccountToken>;
  forgetPod(uid: string): void;
}

const REFRESH_SHARE = 0.8;
const AGE_MAX_MS = 24 * 3_600_000;

/** Asks the API server, and again at 80 % of a token's life or after a day. */
export class ClientServiceAccountTokens implements ServiceAccountTokens {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #tokens = new Map<string, ServiceAccountToken>();

  constructor(client: Client, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  async token(pod: Pod, spec: TokenSpec, options: CallOptions): Promise<ServiceAccountToken> {
    const key = `${pod.metadata?.uid}/${spec.audience}/${spec.expirationSeconds}`;
    const nowMs = this.#clock.nowMs();
    const have = this.#tokens.get(key);
    if (have && nowMs < have.refreshAtMs) return have;
    const token = await this.#request(pod, spec, options);
    this.#tokens.set(key, token);
    return token;
  }

  forgetPod(uid: string): void {
    for (const key of this.#tokens.keys()) if (key.startsWith(`${uid}/`)) this.#tokens.delete(key);
  }

  async #request(pod: Pod, spec: TokenSpec, options: CallOptions): Promise<ServiceAccountToken> {
    const m = pod.metadata;
    const nowMs = this.#clock.nowMs();
    const accounts = this.#client.resource(SERVICE_ACCOUNTS).namespace(m?.namespace ?? "");
    const answer = await accounts.createToken(
      pod.spec?.serviceAccountName || "default",
      {
        ...(spec.audience ? { audiences: [spec.audience] } : {}),
        expirationSeconds: spec.expirationSeconds,
        boundObjectRef: { apiVersion: "v1", kind: "Pod", name: m?.name ?? "", uid: m?.uid ?? "" },
      },
      { signal: options.signal },
    );
    const lifeMs =
      (parseTime(answer.status?.expirationTimestamp ?? "") ?? nowMs + spec.expirationSeconds * 1000) - nowMs;
    return { token: answer.status?.token ?? "", refreshAtMs: nowMs + Math.min(lifeMs * REFRESH_SHARE, AGE_MAX_MS) };
  }
}
