// SPDX-License-Identifier: Apache-2.0

import { expandCommand } from "../environment/environment.ts";
import type { ContainerConfig, CriImage, CriMount, KeyValue } from "../cri.ts";
import type { Container, Pod } from "../types.ts";
import { containerAnnotations, containerLabels } from "./labels.ts";
import { containerResources } from "./resources.ts";
import { containerSecurityContext } from "./security-context.ts";

export interface ContainerContext {
  readonly pod: Pod;
  readonly container: Container;
  readonly restartCount: number;
  readonly imageRef: string;
  readonly image: CriImage | undefined;
  readonly env: readonly KeyValue[];
  readonly mounts: readonly CriMount[];
  readonly rootDirectory: string;
  readonly node: { readonly memoryBytes: number; readonly cgroupVersion: 1 | 2 };
  readonly targetId: string | undefined;
}

/** The log of one run of a container, below its pod's log directory. */
export const containerLogPath = (name: string, restartCount: number): string => `${name}/${restartCount}.log`;

/** What the runtime needs to make a container. */
export function containerConfig(context: ContainerContext): ContainerConfig {
  const { pod, container, restartCount, env } = context;
  return {
    metadata: { name: container.name, attempt: restartCount },
    image: { image: context.imageRef, userSpecifiedImage: container.image },
    command: expandCommand(container.command, env),
    args: expandCommand(container.args, env),
    workingDir: container.workingDir,
    envs: env,
    mounts: context.mounts,
    labels: containerLabels(pod, container),
    annotations: containerAnnotations(pod, container, restartCount),
    logPath: containerLogPath(container.name, restartCount),
    stdin: container.stdin === true,
    stdinOnce: container.stdinOnce === true,
    tty: container.tty === true,
    stopSignal: container.lifecycle?.stopSignal,
    linux: {
      resources: containerResources(pod, container, context.node),
      securityContext: containerSecurityContext({
        pod,
        container,
        image: context.image,
        root: context.rootDirectory,
        targetId: context.targetId,
      }),
    },
  };
}
