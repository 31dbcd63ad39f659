// SPDX-License-Identifier: Apache-2.0

import { dropField, fieldError as field } from "../../apimachinery/index.ts";
import type {
  DeviceClaim,
  DeviceConstraint,
  DeviceRequest,
  DeviceSubRequest,
  ExactDeviceRequest,
} from "../generated/v1.35/resource-v1.ts";
import { checkDnsLabel, checkDnsSubdomain, type Errors, NOT_POSITIVE } from "../validation/checks.ts";
import { checkBoundedList, checkBoundedSet } from "./bounded-list.ts";
import { checkConfiguration, checkSelectors, MAX_CONFIGURATIONS } from "./device-configuration.ts";
import { checkFullAttributeName } from "./device-names.ts";

const MAX_REQUESTS = 32;
const MAX_ALTERNATIVES = 8;
const MAX_CONSTRAINTS = 32;
const EXACT_COUNT = "ExactCount";
const ALL = "All";

type RequestDetails = ExactDeviceRequest | DeviceSubRequest;

function* detailsOf(claim: DeviceClaim): Iterable<RequestDetails> {
  for (const { exactly, firstAvailable } of claim.requests ?? []) {
    if (exactly) yield exactly;
    yield* firstAvailable ?? [];
  }
}

/** Requests that say nothing ask for one device. */
export function defaultDeviceClaim(claim: DeviceClaim | undefined): void {
  if (!claim) return;
  for (const details of detailsOf(claim)) {
    details.allocationMode ||= EXACT_COUNT;
    if (details.allocationMode === EXACT_COUNT && !details.count) details.count = 1;
    for (const toleration of details.tolerations ?? []) toleration.operator ||= "Equal";
  }
}

/** Takes away what features add that are off by default: taints of devices, capacities that are consumed in parts. */
export function dropDisabledClaimFields(claim: DeviceClaim | undefined): void {
  if (!claim) return;
  for (const details of detailsOf(claim)) {
    dropField<RequestDetails>(details, "tolerations");
    dropField<RequestDetails>(details, "capacity");
  }
  for (const constraint of claim.constraints ?? []) delete constraint.distinctAttribute;
}

/** Names of requests, and of the alternatives of each. */
export class RequestNames {
  readonly #names = new Map<string, ReadonlySet<string>>();

  constructor(claim: DeviceClaim | undefined) {
    for (const { name, firstAvailable } of claim?.requests ?? [])
      this.#names.set(name, new Set((firstAvailable ?? []).map((alternative) => alternative.name)));
  }

  /** REQUEST or REQUEST/ALTERNATIVE. */
  has(reference: string): boolean {
    const [name = "", alternative, ...rest] = reference.split("/");
    const alternatives = this.#names.get(name);
    if (!alternatives || rest.length > 0) return false;
    return alternative === undefined || alternatives.has(alternative);
  }
}

/** A reference to a request of the claim. */
export function checkRequestReference(reference: string, names: RequestNames, path: string, errors: Errors): void {
  const parts = reference.split("/");
  if (parts.length <= 2) for (const part of parts) checkDnsLabel(part, path, errors);
  if (!names.has(reference))
    errors.push(
      field.invalid(
        path,
        reference,
        "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'",
      ),
    );
}

/** References to requests of the claim, each once. */
export function checkRequestReferences(
  references: readonly string[] | undefined,
  names: RequestNames,
  path: string,
  errors: Errors,
): void {
  checkBoundedSet(
    references,
    MAX_REQUESTS,
    path,
    errors,
    (reference, at) => checkRequestReference(reference, names, at, errors),
    (reference) => reference,
  );
}

function checkAmount({ allocationMode = "", count = 0 }: RequestDetails, path: string, errors: Errors): void {
  if (allocationMode === ALL) {
    if (count !== 0)
      errors.push(
        field.invalid(`${path}.count`, count, `must not be specified when allocationMode is '${allocationMode}'`),
      );
  } else if (allocationMode === EXACT_COUNT) {
    if (count <= 0) errors.push(field.invalid(`${path}.count`, count, NOT_POSITIVE));
  } else errors.push(field.notSupported(`${path}.allocationMode`, allocationMode, [ALL, EXACT_COUNT]));
}

function checkDetails(details: RequestDetails, path: string, errors: Errors): void {
  const className = details.deviceClassName;
  if (className) checkDnsSubdomain(className, `${path}.deviceClassName`, errors);
  else errors.push(field.required(`${path}.deviceClassName`));
  checkSelectors(details.selectors, `${path}.selectors`, errors, false);
  checkAmount(details, path, errors);
}

const ONE_OF_TWO = "exactly one of `exactly` or `firstAvailable` is required";

function checkRequest(request: DeviceRequest, path: string, errors: Errors): void {
  const { name, exactly, firstAvailable = [] } = request;
  checkDnsLabel(name, `${path}.name`, errors);
  if (exactly && firstAvailable.length > 0)
    errors.push(field.invalid(path, null, `${ONE_OF_TWO}, but multiple fields are set`));
  else if (exactly) checkDetails(exactly, `${path}.exactly`, errors);
  else if (firstAvailable.length === 0) errors.push(field.required(path, ONE_OF_TWO));
  else
    checkBoundedSet(
      firstAvailable,
      MAX_ALTERNATIVES,
      `${path}.firstAvailable`,
      errors,
      (alternative, at) => {
        checkDnsLabel(alternative.name, `${at}.name`, errors);
        checkDetails(alternative, at, errors);
      },
      (alternative) => alternative.name,
    );
}

function checkConstraint(constraint: DeviceConstraint, names: RequestNames, path: string, errors: Errors): void {
  checkRequestReferences(constraint.requests, names, `${path}.requests`, errors);
  const attribute = constraint.matchAttribute;
  if (attribute === undefined) errors.push(field.required(`${path}.matchAttribute`));
  else checkFullAttributeName(attribute, `${path}.matchAttribute`, errors);
}

/** What is asked for. */
export function validateDeviceClaim(claim: DeviceClaim | undefined, path: string, errors: Errors): void {
  if (!claim) return;
  const names = new RequestNames(claim);
  checkBoundedSet(
    claim.requests,
    MAX_REQUESTS,
    `${path}.requests`,
    errors,
    (request, at) => checkRequest(request, at, errors),
    (request) => request.name,
  );
  checkBoundedList(claim.constraints, MAX_CONSTRAINTS, `${path}.constraints`, errors, (constraint, at) =>
    checkConstraint(constraint, names, at, errors),
  );
  checkBoundedList(claim.config, MAX_CONFIGURATIONS, `${path}.config`, errors, ({ requests, opaque }, at) => {
    checkRequestReferences(requests, names, `${at}.requests`, errors);
    checkConfiguration(opaque, at, errors, false);
  });
}
