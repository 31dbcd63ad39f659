// SPDX-License-Identifier: Apache-2.0

import { isNotFound } from "../../apimachinery/index.ts";
import { decodeBase64, encodeText } from "../environment/environment.ts";
import { podField } from "../environment/field-ref.ts";
import { resourceField } from "../environment/resource-field.ts";
import { findContainerSpec } from "../pods/container-kind.ts";
import type { ProjectedFile } from "../ports.ts";
import type { ConfigMap, DownwardAPIVolumeFile, KeyToPath, Secret, VolumeProjection } from "../types.ts";
import type { VolumeContext } from "./volume-context.ts";

export const DEFAULT_FILE_MODE = 0o644;
/** Tokens are read by their owner alone where the pod says who that is. */
const TOKEN_MODE = 0o600;

/** The files of a volume while its sources are gathered. */
export class Payload {
  readonly files = new Map<string, ProjectedFile>();
  refreshAtMs: number | undefined;

  add(path: string, data: Uint8Array, mode: number, uid?: number): void {
    this.files.set(path, uid === undefined ? { data, mode } : { data, mode, uid });
  }

  refreshBy(ms: number): void {
    if (this.refreshAtMs === undefined || ms < this.refreshAtMs) this.refreshAtMs = ms;
  }
}

export interface KeyedSource {
  readonly items?: readonly KeyToPath[];
  readonly optional?: boolean;
}

function addKeys(
  payload: Payload,
  values: ReadonlyMap<string, Uint8Array>,
  source: KeyedSource,
  options: { readonly mode: number; readonly missing: (key: string) => string },
): void {
  if (!source.items?.length) {
    for (const [key, data] of values) payload.add(key, data, options.mode);
    return;
  }
  for (const item of source.items) {
    const data = values.get(item.key);
    if (data) payload.add(item.path, data, item.mode ?? options.mode);
    else if (!source.optional) throw new Error(options.missing(item.key));
  }
}

async function readOptional<T>(source: KeyedSource, read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (source.optional && isNotFound(error)) return undefined;
    throw error;
  }
}

function configMapValues(map: ConfigMap | undefined): Map<string, Uint8Array> {
  const values = new Map<string, Uint8Array>();
  for (const key in map?.data) values.set(key, encodeText(map.data[key]!));
  for (const key in map?.binaryData) values.set(key, decodeBase64(map.binaryData[key]!));
  return values;
}

function secretValues(secret: Secret | undefined): Map<string, Uint8Array> {
  const values = new Map<string, Uint8Array>();
  for (const key in secret?.data) values.set(key, decodeBase64(secret.data[key]!));
  return values;
}

export async function addConfigMap(
  payload: Payload,
  source: KeyedSource & { readonly name?: string },
  mode: number,
  context: VolumeContext,
): Promise<void> {
  const namespace = context.pod.metadata?.namespace ?? "";
  const map = await readOptional(source, context.objects.configMap(namespace, source.name ?? "", context));
  const missing = (key: string) => `configmap references non-existent config key: ${key}`;
  addKeys(payload, configMapValues(map), source, { mode, missing });
}

export async function addSecret(
  payload: Payload,
  source: KeyedSource & { readonly name?: string },
  mode: number,
  context: VolumeContext,
): Promise<void> {
  const namespace = context.pod.metadata?.namespace ?? "";
  const secret = await readOptional(source, context.objects.secret(namespace, source.name ?? "", context));
  const missing = (key: string) => `references non-existent secret key: ${key}`;
  addKeys(payload, secretValues(secret), source, { mode, missing });
}

function downwardText(item: DownwardAPIVolumeFile, context: VolumeContext): string {
  if (item.fieldRef) {
    const value = podField(context.pod, item.fieldRef.fieldPath, context);
    if (value === undefined) throw new Error(`unsupported fieldPath: ${item.fieldRef.fieldPath}`);
    return value;
  }
  const ref = item.resourceFieldRef;
  const container = ref?.containerName ? findContainerSpec(context.pod, ref.containerName) : undefined;
  if (!ref || !container) throw new Error(`Unable to find container named "${ref?.containerName ?? ""}" in pod`);
  const value = resourceField(container, ref, context.node);
  if (value === undefined) throw new Error(`unsupported container resource : ${ref.resource}`);
  return value;
}

export function addDownwardApi(
  payload: Payload,
  items: readonly DownwardAPIVolumeFile[] | undefined,
  mode: number,
  context: VolumeContext,
): void {
  for (const item of items ?? []) payload.add(item.path, encodeText(downwardText(item, context)), item.mode ?? mode);
}

async function addToken(
  payload: Payload,
  source: NonNullable<VolumeProjection["serviceAccountToken"]>,
  mode: number,
  context: VolumeContext,
): Promise<void> {
  const spec = { audience: source.audience ?? "", expirationSeconds: source.expirationSeconds ?? 3600 };
  const { token, refreshAtMs } = await context.tokens.token(context.pod, spec, context);
  const owned = context.fsUser !== undefined || context.pod.spec?.securityContext?.fsGroup !== undefined;
  payload.add(source.path, encodeText(token), owned ? TOKEN_MODE : mode, context.fsUser);
  payload.refreshBy(refreshAtMs);
}

/** Adds what one source of a projected volume gives. */
export async function addProjection(
  payload: Payload,
  source: VolumeProjection,
  mode: number,
  context: VolumeContext,
): Promise<void> {
  if (source.secret) await addSecret(payload, source.secret, mode, context);
  else if (source.configMap) await addConfigMap(payload, source.configMap, mode, context);
  else if (source.downwardAPI) addDownwardApi(payload, source.downwardAPI.items, mode, context);
  else if (source.serviceAccountToken) await addToken(payload, source.serviceAccountToken, mode, context);
  else throw new Error("projected volume source is not supported");
}
