// SPDX-License-Identifier: Apache-2.0

import {
  formatMicroTime,
  isAlreadyExists,
  isNotFound,
  parseTime,
  type DeepReadonly,
  type KubeObject,
} from "../../apimachinery/index.ts";
import type { Lease } from "../../api/index.ts";
import { randomUid, type Clock, type Random } from "../../base/index.ts";
import { apiServerUser } from "../authentication/user-names.ts";
import { sha256 } from "../discovery/sha256.ts";
import type { ResourceStore, ResourceStores, WriteOptions } from "../resource-store.ts";

const NAMESPACE = "kube-system";
const IDENTITY_LABEL = "apiserver.kubernetes.io/identity";
const IDENTITY = "kube-apiserver";
const LEASE_SECONDS = 3600;
/** Often enough for a lease of an hour, seldom enough for a cluster that has nothing to do. */
const RENEW_MS = 10 * 60_000;
const NAME_LENGTH = 26;
const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";

export interface IdentityLeaseParts {
  readonly stores: ResourceStores;
  readonly clock: Clock;
  readonly random: Random;
  readonly hostname: string;
  readonly port: number;
}

/** A short text that is the same for the same server. */
function digest(text: string): string {
  let bits = "";
  for (const byte of sha256(new TextEncoder().encode(text))) bits += byte.toString(2).padStart(8, "0");
  let out = "";
  for (let i = 0; i < NAME_LENGTH; i++) out += BASE32[Number.parseInt(bits.slice(i * 5, i * 5 + 5), 2)]!;
  return out;
}

const timeOf = (lease: DeepReadonly<Lease>): number => {
  const { renewTime } = lease.spec ?? {};
  return (renewTime && parseTime(renewTime)) || 0;
};

/** Says in the cluster that this API server lives, and who else does. */
export class IdentityLease {
  readonly name: string;
  readonly #parts: IdentityLeaseParts;
  readonly #holder: string;

  constructor(parts: IdentityLeaseParts) {
    this.#parts = parts;
    this.name = `apiserver-${digest(`${parts.hostname}:${parts.port}`)}`;
    this.#holder = `${this.name}_${randomUid(parts.random)}`;
  }

  /** Whether another API server shares the store at present. */
  async othersLive(): Promise<boolean> {
    const leases = await this.#all();
    return leases.some((lease) => lease.metadata.name !== this.name && !this.#isExpired(lease));
  }

  /** Renews the lease until the signal says stop; removes those of servers that are gone. */
  async run({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    await this.#removeExpired(signal);
    while (!signal.aborted) {
      await this.#renew(signal);
      await this.#parts.clock.sleep(RENEW_MS, { signal });
    }
  }

  get #store(): ResourceStore | undefined {
    return this.#parts.stores.find("coordination.k8s.io", "leases");
  }

  async #all(): Promise<DeepReadonly<Lease>[]> {
    const list = await this.#store?.list(NAMESPACE);
    return ((list?.items ?? []) as DeepReadonly<Lease>[]).filter(
      ({ metadata }) => metadata.labels?.[IDENTITY_LABEL] === IDENTITY,
    );
  }

  #isExpired(lease: DeepReadonly<Lease>): boolean {
    const seconds = lease.spec?.leaseDurationSeconds ?? LEASE_SECONDS;
    return timeOf(lease) + seconds * 1000 < this.#parts.clock.nowMs();
  }

  #options(signal: AbortSignal): WriteOptions {
    return { user: apiServerUser, userAgent: "kube-apiserver", warnings: [], signal };
  }

  async #removeExpired(signal: AbortSignal): Promise<void> {
    for (const lease of await this.#all()) {
      if (lease.metadata.name === this.name || !this.#isExpired(lease)) continue;
      try {
        await this.#store?.delete(NAMESPACE, lease.metadata.name!, this.#options(signal));
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
  }

  #spec(): Lease["spec"] {
    return {
      holderIdentity: this.#holder,
      leaseDurationSeconds: LEASE_SECONDS,
      renewTime: formatMicroTime(this.#parts.clock.nowMs()),
    };
  }

  #object(): KubeObject {
    return {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: {
        name: this.name,
        namespace: NAMESPACE,
        labels: { [IDENTITY_LABEL]: IDENTITY, "kubernetes.io/hostname": this.#parts.hostname },
      },
      spec: this.#spec(),
    };
  }

  async #renew(signal: AbortSignal): Promise<void> {
    const store = this.#store;
    if (!store) return;
    if (!store.peek(NAMESPACE, this.name)) {
      try {
        await store.create(NAMESPACE, this.#object(), this.#options(signal));
        return;
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
      }
    }
    await store.update(NAMESPACE, this.name, (lease) => ({ ...lease, spec: this.#spec() }), this.#options(signal));
  }
}
