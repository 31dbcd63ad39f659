// SPDX-License-Identifier: Apache-2.0

import { dns1035LabelErrors, fieldError as field } from "../../apimachinery/index.ts";
import type { CustomResourceConversion, WebhookConversion } from "../generated/v1.35/apiextensions-v1.ts";
import { checkRequiredSupported, type Errors, pushInvalid } from "../validation/checks.ts";
import { encodedPemBlocks, isAsn1Sequence } from "../validation/pem-blocks.ts";
import { checkWebhookService, checkWebhookUrl } from "../validation/webhook-client.ts";

const REVIEW_VERSIONS = ["v1", "v1beta1"];
const ONLY_WITH_WEBHOOK = "should not be set when strategy is not set to Webhook";

/** Whether one of the versions, if there are any, is one that this server speaks. */
export const speaksReview = (versions: readonly string[] | undefined): boolean =>
  !versions?.length || versions.some((version) => REVIEW_VERSIONS.includes(version));

function checkReviewVersions(
  versions: readonly string[] | undefined,
  known: boolean,
  path: string,
  errors: Errors,
): void {
  if (!versions?.length) {
    errors.push(field.required(path));
    return;
  }
  const seen = new Set<string>();
  for (const [i, version] of versions.entries()) {
    if (seen.has(version)) errors.push(field.invalid(`${path}[${i}]`, version, "duplicate version"));
    else pushInvalid(dns1035LabelErrors(version), version, `${path}[${i}]`, errors);
    seen.add(version);
  }
  if (known && !speaksReview(versions))
    errors.push(field.invalid(path, versions, `must include at least one of ${REVIEW_VERSIONS.join(", ")}`));
}

/** Why certificates cannot be read. */
export function bundleMistake(bundle: string): string | undefined {
  const blocks = encodedPemBlocks(bundle);
  const mistake = (why: string): string => `unable to load root certificates: ${why}`;
  if (blocks.length === 0) return mistake("unable to parse bytes as PEM block");
  const certificates = blocks.filter(({ type, hasHeaders }) => type === "CERTIFICATE" && !hasHeaders);
  if (certificates.some(({ bytes }) => isAsn1Sequence(bytes))) return undefined;
  if (certificates.length === 0) return mistake("no valid certificate authority data seen");
  return mistake("failed to parse certificate: x509: malformed certificate");
}

function checkClient({ clientConfig }: WebhookConversion, strictness: BundleStrictness, path: string, errors: Errors) {
  if (!clientConfig) {
    errors.push(field.required(path, "required when strategy is set to Webhook"));
    return;
  }
  const { url, service } = clientConfig;
  if ((url === undefined) === (service === undefined))
    errors.push(field.required(path, "exactly one of url or service is required"));
  else if (url !== undefined) checkWebhookUrl(url, `${path}.url`, errors);
  else checkWebhookService(service!, `${path}.service`, errors, true);
  const bundle = clientConfig.caBundle;
  const mistake = bundle && strictness.readableBundle ? bundleMistake(bundle) : undefined;
  if (mistake) errors.push(field.invalid(`${path}.caBundle`, bundle, mistake));
}

interface BundleStrictness {
  readonly readableBundle: boolean;
}

/** How versions become one another; `knownReview`: the webhook must speak a version that this server does. */
export function checkConversion(
  conversion: CustomResourceConversion | undefined,
  strictness: BundleStrictness & { readonly knownReview: boolean },
  errors: Errors,
): void {
  if (!conversion) return;
  const path = "spec.conversion";
  const { strategy, webhook } = conversion;
  checkRequiredSupported(strategy, `${path}.strategy`, ["None", "Webhook"], errors);
  const versions = webhook?.conversionReviewVersions;
  if (strategy === "Webhook") {
    checkClient(webhook ?? { conversionReviewVersions: [] }, strictness, `${path}.webhookClientConfig`, errors);
    checkReviewVersions(versions, strictness.knownReview, `${path}.conversionReviewVersions`, errors);
    return;
  }
  if (webhook?.clientConfig) errors.push(field.fieldForbidden(`${path}.webhookClientConfig`, ONLY_WITH_WEBHOOK));
  if (versions?.length) errors.push(field.fieldForbidden(`${path}.conversionReviewVersions`, ONLY_WITH_WEBHOOK));
}
