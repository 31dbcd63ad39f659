// SPDX-License-Identifier: Apache-2.0

import type { Container, Pod } from "../types.ts";
import { containerHash } from "./container-hash.ts";

/** What the kubelet writes on sandboxes and containers, so that it finds and adopts them after a restart. */
export const POD_NAME_LABEL = "io.kubernetes.pod.name";
export const POD_NAMESPACE_LABEL = "io.kubernetes.pod.namespace";
export const POD_UID_LABEL = "io.kubernetes.pod.uid";
export const CONTAINER_NAME_LABEL = "io.kubernetes.container.name";

const CONTAINER_HASH = "io.kubernetes.container.hash";
const RESTART_COUNT = "io.kubernetes.container.restartCount";
const TERMINATION_MESSAGE_PATH = "io.kubernetes.container.terminationMessagePath";
const TERMINATION_MESSAGE_POLICY = "io.kubernetes.container.terminationMessagePolicy";
const PRE_STOP_HANDLER = "io.kubernetes.container.preStopHandler";
const CONTAINER_PORTS = "io.kubernetes.container.ports";
const POD_DELETION_GRACE_PERIOD = "io.kubernetes.pod.deletionGracePeriod";
const POD_TERMINATION_GRACE_PERIOD = "io.kubernetes.pod.terminationGracePeriod";

/** Which pod something in the runtime belongs to. */
export interface PodIdentity {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
}

export type StringMap = Readonly<Record<string, string>>;

const identityLabels = (pod: Pod): Record<string, string> => ({
  [POD_NAME_LABEL]: pod.metadata?.name ?? "",
  [POD_NAMESPACE_LABEL]: pod.metadata?.namespace ?? "",
  [POD_UID_LABEL]: pod.metadata?.uid ?? "",
});

export const sandboxLabels = (pod: Pod): StringMap => ({ ...pod.metadata?.labels, ...identityLabels(pod) });

export const sandboxAnnotations = (pod: Pod, seen: string): StringMap => ({
  ...pod.metadata?.annotations,
  "kubernetes.io/config.seen": seen,
  "kubernetes.io/config.source": "api",
});

export const containerLabels = (pod: Pod, container: Container): StringMap => ({
  ...identityLabels(pod),
  [CONTAINER_NAME_LABEL]: container.name,
});

export function containerAnnotations(pod: Pod, container: Container, restartCount: number): StringMap {
  const annotations: Record<string, string> = {
    [CONTAINER_HASH]: containerHash(container),
    [RESTART_COUNT]: String(restartCount),
    [TERMINATION_MESSAGE_PATH]: container.terminationMessagePath ?? "",
    [TERMINATION_MESSAGE_POLICY]: container.terminationMessagePolicy ?? "",
  };
  const deletionGrace = pod.metadata?.deletionGracePeriodSeconds;
  if (deletionGrace !== undefined) annotations[POD_DELETION_GRACE_PERIOD] = String(deletionGrace);
  const terminationGrace = pod.spec?.terminationGracePeriodSeconds;
  if (terminationGrace !== undefined) annotations[POD_TERMINATION_GRACE_PERIOD] = String(terminationGrace);
  if (container.lifecycle?.preStop) annotations[PRE_STOP_HANDLER] = JSON.stringify(container.lifecycle.preStop);
  if (container.ports?.length) annotations[CONTAINER_PORTS] = JSON.stringify(container.ports);
  return annotations;
}

/** Undefined when the kubelet did not make it. */
export function podIdentity(labels: StringMap | undefined): PodIdentity | undefined {
  const uid = labels?.[POD_UID_LABEL];
  if (!labels || uid === undefined) return undefined;
  return { uid, name: labels[POD_NAME_LABEL] ?? "", namespace: labels[POD_NAMESPACE_LABEL] ?? "" };
}

/** What a container's annotations say of how it was made. */
export interface ContainerRecord {
  readonly hash: string;
  readonly restartCount: number;
  readonly terminationMessagePath: string;
  readonly terminationMessagePolicy: string;
}

export const containerRecord = (annotations: StringMap | undefined): ContainerRecord => ({
  hash: annotations?.[CONTAINER_HASH] ?? "",
  restartCount: Number(annotations?.[RESTART_COUNT] ?? 0) || 0,
  terminationMessagePath: annotations?.[TERMINATION_MESSAGE_PATH] ?? "",
  terminationMessagePolicy: annotations?.[TERMINATION_MESSAGE_POLICY] ?? "",
});
