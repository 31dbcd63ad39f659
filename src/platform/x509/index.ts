// SPDX-License-Identifier: Apache-2.0

export { CertificateAuthority, type CertificateAndKey, type CertificateRequest } from "./certificate.ts";
export { needsRenewal, Pki, renewalTimeMs, type LeafOptions, type PkiFiles } from "./pki.ts";
export { createEllipticTokenKey, createTokenKey, tokenSigner, tokenVerifier } from "./token-keys.ts";
export { openPki, readPki } from "./pki-folder.ts";
