// SPDX-License-Identifier: Apache-2.0

import {
  badRequest,
  goQuote,
  fieldError as field,
  equalJson,
  validateLabelSelector,
} from "../../apimachinery/index.ts";
import type { DaemonSet, DaemonSetUpdateStrategy, RollingUpdateDaemonSet } from "../generated/v1.35/apps-v1.ts";
import { validatePodTemplate } from "../shared/pod-template.ts";
import {
  checkCollisionCount,
  checkCounters,
  checkNotEmptySelector,
  checkRunsForever,
  checkSelectorChange,
  checkTemplateLabels,
  readSelector,
} from "../shared/workload-validation.ts";
import { checkNonNegative, type Errors } from "../validation/checks.ts";
import { checkAtMostAll, checkIntOrPercent, intOrPercentAmount } from "../validation/int-or-percent.ts";
import { internalForm } from "../validation/internal-form.ts";

function validateRollingUpdate(rollingUpdate: RollingUpdateDaemonSet, path: string, errors: Errors): void {
  const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate;
  checkIntOrPercent(maxUnavailable, `${path}.maxUnavailable`, errors);
  checkIntOrPercent(maxSurge, `${path}.maxSurge`, errors);
  checkAtMostAll(maxUnavailable, `${path}.maxUnavailable`, errors);
  checkAtMostAll(maxSurge, `${path}.maxSurge`, errors);
  const hasUnavailable = intOrPercentAmount(maxUnavailable) !== 0;
  const hasSurge = intOrPercentAmount(maxSurge) !== 0;
  if (hasUnavailable && hasSurge)
    errors.push(field.invalid(`${path}.maxSurge`, maxSurge, "may not be set when maxUnavailable is non-zero"));
  else if (!hasUnavailable && !hasSurge)
    errors.push(field.required(`${path}.maxUnavailable`, "cannot be 0 when maxSurge is 0"));
}

function validateUpdateStrategy(strategy: DaemonSetUpdateStrategy, path: string, errors: Errors): void {
  const { type, rollingUpdate } = strategy;
  if (type === "RollingUpdate") {
    if (rollingUpdate) validateRollingUpdate(rollingUpdate, `${path}.rollingUpdate`, errors);
    else errors.push(field.required(`${path}.rollingUpdate`));
  } else if (type !== "OnDelete")
    errors.push(
      field.notSupported(path, internalForm("DaemonSetUpdateStrategy", strategy), ["RollingUpdate", "OnDelete"]),
    );
}

/** What is wrong with a daemon set. */
export function validateDaemonSet({ spec }: DaemonSet): Errors {
  const errors: Errors = [];
  errors.push(...validateLabelSelector(spec.selector, "spec.selector"));
  const selector = readSelector(spec.selector);
  if (selector) checkTemplateLabels(spec.template, selector, "spec.template", errors);
  if (spec.selector) checkNotEmptySelector(spec.selector, "daemonset", "spec.selector", errors);
  validatePodTemplate(spec.template, "spec.template", errors);
  checkRunsForever(spec.template, "DaemonSet", "spec.template", errors);
  checkNonNegative(spec.minReadySeconds, "spec.minReadySeconds", errors);
  validateUpdateStrategy(spec.updateStrategy ?? {}, "spec.updateStrategy", errors);
  checkNonNegative(spec.revisionHistoryLimit, "spec.revisionHistoryLimit", errors);
  return errors;
}

/** The selector of a daemon set stays; the whole of it is checked after. */
export function validateDaemonSetUpdate(daemonSet: DaemonSet, old: DaemonSet): Errors {
  const errors: Errors = [];
  checkSelectorChange(daemonSet.spec.selector, old.spec.selector, errors);
  errors.push(...validateDaemonSet(daemonSet));
  return errors;
}

/** What is wrong with the counts that a daemon set reports. */
export function validateDaemonSetStatus({ status }: DaemonSet, { status: old }: DaemonSet): Errors {
  const errors: Errors = [];
  if (!status) return errors;
  checkCounters(
    status,
    [
      "currentNumberScheduled",
      "numberMisscheduled",
      "desiredNumberScheduled",
      "numberReady",
      "observedGeneration",
      "updatedNumberScheduled",
      "numberAvailable",
      "numberUnavailable",
      "collisionCount",
    ],
    errors,
  );
  checkCollisionCount(status.collisionCount, old?.collisionCount, errors);
  return errors;
}

const GENERATION = "deprecated.daemonset.template.generation";

const generationOf = (daemonSet: DaemonSet): number => Number(daemonSet.metadata.annotations?.[GENERATION] ?? 0) || 0;

function setGeneration(daemonSet: DaemonSet, generation: number): void {
  daemonSet.metadata.annotations = { ...daemonSet.metadata.annotations, [GENERATION]: String(generation) };
}

const MAX_INT64 = 2n ** 63n - 1n;

/** Why a text is no 64-bit integer, in the words of Go. */
function integerMistake(text: string): string | undefined {
  if (!/^[+-]?\d+$/.test(text)) return "invalid syntax";
  const value = BigInt(text.replace("+", ""));
  return value > MAX_INT64 || value < -MAX_INT64 - 1n ? "value out of range" : undefined;
}

/** Every daemon set has the annotation, whether its writer wrote it or not; one that is no number cannot be read. */
export function noteTemplateGeneration(daemonSet: DaemonSet): void {
  const given = daemonSet.metadata.annotations?.[GENERATION];
  const mistake = given === undefined ? undefined : integerMistake(given);
  if (mistake)
    throw badRequest(
      `DaemonSet in version "v1" cannot be handled as a DaemonSet: strconv.ParseInt: parsing ${goQuote(given!)}: ${mistake}`,
    );
  setGeneration(daemonSet, generationOf(daemonSet));
}

/** Old clients read the generation of the template from an annotation. */
export const startTemplateGeneration = (daemonSet: DaemonSet): void =>
  setGeneration(daemonSet, Math.max(1, generationOf(daemonSet)));

/** The template's generation grows with every change of the template, and no client changes it. */
export const keepTemplateGeneration = (daemonSet: DaemonSet, old: DaemonSet): void =>
  setGeneration(daemonSet, generationOf(old) + (equalJson(daemonSet.spec.template, old.spec.template) ? 0 : 1));
