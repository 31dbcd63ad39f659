// SPDX-License-Identifier: Apache-2.0

import {
  prepareSigningRequestApproval,
  prepareSigningRequestForCreate,
  prepareSigningRequestForUpdate,
  prepareSigningRequestStatus,
} from "./signing-request-strategy.ts";
import { validateSigningRequest, validateSigningRequestUpdate } from "./signing-request-validation.ts";
import { fieldLabelNotSupported } from "../shared/field-labels.ts";
import type { UpdateCheck } from "../kind.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import type { CertificateSigningRequest } from "../generated/v1.35/certificates-v1.ts";
import { humanDuration, nameIsPathSegment } from "../../apimachinery/index.ts";

function requestedDurationText(csr: CertificateSigningRequest): string {
  const seconds = csr.spec?.expirationSeconds;
  return seconds === undefined ? "<none>" : humanDuration(seconds * 1000);
}

function conditionText(csr: CertificateSigningRequest): string {
  const types = new Set(csr.status?.conditions?.map((condition) => condition.type));
  const decision = types.has("Denied") ? "Denied" : types.has("Approved") ? "Approved" : "Pending";
  return `${decision}${types.has("Failed") ? ",Failed" : ""}${csr.status?.certificate ? ",Issued" : ""}`;
}

/** All three doors of a request check the same. */
const DOOR_CHECKS: readonly UpdateCheck[] = ["metadata", "change", "metadata change"];

/** CertificateSigningRequest. */
export const certificateSigningRequest = defineKind<CertificateSigningRequest>({
  group: "certificates.k8s.io",
  version: "v1",
  kind: "CertificateSigningRequest",
  resource: "certificatesigningrequests",
  singular: "certificatesigningrequest",
  namespaced: false,
  shortNames: ["csr"],
  type: "io.k8s.api.certificates.v1.CertificateSigningRequest",
  validateName: nameIsPathSegment,
  prepareForCreate: prepareSigningRequestForCreate,
  prepareForUpdate: prepareSigningRequestForUpdate,
  validate: (csr) => validateSigningRequest(csr),
  validateUpdate: (csr, old) => validateSigningRequestUpdate(csr, old),
  updateChecks: DOOR_CHECKS,
  status: {
    prepareForUpdate: prepareSigningRequestStatus,
    validateUpdate: (csr, old) => validateSigningRequestUpdate(csr, old, { certificate: true }),
    updateChecks: DOOR_CHECKS,
  },
  subresources: {
    approval: {
      prepareForUpdate: (csr, old, { now }) => prepareSigningRequestApproval(csr, old, now),
      validateUpdate: (csr, old) => validateSigningRequestUpdate(csr, old, { decision: true }),
      updateChecks: DOOR_CHECKS,
    },
  },
  resetFields: [["spec"], ["status"]],
  selectableFields: {
    "spec.signerName": (csr) => csr.spec.signerName,
  },
  fieldLabelError: fieldLabelNotSupported,
  columns: [
    nameColumn,
    ageColumn,
    {
      name: "SignerName",
      type: "string",
      description:
        'Requested signer for the request. It is a qualified name in the form: `scope-hostname.io/name`. If empty, it will be defaulted:\n 1. If it\'s a kubelet client certificate, it is assigned\n    "kubernetes.io/kube-apiserver-client-kubelet".\n 2. If it\'s a kubelet serving certificate, it is assigned\n    "kubernetes.io/kubelet-serving".\n 3. Otherwise, it is assigned "kubernetes.io/legacy-unknown".\nDistribution of trust for signers happens out of band. You can select on this field using `spec.signerName`.',
      cell: (o) => o.spec?.signerName || "<none>",
    },
    {
      name: "Requestor",
      type: "string",
      description: "Base64-encoded PKCS#10 CSR data",
      cell: (o) => o.spec?.username ?? "",
    },
    {
      name: "RequestedDuration",
      type: "string",
      description:
        "expirationSeconds is the requested duration of validity of the issued certificate. The certificate signer may issue a certificate with a different validity duration so a client must check the delta between the notBefore and and notAfter fields in the issued certificate to determine the actual duration.\n\nThe v1.22+ in-tree implementations of the well-known Kubernetes signers will honor this field as long as the requested duration is not greater than the maximum duration they will honor per the --cluster-signing-duration CLI flag to the Kubernetes controller manager.\n\nCertificate signers may not honor this field for various reasons:\n\n  1. Old signer that is unaware of the field (such as the in-tree\n     implementations prior to v1.22)\n  2. Signer whose configured maximum is shorter than the requested duration\n  3. Signer whose configured minimum is longer than the requested duration\n\nThe minimum valid value for expirationSeconds is 600, i.e. 10 minutes.",
      cell: (o) => requestedDurationText(o),
    },
    {
      name: "Condition",
      type: "string",
      description: "Conditions applied to the request, such as approval or denial.",
      cell: (o) => conditionText(o),
    },
  ],
});
