// SPDX-License-Identifier: Apache-2.0

import { fieldError as field, sameJson } from "../../apimachinery/index.ts";
import type {
  CertificateSigningRequest,
  CertificateSigningRequestCondition,
} from "../generated/v1.35/certificates-v1.ts";
import { checkSupported, type Errors } from "../validation/checks.ts";
import { internalForm } from "../validation/internal-form.ts";
import { encodedPemBlocks, isAsn1Sequence } from "../validation/pem-blocks.ts";
import { checkSignerName } from "../validation/signer-name.ts";
import { unifiedDiff } from "../validation/unified-diff.ts";

const MIN_SECONDS = 600;
const LEGACY_SIGNER = "kubernetes.io/legacy-unknown";
const USAGES = [
  "any",
  "cert sign",
  "client auth",
  "code signing",
  "content commitment",
  "crl sign",
  "data encipherment",
  "decipher only",
  "digital signature",
  "email protection",
  "encipher only",
  "ipsec end system",
  "ipsec tunnel",
  "ipsec user",
  "key agreement",
  "key encipherment",
  "microsoft sgc",
  "netscape sgc",
  "ocsp signing",
  "s/mime",
  "server auth",
  "signing",
  "timestamping",
];
const DECISIONS = ["Approved", "Denied"];
const LASTING = [...DECISIONS, "Failed"];
const STATUSES = ["False", "True", "Unknown"];
const CONDITIONS = "status.conditions";

/** What is wrong with the request itself; its signature is checked where there is cryptography. */
function requestMistake(request: string): string | undefined {
  const block = encodedPemBlocks(request)[0];
  if (block?.type !== "CERTIFICATE REQUEST") return "PEM block type must be CERTIFICATE REQUEST";
  return isAsn1Sequence(block.bytes) ? undefined : "x509: malformed certificate request";
}

