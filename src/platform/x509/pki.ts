// SPDX-License-Identifier: Apache-2.0

import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Random } from "../../base/index.ts";
import type { TokenSigner, TokenVerifier } from "../../apiserver/index.ts";
import { CertificateAuthority, type CertificateAndKey } from "./certificate.ts";
import { createEllipticTokenKey, tokenSigner, tokenVerifier } from "./token-keys.ts";

const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;
const CA_LIFETIME_MS = 10 * YEAR_MS;
const LEAF_LIFETIME_MS = YEAR_MS;
/** A certificate is renewed when less than this part of its life is left. */
const RENEWAL_SHARE = 0.2;

/** What a cluster keeps of its PKI, by file name as kubeadm names them: PEM texts. */
export type PkiFiles = Readonly<Record<"ca.crt" | "ca.key" | "sa.key", string>>;

export interface LeafOptions {
  readonly commonName: string;
  readonly organizations?: readonly string[];
  readonly dnsNames?: readonly string[];
  readonly addresses?: readonly string[];
  readonly nowMs: number;
  readonly lifetimeMs?: number;
}

/** The certificate authority and the service account key of one cluster, and what it issues. */
export class Pki {
  readonly ca: CertificateAuthority;
  readonly signer: TokenSigner;
  readonly verifier: TokenVerifier;
  readonly #tokenKey: string;

  constructor(ca: CertificateAuthority, tokenKey: string) {
    this.ca = ca;
    this.#tokenKey = tokenKey;
    this.signer = tokenSigner(tokenKey);
    this.verifier = tokenVerifier([tokenKey]);
  }

  /** A new PKI; takes a few milliseconds. */
  static create(options: {
    readonly nowMs: number;
    readonly commonName?: string;
    /** Gives the same authority for the same seed: for simulations. */
    readonly random?: Random;
    /** The private key that signs tokens, PEM; an elliptic one is made unless it is given. */
    readonly tokenKey?: string;
  }): Pki {
    const request = {
      commonName: options.commonName ?? "kubernetes",
      dnsNames: [options.commonName ?? "kubernetes"],
      notBeforeMs: options.nowMs - HOUR_MS,
      notAfterMs: options.nowMs + CA_LIFETIME_MS,
    };
    const ca = CertificateAuthority.create(request, options.random);
    return new Pki(ca, options.tokenKey ?? createEllipticTokenKey());
  }

  /** The PKI that was kept. */
  static fromFiles(files: PkiFiles): Pki {
    const pair = { certificate: files["ca.crt"], key: files["ca.key"] };
    return new Pki(new CertificateAuthority(pair, createPrivateKey(pair.key)), files["sa.key"]);
  }

  /** Tells this PKI from every other; the same whenever it is opened. */
  get fingerprint(): string {
    return new X509Certificate(this.ca.certificate).fingerprint256.replaceAll(":", "").toLowerCase();
  }

  /** What to keep; the keys are secret. */
  toFiles(): PkiFiles {
    return { "ca.crt": this.ca.certificate, "ca.key": this.ca.key, "sa.key": this.#tokenKey };
  }

  /** For a client: the common name is the user, organisations are groups. */
  clientCertificate(options: LeafOptions): CertificateAndKey {
    return this.#leaf(options, ["client"]);
  }

  /** For a server that answers under these names and addresses. */
  serverCertificate(options: LeafOptions): CertificateAndKey {
    return this.#leaf(options, ["server"]);
  }

  /** What a kubelet needs: who it is towards the API server, and what it serves its own API with. */
  kubeletCertificates(options: {
    readonly nodeName: string;
    readonly addresses: readonly string[];
    readonly nowMs: number;
  }): { readonly client: CertificateAndKey; readonly serving: CertificateAndKey } {
    const { nodeName, addresses, nowMs } = options;
    const subject = { commonName: `system:node:${nodeName}`, organizations: ["system:nodes"], nowMs };
    return {
      client: this.clientCertificate(subject),
      serving: this.serverCertificate({ ...subject, dnsNames: [nodeName], addresses }),
    };
  }

  #leaf(options: LeafOptions, usages: readonly ("client" | "server")[]): CertificateAndKey {
    return this.ca.issue({
      ...options,
      usages,
      notBeforeMs: options.nowMs - HOUR_MS,
      notAfterMs: options.nowMs + (options.lifetimeMs ?? LEAF_LIFETIME_MS),
    });
  }
}

/** Whether a certificate should be replaced now: four fifths of its life are over, or it is not yet valid. */
export function needsRenewal(certificatePem: string, nowMs: number): boolean {
  const certificate = new X509Certificate(certificatePem);
  const fromMs = certificate.validFromDate.getTime();
  const toMs = certificate.validToDate.getTime();
  return nowMs < fromMs || nowMs > toMs - (toMs - fromMs) * RENEWAL_SHARE;
}

/** When a certificate should be replaced, in milliseconds since 1970. */
export function renewalTimeMs(certificatePem: string): number {
  const certificate = new X509Certificate(certificatePem);
  const toMs = certificate.validToDate.getTime();
  return toMs - (toMs - certificate.validFromDate.getTime()) * RENEWAL_SHARE;
}
