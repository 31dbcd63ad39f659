// SPDX-License-Identifier: Apache-2.0

import type { Deployment, LabelSelector, PodTemplateSpec, ReplicaSet, ReplicaSetStatus } from "../../api/index.ts";
import { type DeepReadonly, semanticEqual } from "../../apimachinery/index.ts";
import type { Cached } from "../../client/index.ts";
import { controllerReference, podTemplateHash } from "../../rules/index.ts";
import { DESIRED_REPLICAS, MAX_REPLICAS, type Annotations } from "./annotations.ts";

const TEMPLATE_HASH_LABEL = "pod-template-hash";

/** What has to be written so that a replica set becomes as drafted. */
export type ReplicaSetWrite =
  | { readonly type: "create"; readonly replicaSet: ReplicaSet; readonly events: readonly string[] }
  | { readonly type: "update"; readonly replicaSet: ReplicaSet; readonly events: readonly string[] }
  | { readonly type: "delete"; readonly name: string };

/** A replica set as it shall be at the end of a sync; written at once, however many steps changed it. */
export class ReplicaSetDraft {
  readonly name: string;
  readonly original: Cached<ReplicaSet> | undefined;
  readonly #fresh: ReplicaSet | undefined;
  replicas: number;
  minReadySeconds: number;
  annotations: Record<string, string>;
  readonly #events: string[] = [];

  private constructor(original: Cached<ReplicaSet> | undefined, fresh: ReplicaSet | undefined) {
    const source = (original ?? fresh) as DeepReadonly<ReplicaSet>;
    this.original = original;
    this.#fresh = fresh;
    this.name = source.metadata.name ?? "";
    this.replicas = source.spec?.replicas ?? 0;
    this.minReadySeconds = source.spec?.minReadySeconds ?? 0;
    this.annotations = { ...source.metadata.annotations };
  }

  static of(original: Cached<ReplicaSet>): ReplicaSetDraft {
    return new ReplicaSetDraft(original, undefined);
  }

  /** The replica set of a deployment's template as it is now. */
  static fresh(deployment: Cached<Deployment>): ReplicaSetDraft {
    return new ReplicaSetDraft(undefined, freshReplicaSet(deployment));
  }

  get status(): DeepReadonly<ReplicaSetStatus> {
    return this.original?.status ?? { replicas: 0 };
  }

  get createdAt(): string {
    return this.original?.metadata.creationTimestamp ?? "9999";
  }

  get isActive(): boolean {
    return this.replicas > 0;
  }

  /** Sets the size, and what the deployment wanted when it did; a change of size is told as an event. */
  scale(replicas: number, wanted: { readonly desired: number; readonly max: number }): boolean {
    const changed = this.replicas !== replicas;
    if (changed) this.#recordScaling(this.replicas, replicas);
    this.replicas = replicas;
    this.annotations[DESIRED_REPLICAS] = String(wanted.desired);
    this.annotations[MAX_REPLICAS] = String(wanted.max);
    return changed;
  }

  #recordScaling(from: number, to: number): void {
    this.#events.push(`Scaled ${from < to ? "up" : "down"} replica set ${this.name} from ${from} to ${to}`);
  }

  /** What to write, if anything changed. */
  write(): ReplicaSetWrite | undefined {
    if (this.#fresh) {
      const { spec } = this.#fresh;
      return {
        type: "create",
        replicaSet: {
          ...this.#fresh,
          metadata: { ...this.#fresh.metadata, annotations: this.annotations },
          spec: { ...spec!, replicas: this.replicas },
        },
        events: this.#events,
      };
    }
    const original = this.original!;
    if (!this.#differs(original)) return undefined;
    return {
      type: "update",
      replicaSet: {
        ...(original as ReplicaSet),
        metadata: { ...(original as ReplicaSet).metadata, annotations: this.annotations },
        spec: {
          ...(original as ReplicaSet).spec!,
          replicas: this.replicas,
          ...(this.minReadySeconds ? { minReadySeconds: this.minReadySeconds } : { minReadySeconds: undefined }),
        },
      },
      events: this.#events,
    };
  }

  #differs(original: Cached<ReplicaSet>): boolean {
    return (
      (original.spec.replicas ?? 0) !== this.replicas ||
      (original.spec.minReadySeconds ?? 0) !== this.minReadySeconds ||
      !semanticEqual((original.metadata.annotations ?? {}) as Annotations, this.annotations)
    );
  }
}

function withHash(
  selector: DeepReadonly<LabelSelector> | undefined,
  template: DeepReadonly<PodTemplateSpec>,
  hash: string,
): { selector: LabelSelector; template: PodTemplateSpec } {
  const labels = { ...template.metadata?.labels, [TEMPLATE_HASH_LABEL]: hash };
  return {
    selector: { ...selector, matchLabels: { ...selector?.matchLabels, [TEMPLATE_HASH_LABEL]: hash } } as LabelSelector,
    template: { ...template, metadata: { ...template.metadata, labels } } as PodTemplateSpec,
  };
}

function freshReplicaSet(deployment: Cached<Deployment>): ReplicaSet {
  const { metadata, spec, status } = deployment;
  const hash = podTemplateHash(spec.template, status.collisionCount ?? 0);
  const { selector, template } = withHash(spec.selector, spec.template, hash);
  return {
    metadata: {
      name: `${metadata.name}-${hash}`,
      namespace: metadata.namespace,
      labels: { ...template.metadata?.labels },
      ownerReferences: [controllerReference(deployment, { apiVersion: "apps/v1", kind: "Deployment" })],
    },
    spec: {
      replicas: 0,
      ...(spec.minReadySeconds ? { minReadySeconds: spec.minReadySeconds } : {}),
      selector,
      template,
    },
  };
}

function withoutHash(template: DeepReadonly<PodTemplateSpec> | undefined): DeepReadonly<PodTemplateSpec> | undefined {
  const labels = template?.metadata?.labels;
  if (!labels || !(TEMPLATE_HASH_LABEL in labels)) return template;
  const { [TEMPLATE_HASH_LABEL]: _hash, ...rest } = labels;
  return { ...template, metadata: { ...template?.metadata, labels: rest } };
}

/** Whether two templates are the same but for the label that holds their hash. */
export const sameTemplate = (
  a: DeepReadonly<PodTemplateSpec> | undefined,
  b: DeepReadonly<PodTemplateSpec> | undefined,
): boolean => semanticEqual(withoutHash(a), withoutHash(b));