function certificateMistake(certificate: string | undefined): string | undefined {
  if (!certificate) return undefined;
  const blocks = encodedPemBlocks(certificate);
  for (const { type, hasHeaders, bytes } of blocks) {
    if (type !== "CERTIFICATE") return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`;
    if (hasHeaders) return "no PEM block headers are permitted";
    if (!isAsn1Sequence(bytes)) return "x509: malformed certificate";
  }
  return blocks.length === 0 ? "must contain at least one CERTIFICATE PEM block" : undefined;
}

type Conditions = readonly CertificateSigningRequestCondition[];

const hasRepeated = (values: readonly string[]): boolean => new Set(values).size < values.length;
const typesOf = (conditions: Conditions): string[] => conditions.map(({ type }) => type);
const hasBothDecisions = (conditions: Conditions): boolean =>
  DECISIONS.every((type) => conditions.some((condition) => condition.type === type));

function validateConditions(conditions: Conditions, old: Conditions, errors: Errors): void {
  const [mayRepeat, mayBeEmpty, mayHaveBoth] = [
    hasRepeated(typesOf(old)),
    old.some(({ type }) => type === ""),
    hasBothDecisions(old),
  ];
  const seen = new Set<string>();
  for (const [i, { type, status }] of conditions.entries()) {
    if (!mayBeEmpty && type === "") errors.push(field.required(`${CONDITIONS}[${i}].type`));
    if (status)
      checkSupported(status, `${CONDITIONS}[${i}].status`, LASTING.includes(type) ? ["True"] : STATUSES, errors);
    else errors.push(field.required(`${CONDITIONS}[${i}].status`));
    const other = DECISIONS.find((decision) => decision !== type)!;
    if (!mayHaveBoth && DECISIONS.includes(type) && seen.has(other))
      errors.push(field.invalid(CONDITIONS, type, "Approved and Denied conditions are mutually exclusive"));
    if (!mayRepeat && seen.has(type)) errors.push(field.duplicate(`${CONDITIONS}[${i}].type`, type));
    seen.add(type);
  }
}

function validateUsages(usages: readonly string[], old: readonly string[] | undefined, errors: Errors): void {
  if (usages.length === 0) errors.push(field.required("spec.usages"));
  if (!old?.some((usage) => !USAGES.includes(usage)))
    for (const [i, usage] of usages.entries()) checkSupported(usage, `spec.usages[${i}]`, USAGES, errors);
  if (old && hasRepeated(old)) return;
  for (const [i, usage] of usages.entries())
    if (usages.indexOf(usage) < i) errors.push(field.duplicate(`spec.usages[${i}]`, usage));
}

/** What is wrong with a signing request; the old one excuses its own mistakes. */
export function validateSigningRequest(csr: CertificateSigningRequest, old?: CertificateSigningRequest): Errors {
  const errors: Errors = [];
  const { request, usages, signerName = "", expirationSeconds } = csr.spec;
  const mistake = requestMistake(request ?? "");
  if (mistake) errors.push(field.invalid("spec.request", request, mistake));
  validateUsages(usages ?? [], old && (old.spec.usages ?? []), errors);
  if (signerName === LEGACY_SIGNER && old?.spec.signerName !== LEGACY_SIGNER)
    errors.push(
      field.invalid("spec.signerName", signerName, "the legacy signerName is not allowed via this API version"),
    );
  else checkSignerName(signerName, "spec.signerName", errors);
  if (expirationSeconds !== undefined && expirationSeconds < MIN_SECONDS)
    errors.push(
      field.invalid(
        "spec.expirationSeconds",
        expirationSeconds,
        "may not specify a duration less than 600 seconds (10 minutes)",
      ),
    );
  validateConditions(csr.status?.conditions ?? [], old?.status?.conditions ?? [], errors);
  const [certificate, before] = [csr.status?.certificate, old?.status?.certificate];
  const isExcused = old && (certificate === before || certificateMistake(before) !== undefined);
  const wrong = isExcused ? undefined : certificateMistake(certificate);
  if (wrong) errors.push(field.invalid("status.certificate", "<certificate data>", wrong));
  return errors;
}

/** What a write to one of the three doors of a signing request may change. */
export interface AllowedChanges {
  readonly decision?: boolean;
  readonly certificate?: boolean;
}

function checkDecisions(conditions: Conditions, old: Conditions, mayDecide: boolean, errors: Errors): void {
  const ofType = (list: Conditions, type: string): Conditions => list.filter((condition) => condition.type === type);
  const refuse = (why: string): number => errors.push(field.fieldForbidden(CONDITIONS, why));
  for (const type of LASTING)
    if (ofType(conditions, type).length < ofType(old, type).length)
      refuse(`updates may not remove a condition of type "${type}"`);
  if (mayDecide) return;
  for (const type of DECISIONS) {
    const [now, before] = [ofType(conditions, type), ofType(old, type)];
    if (now.length > before.length) refuse(`updates may not add a condition of type "${type}"`);
    else if (now.length === before.length && !sameJson(now, before)) {
      const form = (list: Conditions): unknown =>
        list.map((condition) => internalForm("CertificateSigningRequestCondition", condition));
      refuse(`updates may not modify a condition of type "${type}"\n${unifiedDiff(form(before), form(now))}`);
    }
  }
}

/** What is wrong with the change of a signing request. */
export function validateSigningRequestUpdate(
  csr: CertificateSigningRequest,
  old: CertificateSigningRequest,
  allowed: AllowedChanges = {},
): Errors {
  const errors = validateSigningRequest(csr, old);
  checkDecisions(csr.status?.conditions ?? [], old.status?.conditions ?? [], allowed.decision ?? false, errors);
  const before = old.status?.certificate ?? "";
  if ((csr.status?.certificate ?? "") === before) return errors;
  if (!allowed.certificate)
    errors.push(field.fieldForbidden("status.certificate", "updates may not set certificate content"));
  else if (before)
    errors.push(field.fieldForbidden("status.certificate", "updates may not modify existing certificate content"));
  return errors;
}
