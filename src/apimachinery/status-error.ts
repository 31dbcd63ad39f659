// SPDX-License-Identifier: Apache-2.0

import { goQuote } from "./go-quote.ts";

/** One cause inside a Status. */
export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

/** The details of a Status. */
export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

/** The API's own answer to what failed (meta/v1 Status). */
export interface Status {
  kind: "Status";
  apiVersion: "v1";
  metadata: Record<string, never>;
  status: "Failure" | "Success";
  message?: string;
  reason?: string;
  details?: StatusDetails;
  code?: number;
}

/** An expected failure, told apart by `reason`; becomes a response only at the HTTP rim. */
export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly status: Status;

  constructor(status: Omit<Status, "kind" | "apiVersion" | "metadata" | "status">, options?: { cause?: unknown }) {
    super(status.message, options);
    this.status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", ...status };
  }

  get reason(): string {
    return this.status.reason ?? "";
  }

  get code(): number {
    return this.status.code ?? 500;
  }
}

/** A group and a resource (or kind), as error messages name them: `deployments.apps`. */
export interface GroupResource {
  group: string;
  resource: string;
}

/** `resource` or `resource.group`. */
export const groupResourceText = (r: GroupResource): string => (r.group ? `${r.resource}.${r.group}` : r.resource);

const detailsOf = (r: GroupResource, name?: string): StatusDetails => ({
  ...(name ? { name } : {}),
  ...(r.group ? { group: r.group } : {}),
  ...(r.resource ? { kind: r.resource } : {}),
});

/** 404: the object does not exist. */
export const notFound = (r: GroupResource, name: string): StatusError =>
  new StatusError({
    message: `${groupResourceText(r)} ${goQuote(name)} not found`,
    reason: "NotFound",
    details: detailsOf(r, name),
    code: 404,
  });

/** 409: an object of that name exists. */
export const alreadyExists = (r: GroupResource, name: string): StatusError =>
  new StatusError({
    message: `${groupResourceText(r)} ${goQuote(name)} already exists`,
    reason: "AlreadyExists",
    details: detailsOf(r, name),
    code: 409,
  });

/** 409: somebody else wrote first; `why` completes the sentence. */
export const conflict = (r: GroupResource, name: string, why: string): StatusError =>
  new StatusError({
    message: `Operation cannot be fulfilled on ${groupResourceText(r)} ${goQuote(name)}: ${why}`,
    reason: "Conflict",
    details: detailsOf(r, name),
    code: 409,
  });

/** The reason that a stale resourceVersion gets. */
export const OPTIMISTIC_LOCK_MESSAGE =
  "the object has been modified; please apply your changes to the latest version and try again";

/** 403: `why` completes the sentence. */
export const forbidden = (r: GroupResource, name: string, why: string): StatusError =>
  new StatusError({
    message: r.resource
      ? name
        ? `${groupResourceText(r)} ${goQuote(name)} is forbidden: ${why}`
        : `${groupResourceText(r)} is forbidden: ${why}`
      : `forbidden: ${why}`,
    reason: "Forbidden",
    details: detailsOf(r, name),
    code: 403,
  });

/** 400. */
export const badRequest = (message: string): StatusError =>
  new StatusError({ message, reason: "BadRequest", code: 400 });

/** 401. */
export const unauthorized = (): StatusError =>
  new StatusError({ message: "Unauthorized", reason: "Unauthorized", code: 401 });

/** 410: the revision asked for was compacted. */
export const resourceExpired = (message: string): StatusError =>
  new StatusError({ message, reason: "Expired", code: 410 });

/** 500. */
export const internalError = (message: string, cause?: unknown): StatusError =>
  new StatusError(
    {
      message: `Internal error occurred: ${message}`,
      reason: "InternalError",
      details: { causes: [{ message }] },
      code: 500,
    },
    { cause },
  );

/** Whether `error` is a StatusError of that reason. */
export const hasReason = (error: unknown, reason: string): error is StatusError =>
  error instanceof StatusError && error.status.reason === reason;
export const isNotFound = (error: unknown): error is StatusError => hasReason(error, "NotFound");
export const isConflict = (error: unknown): error is StatusError => hasReason(error, "Conflict");
export const isAlreadyExists = (error: unknown): error is StatusError => hasReason(error, "AlreadyExists");
export const isExpired = (error: unknown): error is StatusError =>
  error instanceof StatusError && error.status.code === 410;
