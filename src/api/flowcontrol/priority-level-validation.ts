// SPDX-License-Identifier: Apache-2.0

import { fieldError as field, sameJson } from "../../apimachinery/index.ts";
import type {
  ExemptPriorityLevelConfiguration,
  LimitedPriorityLevelConfiguration,
  LimitResponse,
  PriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
  QueuingConfiguration,
} from "../generated/v1.35/flowcontrol-v1.ts";
import { checkSupported, type Errors } from "../validation/checks.ts";
import { internalForm } from "../validation/internal-form.ts";
import { validateFlowControlConditions } from "./conditions-validation.ts";
import { MANDATORY_LEVELS } from "./mandatory-objects.ts";

/** How earlier versions told shares of zero from absent ones. */
const OLD_SHARES = "flowcontrol.k8s.io/preserve-zero-concurrency-shares";
const EXEMPT = "exempt";
const DEFAULT_SHARES = 30;
const DEFAULT_QUEUES = 64;
const DEFAULT_HAND_SIZE = 8;
const DEFAULT_QUEUE_LENGTH = 50;
const MAX_QUEUES = 10_000_000;
/** Of the 64 bits of a hash, as many as shuffle evenly. */
const MAX_HASH_BITS = 60;
const NON_NEGATIVE = "must be a non-negative integer";

/** Fills what a level leaves out. */
export function defaultPriorityLevel({ spec: { limited, exempt } }: PriorityLevelConfiguration): void {
  if (exempt) {
    exempt.nominalConcurrencyShares ??= 0;
    exempt.lendablePercent ??= 0;
  }
  if (!limited) return;
  limited.nominalConcurrencyShares ??= DEFAULT_SHARES;
  limited.lendablePercent ??= 0;
  const queuing = limited.limitResponse?.queuing;
  if (!queuing) return;
  queuing.handSize ||= DEFAULT_HAND_SIZE;
  queuing.queues ||= DEFAULT_QUEUES;
  queuing.queueLengthLimit ||= DEFAULT_QUEUE_LENGTH;
}

function checkQueuing(queuing: QueuingConfiguration, path: string, errors: Errors): void {
  const { queues = 0, handSize = 0, queueLengthLimit = 0 } = queuing;
  const refuse = (name: keyof QueuingConfiguration, message: string): number =>
    errors.push(field.invalid(`${path}.${name}`, queuing[name] ?? 0, message));
  if (queueLengthLimit <= 0) refuse("queueLengthLimit", "must be positive");
  if (queues <= 0) refuse("queues", "must be positive");
  else if (queues > MAX_QUEUES) refuse("queues", `must not be greater than ${MAX_QUEUES}`);
  if (handSize <= 0) refuse("handSize", "must be positive");
  else if (handSize > queues) refuse("handSize", `should not be greater than queues (${queues})`);
  else if (Math.ceil(Math.log2(queues) * handSize) > MAX_HASH_BITS)
    refuse(
      "handSize",
      `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${MAX_HASH_BITS}`,
    );
}

function checkResponse({ type = "", queuing }: Partial<LimitResponse>, path: string, errors: Errors): void {
  const at = `${path}.queuing`;
  if (type === "Reject") {
    if (queuing) errors.push(field.fieldForbidden(at, "must be nil if limited.limitResponse.type is not Limited"));
  } else if (type === "Queue") {
    if (queuing) checkQueuing(queuing, at, errors);
    else errors.push(field.required(at, "must not be empty if limited.limitResponse.type is Limited"));
  } else checkSupported(type, `${path}.type`, ["Queue", "Reject"], errors);
}

function checkLendable(percent: number | undefined, path: string, errors: Errors): void {
  if (percent !== undefined && (percent < 0 || percent > 100))
    errors.push(field.invalid(path, percent, "must be between 0 and 100, inclusive"));
}

function checkShares(shares: number | undefined, path: string, errors: Errors): void {
  if (shares !== undefined && shares < 0) errors.push(field.invalid(path, shares, NON_NEGATIVE));
}

function checkLimited(limited: LimitedPriorityLevelConfiguration, errors: Errors): void {
  const path = "spec.limited";
  checkShares(limited.nominalConcurrencyShares, `${path}.nominalConcurrencyShares`, errors);
  checkResponse(limited.limitResponse ?? {}, `${path}.limitResponse`, errors);
  checkLendable(limited.lendablePercent, `${path}.lendablePercent`, errors);
  const limit = limited.borrowingLimitPercent;
  if (limit !== undefined && limit < 0)
    errors.push(field.invalid(`${path}.borrowingLimitPercent`, limit, `if specified, ${NON_NEGATIVE}`));
}

function checkExempt(exempt: ExemptPriorityLevelConfiguration, errors: Errors): void {
  checkShares(exempt.nominalConcurrencyShares, "spec.exempt.nominalConcurrencyShares", errors);
  checkLendable(exempt.lendablePercent, "spec.exempt.lendablePercent", errors);
}

function validateSpec({ type, limited, exempt }: PriorityLevelConfigurationSpec, name: string, errors: Errors): void {
  if ((name === EXEMPT) !== (type === "Exempt"))
    errors.push(field.invalid("spec.type", type, "must be 'Exempt' if and only if `name` is 'exempt'"));
  if (type === "Exempt") {
    if (limited) errors.push(field.fieldForbidden("spec.limited", "must be nil if the type is not Limited"));
    if (exempt) checkExempt(exempt, errors);
  } else if (type === "Limited") {
    if (exempt) errors.push(field.fieldForbidden("spec.exempt", "must be nil if the type is Limited"));
    if (limited) checkLimited(limited, errors);
    else errors.push(field.required("spec.limited", "must not be empty when type is Limited"));
  } else checkSupported(type, "spec.type", ["Exempt", "Limited"], errors);
}

/** Levels that no cluster is without keep their spec; that of the exempt one may change its shares. */
function checkMandatory(spec: PriorityLevelConfigurationSpec, name: string, errors: Errors): void {
  const fixed = MANDATORY_LEVELS[name];
  if (!fixed) return;
  const isExempt = name === EXEMPT;
  if (sameJson(isExempt ? { ...spec, exempt: fixed.exempt } : spec, fixed)) return;
  const except = isExempt ? " except the 'spec.exempt' field" : "";
  errors.push(
    field.invalid(
      "spec",
      internalForm("PriorityLevelConfigurationSpec", spec),
      `spec of '${name}'${except} must equal the fixed value`,
    ),
  );
}

/** What is wrong with a level, old or new. */
export function validatePriorityLevel({ metadata, spec }: PriorityLevelConfiguration): Errors {
  const errors: Errors = [];
  const { name = "" } = metadata;
  if (metadata.annotations?.[OLD_SHARES] !== undefined)
    errors.push(field.fieldForbidden("metadata.annotations", `annotation '${OLD_SHARES}' is forbidden`));
  validateSpec(spec, name, errors);
  checkMandatory(spec, name, errors);
  return errors;
}

/** What is wrong with the status of a level. */
export const validatePriorityLevelStatus = ({ status }: PriorityLevelConfiguration): Errors =>
  validateFlowControlConditions(status?.conditions);
