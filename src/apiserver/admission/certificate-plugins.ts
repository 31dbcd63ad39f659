// SPDX-License-Identifier: Apache-2.0

import { isJsonObject } from "../../apimachinery/index.ts";
import type { CertificateSigningRequest } from "../../api/index.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../admission-plugin.ts";
import { MASTERS } from "../authentication/user-names.ts";
import type { Access, Authorizer } from "../authorization/authorizer.ts";
import type { CertificateSubjectReader } from "../authentication/certificate-subject.ts";
import { admissionForbidden } from "./attributes.ts";

const GROUP = "certificates.k8s.io";
const KUBE_APISERVER_CLIENT = "kubernetes.io/kube-apiserver-client";

const isRequest = ({ kind, resource }: AdmissionAttributes): boolean =>
  kind.group === GROUP && resource === "certificatesigningrequests";

const signerAccess = (verb: "approve" | "sign", name: string): Access => ({
  isResourceRequest: true,
  verb,
  path: "",
  group: GROUP,
  version: "*",
  namespace: "",
  resource: "signers",
  subresource: "",
  name,
});

/** A right holds for one signer by name, or for all of a domain by `DOMAIN/*`. */
async function mayUse(
  authorizer: Authorizer,
  attributes: AdmissionAttributes,
  verb: "approve" | "sign",
  signer: string,
) {
  const exact = await authorizer.authorize(attributes.user, signerAccess(verb, signer));
  if (exact.decision === "allow") return true;
  const domain = `${signer.split("/")[0]}/*`;
  return (await authorizer.authorize(attributes.user, signerAccess(verb, domain))).decision === "allow";
}

/** Approving needs the right to approve for the signer that the request names. */
export const certificateApproval = (authorizer: Authorizer): AdmissionPlugin => ({
  name: "CertificateApproval",
  handles: (attributes) =>
    isRequest(attributes) && attributes.operation === "UPDATE" && attributes.subresource === "approval",
  async validate(attributes) {
    const { signerName } = (attributes.object as CertificateSigningRequest).spec;
    if (await mayUse(authorizer, attributes, "approve", signerName)) return;
    throw admissionForbidden(
      attributes,
      `user not permitted to approve requests with signerName ${JSON.stringify(signerName)}`,
    );
  },
});

/** Putting a certificate into a request needs the right to sign for its signer. */
export const certificateSigning = (authorizer: Authorizer): AdmissionPlugin => ({
  name: "CertificateSigning",
  handles: (attributes) =>
    isRequest(attributes) && attributes.operation === "UPDATE" && attributes.subresource === "status",
  async validate(attributes) {
    const { spec, status } = attributes.object as CertificateSigningRequest;
    const old = attributes.oldObject as CertificateSigningRequest;
    const isSigned = (status?.certificate ?? "") !== (old.status?.certificate ?? "");
    const fails = (request: CertificateSigningRequest): number =>
      (request.status?.conditions ?? []).filter(({ type }) => type === "Failed").length;
    if (!isSigned && fails({ ...old, status }) === fails(old)) return;
    if (await mayUse(authorizer, attributes, "sign", spec.signerName)) return;
    throw admissionForbidden(
      attributes,
      `user not permitted to sign requests with signerName ${JSON.stringify(spec.signerName)}`,
    );
  },
});

/** Nobody gets a certificate of the group that may do everything from the API. */
export const certificateSubjectRestriction = (readSubject: CertificateSubjectReader): AdmissionPlugin => ({
  name: "CertificateSubjectRestriction",
  handles: (attributes) => isRequest(attributes) && attributes.operation === "CREATE" && attributes.subresource === "",
  validate(attributes) {
    const { spec } = attributes.object as CertificateSigningRequest;
    if (!isJsonObject(spec) || spec.signerName !== KUBE_APISERVER_CLIENT) return;
    const subject = readSubject(spec.request);
    if (!subject?.organizations.includes(MASTERS)) return;
    throw admissionForbidden(
      attributes,
      `use of ${KUBE_APISERVER_CLIENT} signer with system:masters group is not allowed`,
    );
  },
});
