// SPDX-License-Identifier: Apache-2.0

import type { Container, EphemeralContainer, PodSpec, SecurityContext } from "../../../api/index.ts";
import type { DeepReadonly } from "../../../apimachinery/index.ts";

/** What is looked at of a pod, or of a template of pods. */
export interface PodForm {
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: DeepReadonly<PodSpec>;
}

export type AnyContainer = DeepReadonly<Container | EphemeralContainer>;

/** Why a pod does not fit a level: in a word, and for one pod in a sentence. */
export interface Finding {
  readonly reason: string;
  readonly detail: string;
}

/** Looks at one thing; undefined where nothing is wrong with it. */
export type Check = (pod: PodForm) => Finding | undefined;

export const plural = (word: string, count: number): string => (count === 1 ? word : `${word}s`);

/** `"a", "b"` */
export const quoted = (values: readonly string[]): string => `"${values.join('", "')}"`;

/** `container "a"`, `containers "a", "b"` */
export const named = (word: string, names: readonly string[]): string =>
  `${plural(word, names.length)} ${quoted(names)}`;

/** Init containers first, ephemeral ones last. */
export const containersOf = ({ spec }: PodForm): AnyContainer[] => [
  ...(spec.initContainers ?? []),
  ...spec.containers,
  ...(spec.ephemeralContainers ?? []),
];

/** Names of the containers that a test holds for. */
export const containersWith = (pod: PodForm, test: (container: AnyContainer) => boolean): string[] =>
  containersOf(pod)
    .filter(test)
    .map(({ name }) => name);

type Settings = DeepReadonly<Pick<SecurityContext, "seLinuxOptions" | "seccompProfile" | "appArmorProfile">> & {
  readonly runAsUser?: number;
  readonly runAsNonRoot?: boolean;
  readonly windowsOptions?: { readonly hostProcess?: boolean };
};

/** Who sets something wrong in a security context: `pod`, `pod and container "a"`; undefined when nobody does. */
export function settersOf(pod: PodForm, isWrong: (context: Settings) => boolean): string | undefined {
  const setters: string[] = [];
  const own = pod.spec.securityContext as Settings | undefined;
  if (own && isWrong(own)) setters.push("pod");
  const containers = containersWith(pod, ({ securityContext }) => !!securityContext && isWrong(securityContext));
  if (containers.length > 0) setters.push(named("container", containers));
  return setters.length > 0 ? setters.join(" and ") : undefined;
}

/** A pod whose root is nobody outside of it. */
export const hasUserNamespace = ({ spec }: PodForm): boolean => spec.hostUsers === false;
