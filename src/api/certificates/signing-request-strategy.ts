// SPDX-License-Identifier: Apache-2.0

import type {
  CertificateSigningRequest,
  CertificateSigningRequestCondition,
} from "../generated/v1.35/certificates-v1.ts";
import type { StrategyContext } from "../kind.ts";

const DECISIONS: ReadonlySet<string> = new Set(["Approved", "Denied"]);

/** A new request says who made it, and is not decided. */
export function prepareSigningRequestForCreate(csr: CertificateSigningRequest, context: StrategyContext): void {
  const { spec } = csr;
  for (const name of ["username", "uid", "groups", "extra"] as const) delete spec[name];
  if (context.userName) spec.username = context.userName;
  if (context.userUid) spec.uid = context.userUid;
  if (context.userGroups.length > 0) spec.groups = [...context.userGroups];
  const extra = Object.entries(context.userExtra ?? {});
  if (extra.length > 0) spec.extra = Object.fromEntries(extra.map(([key, values]) => [key, [...values]]));
}

/** The main resource changes the metadata alone. */
export function prepareSigningRequestForUpdate(csr: CertificateSigningRequest, old: CertificateSigningRequest): void {
  csr.spec = old.spec;
}

type Condition = CertificateSigningRequestCondition;

/** Times that a client leaves out; a condition that said the same before keeps the time of its turn. */
function fillTimes(conditions: readonly Condition[], old: readonly Condition[], now: string): void {
  for (const condition of conditions) {
    condition.lastUpdateTime ||= now;
    condition.lastTransitionTime ||=
      old.find(
        ({ type, status, lastTransitionTime }) =>
          type === condition.type && status === condition.status && lastTransitionTime,
      )?.lastTransitionTime ?? now;
  }
}

/** Conditions with the decisions of before; undefined where the change would take one away or add one. */
function withDecisionsOf(conditions: readonly Condition[], old: readonly Condition[]): Condition[] | undefined {
  const kept = old.filter(({ type }) => DECISIONS.has(type));
  const next: Condition[] = [];
  for (const condition of conditions) {
    if (!DECISIONS.has(condition.type)) next.push(condition);
    else {
      const index = kept.findIndex(({ type }) => type === condition.type);
      if (index < 0) return undefined;
      next.push(...kept.splice(index, 1));
    }
  }
  return kept.length === 0 ? next : undefined;
}

/** The /status subresource sets the certificate and conditions of signers, but decides nothing. */
export function prepareSigningRequestStatus(
  csr: CertificateSigningRequest,
  old: CertificateSigningRequest,
  context: StrategyContext,
): void {
  csr.status ??= {};
  const before = old.status?.conditions ?? [];
  const conditions = csr.status.conditions ?? [];
  const kept = withDecisionsOf(conditions, before);
  if (kept && kept.length > 0) csr.status.conditions = kept;
  fillTimes(csr.status.conditions ?? [], before, context.now);
}

/** The /approval subresource changes conditions alone. */
export function prepareSigningRequestApproval(
  csr: CertificateSigningRequest,
  old: CertificateSigningRequest,
  now: string,
): void {
  const conditions = csr.status?.conditions ?? [];
  fillTimes(conditions, old.status?.conditions ?? [], now);
  csr.spec = old.spec;
  const { conditions: _, ...rest } = old.status ?? {};
  csr.status = conditions.length > 0 ? { ...rest, conditions } : rest;
}
