// SPDX-License-Identifier: Apache-2.0

import { fieldError, type FieldError, invalidObject, validateFieldManager } from "../../apimachinery/index.ts";
import type { RequestContext } from "../request-context.ts";
import type { WriteOptions } from "../resource-store.ts";
import { boolValue } from "./query-values.ts";

export type FieldValidation = "Ignore" | "Strict" | "Warn";

/** What the query of a write says. */
export interface WriteQuery {
  readonly dryRun: boolean;
  readonly fieldManager: string;
  readonly fieldValidation: FieldValidation;
  readonly force: boolean;
  /** As admission sees them. */
  readonly requestOptions: Readonly<Record<string, unknown>>;
}

type OptionsKind = "CreateOptions" | "UpdateOptions" | "PatchOptions";

const FIELD_VALIDATIONS = ["", "Ignore", "Strict", "Warn"];
const DRY_RUNS = ["All"];
const PLAIN: Readonly<Record<OptionsKind, WriteQuery>> = {
  CreateOptions: plainQuery("CreateOptions"),
  UpdateOptions: plainQuery("UpdateOptions"),
  PatchOptions: plainQuery("PatchOptions"),
};

function plainQuery(kind: OptionsKind): WriteQuery {
  return {
    dryRun: false,
    fieldManager: "",
    fieldValidation: "Warn",
    force: false,
    requestOptions: { kind, apiVersion: "meta.k8s.io/v1" },
  };
}

/** Mistakes in dryRun, as upstream words them. */
export const dryRunErrors = (values: readonly string[]): FieldError[] =>
  values.some((value) => value !== "All") ? [fieldError.notSupported("dryRun", values, DRY_RUNS)] : [];

function managerErrors(
  context: { readonly apply: boolean },
  manager: string,
  force: boolean | undefined,
): FieldError[] {
  const errors: FieldError[] = [];
  if (context.apply && manager === "") {
    errors.push(fieldError.required("fieldManager", "is required for apply patch"));
  }
  if (!context.apply && force !== undefined) {
    errors.push(fieldError.fieldForbidden("force", "may not be specified for non-apply patch"));
  }
  return errors;
}

/** Reads and checks the options of a write; throws 422 in upstream's words. */
export function readWriteQuery(
  query: URLSearchParams,
  kind: OptionsKind,
  patch?: { readonly apply: boolean },
): WriteQuery {
  if (query.size === 0 && !patch?.apply) return PLAIN[kind];
  const dryRun = query.getAll("dryRun");
  const fieldManager = query.get("fieldManager") ?? "";
  const fieldValidation = query.get("fieldValidation") ?? "";
  const force = patch ? boolValue(query, "force") : undefined;
  const errors = [
    ...(patch ? managerErrors(patch, fieldManager, force) : []),
    ...validateFieldManager(fieldManager, "fieldManager"),
    ...dryRunErrors(dryRun),
  ];
  if (!FIELD_VALIDATIONS.includes(fieldValidation)) {
    errors.push(fieldError.textNotSupported("fieldValidation", fieldValidation, FIELD_VALIDATIONS));
  }
  if (errors.length > 0) throw invalidObject({ group: "meta.k8s.io", kind }, "", errors);
  return {
    dryRun: dryRun.length > 0,
    fieldManager,
    fieldValidation: (fieldValidation || "Warn") as FieldValidation,
    force: force ?? false,
    requestOptions: {
      kind,
      apiVersion: "meta.k8s.io/v1",
      ...(dryRun.length > 0 ? { dryRun } : {}),
      ...(fieldManager ? { fieldManager } : {}),
      ...(fieldValidation ? { fieldValidation } : {}),
      ...(force === undefined ? {} : { force }),
    },
  };
}

/** The registry's options of a write. */
export const writeOptions = (context: RequestContext, query: WriteQuery): WriteOptions => ({
  user: context.user,
  dryRun: query.dryRun,
  fieldManager: query.fieldManager,
  userAgent: context.request.headers["user-agent"],
  warnings: context.warnings,
  traceId: context.traceId,
  get signal() {
    return context.request.signal;
  },
  subresource: context.info.subresource,
  requestOptions: query.requestOptions,
});
