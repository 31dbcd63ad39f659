// SPDX-License-Identifier: Apache-2.0

export { jsonLogger } from "./time/json-logger.ts";
export { macrotask, RealClock } from "./time/real-clock.ts";
export { RealRandom } from "./time/real-random.ts";
export {
  needsRenewal,
  Pki,
  renewalTimeMs,
  tokenSigner,
  tokenVerifier,
  type CertificateAndKey,
  type PkiFiles,
} from "./x509/index.ts";
