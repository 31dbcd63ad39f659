// SPDX-License-Identifier: Apache-2.0

import {
  dns1123LabelErrors,
  type KubeObject,
  type LabelSelectorFields,
  labelSelectorOf,
} from "../../apimachinery/index.ts";
import type { PodTemplateSpec } from "../generated/v1.35/core-v1.ts";
import { dropDisabledPodFields } from "./disabled-fields.ts";
import { dropInitContainerAnnotations } from "./pod-aliases.ts";
import { defaultPodSpec } from "./pod-spec.ts";
import { podTemplateWarnings } from "./pod-warnings.ts";

/** Fills what the template of a workload's pods leaves out. */
export function defaultTemplate(template: PodTemplateSpec | undefined): void {
  if (template?.spec) defaultPodSpec(template.spec);
  dropInitContainerAnnotations(template?.metadata);
}

/** Takes away from the template what is off by default. */
export const dropDisabledTemplateFields = (template: PodTemplateSpec | undefined): void =>
  dropDisabledPodFields(template?.spec);

/** The Scale of a workload that counts replicas and has a selector. */
export const replicasScale = {
  specReplicasPath: ".spec.replicas",
  statusReplicasPath: ".status.replicas",
  selectorText: ({ spec }: { readonly spec: { readonly selector: LabelSelectorFields } }): string =>
    labelSelectorOf(spec.selector).toString(),
} as const;

/** A workload's name becomes part of host names: a new one had better be a DNS label. */
export function podNameWarnings(object: KubeObject): string[] {
  const messages = dns1123LabelErrors(object.metadata.name ?? "");
  return messages.length > 0
    ? [
        `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${messages.join(" ")}]`,
      ]
    : [];
}

interface Workload extends KubeObject {
  readonly spec?: { readonly template?: PodTemplateSpec };
}

/** Whether an update changed nothing that counts. */
export const isAsOld = (object: KubeObject, old: KubeObject | undefined): boolean =>
  old !== undefined && object.metadata.generation === old.metadata.generation;

/** Warnings about the template of a workload that is new or changed. */
export const templateWarnings = (object: Workload, old: Workload | undefined): string[] =>
  isAsOld(object, old) ? [] : podTemplateWarnings(object.spec?.template, "spec.template");

/** Warnings about a workload: its name when it is new, its template when it is new or the spec changed. */
export const workloadWarnings = (object: Workload, old: Workload | undefined): string[] => [
  ...(old ? [] : podNameWarnings(object)),
  ...templateWarnings(object, old),
];
