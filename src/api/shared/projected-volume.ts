// SPDX-License-Identifier: Apache-2.0

import { fieldError as field, validateLabelSelector } from "../../apimachinery/index.ts";
import type {
  ClusterTrustBundleProjection,
  DownwardAPIVolumeFile,
  KeyToPath,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from "../generated/v1.35/core-v1.ts";
import { checkRequired, type Errors } from "../validation/checks.ts";
import { validateFieldRef, validateResourceFieldRef } from "./env.ts";
import { checkFileMode, checkNonReservedPath } from "./paths.ts";

const VOLUME_FIELD_PATHS = [
  "metadata.annotations",
  "metadata.labels",
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
];
const MIN_TOKEN_SECONDS = 10 * 60;
const MAX_TOKEN_SECONDS = 2 ** 32;
export const DEFAULT_FILE_MODE = 0o644;
const DEFAULT_TOKEN_SECONDS = 60 * 60;

/** A key of a ConfigMap or Secret that becomes a file. */
export function validateKeyToPath(item: KeyToPath, path: string, errors: Errors): void {
  checkRequired(item.key, `${path}.key`, errors);
  checkRequired(item.path, `${path}.path`, errors);
  checkNonReservedPath(item.path ?? "", `${path}.path`, errors);
  checkFileMode(item.mode, `${path}.mode`, errors);
}

/** A field of the pod that becomes a file. */
export function validateDownwardFile(file: DownwardAPIVolumeFile, path: string, errors: Errors): void {
  checkRequired(file.path, `${path}.path`, errors);
  checkNonReservedPath(file.path ?? "", `${path}.path`, errors);
  if (file.fieldRef) {
    validateFieldRef(file.fieldRef, VOLUME_FIELD_PATHS, `${path}.fieldRef`, errors);
    if (file.resourceFieldRef)
      errors.push(field.invalid(path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously"));
  } else if (file.resourceFieldRef)
    validateResourceFieldRef(file.resourceFieldRef, true, `${path}.resourceFieldRef`, errors);
  else errors.push(field.required(path, "one of fieldRef and resourceFieldRef is required"));
  checkFileMode(file.mode, `${path}.mode`, errors);
}

/** Paths that projections have taken so far; a second one is a mistake of the whole volume. */
class TakenPaths {
  readonly #taken = new Set<string>();
  readonly #path: string;
  readonly #errors: Errors;
  constructor(path: string, errors: Errors) {
    this.#path = path;
    this.#errors = errors;
  }
  take(target: string | undefined, shown: string): void {
    if (!target) return;
    if (this.#taken.has(target)) this.#errors.push(field.invalid(this.#path, shown, "conflicting duplicate paths"));
    this.#taken.add(target);
  }
}

function validateKeys(
  projection: { name?: string; items?: KeyToPath[] },
  path: string,
  taken: TakenPaths,
  errors: Errors,
): void {
  checkRequired(projection.name, `${path}.name`, errors);
  for (const [i, item] of (projection.items ?? []).entries()) {
    validateKeyToPath(item, `${path}.items[${i}]`, errors);
    taken.take(item.path, projection.name ?? "");
  }
}

function validateToken(
  projection: ServiceAccountTokenProjection,
  path: string,
  volumePath: string,
  errors: Errors,
): void {
  const seconds = projection.expirationSeconds ?? 0;
  if (seconds < MIN_TOKEN_SECONDS)
    errors.push(field.invalid(`${path}.expirationSeconds`, seconds, "may not specify a duration less than 10 minutes"));
  if (seconds > MAX_TOKEN_SECONDS)
    errors.push(
      field.invalid(`${path}.expirationSeconds`, seconds, "may not specify a duration larger than 2^32 seconds"),
    );
  if (!projection.path) errors.push(field.required(`${volumePath}.path`));
  else checkNonReservedPath(projection.path, `${volumePath}.path`, errors);
}

function validateTrustBundle(
  projection: ClusterTrustBundleProjection,
  path: string,
  taken: TakenPaths,
  errors: Errors,
): void {
  const { name, signerName, labelSelector } = projection;
  if (name !== undefined && signerName !== undefined)
    errors.push(field.invalid(path, projection, "only one of name and signerName may be used"));
  else if (name !== undefined) {
    if (name === "") errors.push(field.required(`${path}.name`, "must be a valid object name"));
    if (labelSelector)
      errors.push(
        field.invalid(`${path}.labelSelector`, labelSelector, "labelSelector must be unset if name is specified"),
      );
  } else if (signerName !== undefined) {
    if (signerName === "") errors.push(field.required(`${path}.signerName`, "must be a valid signer name"));
    errors.push(...validateLabelSelector(labelSelector, `${path}.labelSelector`));
  } else errors.push(field.required(path, "either name or signerName must be specified"));
  checkRequired(projection.path, `${path}.path`, errors);
  checkNonReservedPath(projection.path ?? "", `${path}.path`, errors);
  taken.take(projection.path, projection.path ?? "");
}

function validateSource(
  source: VolumeProjection,
  path: string,
  volumePath: string,
  taken: TakenPaths,
  errors: Errors,
): void {
  if (source.secret) validateKeys(source.secret, `${path}.secret`, taken, errors);
  if (source.configMap) validateKeys(source.configMap, `${path}.configMap`, taken, errors);
  for (const file of source.downwardAPI?.items ?? []) {
    validateDownwardFile(file, `${path}.downwardAPI`, errors);
    taken.take(file.path, file.path);
  }
  if (source.serviceAccountToken)
    validateToken(source.serviceAccountToken, `${path}.serviceAccountToken`, volumePath, errors);
  if (source.clusterTrustBundle)
    validateTrustBundle(source.clusterTrustBundle, `${path}.clusterTrustBundle`, taken, errors);
  const { secret, configMap, downwardAPI, serviceAccountToken, clusterTrustBundle } = source;
  const kinds = [secret, configMap, downwardAPI, serviceAccountToken, clusterTrustBundle].filter(Boolean);
  if (kinds.length > 1) errors.push(field.fieldForbidden(path, "may not specify more than 1 volume type per source"));
}

/** Several sources in one folder. */
export function validateProjected(volume: ProjectedVolumeSource, path: string, errors: Errors): void {
  checkFileMode(volume.defaultMode, `${path}.defaultMode`, errors);
  const taken = new TakenPaths(path, errors);
  for (const [i, source] of (volume.sources ?? []).entries())
    validateSource(source, `${path}.sources[${i}]`, path, taken, errors);
}

/** Fills the file mode, the token's life time and the API version of references. */
export function defaultProjected(volume: ProjectedVolumeSource): void {
  volume.defaultMode ??= DEFAULT_FILE_MODE;
  for (const source of volume.sources ?? []) {
    if (source.serviceAccountToken) source.serviceAccountToken.expirationSeconds ??= DEFAULT_TOKEN_SECONDS;
    if (source.downwardAPI) defaultDownwardFiles(source.downwardAPI.items);
  }
}

/** References to fields are of v1 unless they say otherwise. */
export function defaultDownwardFiles(files: readonly DownwardAPIVolumeFile[] | undefined): void {
  for (const file of files ?? []) if (file.fieldRef) file.fieldRef.apiVersion ||= "v1";
}
