// SPDX-License-Identifier: Apache-2.0

import type { Container, EnvVar, Job, Pod, PodTemplateSpec } from "../../api/index.ts";
import type { DeepReadonly } from "../../apimachinery/index.ts";
import type { Cached } from "../../client/index.ts";
import type { PodOwner } from "../shared/pod-control.ts";
import { isIndexed } from "./job-state.ts";

/** Holds an ended pod until it is counted. */
export const TRACKING_FINALIZER = "batch.kubernetes.io/job-tracking";
const INDEX_KEY = "batch.kubernetes.io/job-completion-index";
const FAILURE_COUNT = "batch.kubernetes.io/job-index-failure-count";
const IGNORED_FAILURE_COUNT = "batch.kubernetes.io/job-index-ignored-failure-count";
const INDEX_ENV = "JOB_COMPLETION_INDEX";

/** The completion index of a pod; undefined when it has none, or one that makes no sense. */
export function indexOf(pod: Cached<Pod>): number | undefined {
  const text = pod.metadata.annotations?.[INDEX_KEY];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

const countIn = (pod: Cached<Pod>, annotation: string): number => Number(pod.metadata.annotations?.[annotation] ?? 0);

/** How often pods of this index failed before this one. */
export const failuresBefore = (pod: Cached<Pod>): number => countIn(pod, FAILURE_COUNT);

/** How often pods of this index failed before this one and it did not matter. */
export const ignoredBefore = (pod: Cached<Pod>): number => countIn(pod, IGNORED_FAILURE_COUNT);

/** A pod that is to be made. */
export interface NewJobPod {
  readonly index?: number;
  /** How often pods of its index failed, when that is limited. */
  readonly failures?: number;
  readonly ignoredFailures?: number;
}

const INDEX_VARIABLE: EnvVar = {
  name: INDEX_ENV,
  valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: `metadata.labels['${INDEX_KEY}']` } },
};

type Containers = readonly DeepReadonly<Container>[] | undefined;

const withIndexVariable = (containers: Containers): Container[] | undefined =>
  containers?.map((container) =>
    container.env?.some(({ name }) => name === INDEX_ENV)
      ? (container as Container)
      : ({ ...container, env: [...(container.env ?? []), INDEX_VARIABLE] } as Container),
  );

type Spec = NonNullable<PodTemplateSpec["spec"]>;

function indexedSpec(job: Cached<Job>, spec: DeepReadonly<Spec>, index: number): DeepReadonly<Spec> {
  return {
    ...spec,
    hostname: `${job.metadata.name}-${index}`,
    containers: withIndexVariable(spec.containers) ?? [],
    ...(spec.initContainers ? { initContainers: withIndexVariable(spec.initContainers) } : {}),
  };
}

/** The pod of a job, of one index when it has indexes. */
export function jobPod(job: Cached<Job>, owner: PodOwner, fresh: NewJobPod): Pod {
  const { template } = job.spec;
  const { labels, annotations, finalizers = [] } = template.metadata ?? {};
  const { index, failures, ignoredFailures } = fresh;
  const indexed = isIndexed(job) && index !== undefined;
  const limited = failures === undefined ? {} : { [FAILURE_COUNT]: String(failures) };
  const ignored = ignoredFailures ? { [IGNORED_FAILURE_COUNT]: String(ignoredFailures) } : {};
  const marks = indexed ? { [INDEX_KEY]: String(index), ...limited, ...ignored } : {};
  const spec = template.spec as DeepReadonly<Spec>;
  return {
    metadata: {
      generateName: indexed ? `${owner.name}-${index}-` : `${owner.name}-`,
      namespace: owner.namespace,
      labels: { ...labels, ...(indexed ? { [INDEX_KEY]: String(index) } : {}) },
      ...(annotations || indexed ? { annotations: { ...annotations, ...marks } } : {}),
      finalizers: [...finalizers.filter((name) => name !== TRACKING_FINALIZER), TRACKING_FINALIZER],
      ownerReferences: [owner.reference],
    },
    spec: (indexed ? indexedSpec(job, spec, index) : spec) as Pod["spec"],
  };
}

export const isTracked = (pod: Cached<Pod>): boolean => pod.metadata.finalizers?.includes(TRACKING_FINALIZER) ?? false;
