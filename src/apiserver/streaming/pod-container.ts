// SPDX-License-Identifier: Apache-2.0

import { badRequest, type DeepReadonly } from "../../apimachinery/index.ts";
import type { Pod } from "../../api/index.ts";

const namesOf = (containers: readonly { readonly name: string }[] = []): string[] => containers.map(({ name }) => name);

/** The container that a request means: the one that it names, or the only one. */
export function containerOf(pod: DeepReadonly<Pod>, asked: string): string {
  const { initContainers, containers, ephemeralContainers } = pod.spec;
  const name = pod.metadata.name ?? "";
  const all = [...namesOf(initContainers), ...namesOf(containers), ...namesOf(ephemeralContainers)];
  if (asked) {
    if (!all.includes(asked)) throw badRequest(`container ${asked} is not valid for pod ${name}`);
    return asked;
  }
  if (containers.length === 1) return containers[0]!.name;
  const choice = containers.length > 0 ? `, choose one of: [${all.join(" ")}]` : "";
  throw badRequest(`a container name must be specified for pod ${name}${choice}`);
}
