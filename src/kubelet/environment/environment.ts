// SPDX-License-Identifier: Apache-2.0

import { isNotFound } from "../../apimachinery/index.ts";
import type { KeyValue } from "../cri.ts";
import type { PodObjects } from "../objects/pod-objects.ts";
import type { PodEvents } from "../pods/pod-events.ts";
import { findContainerSpec } from "../pods/container-kind.ts";
import type { CallOptions } from "../ports.ts";
import type { Container, EnvVar, Pod, Service } from "../types.ts";
import { expand } from "./expansion.ts";
import { podField, type FieldRefContext } from "./field-ref.ts";
import { resourceField, type NodeAllocatable } from "./resource-field.ts";
import { serviceEnvironment } from "./service-env.ts";

export interface EnvironmentContext extends CallOptions, FieldRefContext {
  readonly pod: Pod;
  readonly container: Container;
  readonly objects: PodObjects;
  readonly services: Iterable<Service>;
  readonly node: NodeAllocatable;
  readonly events: PodEvents;
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** What a Secret's value is as text. */
export const decodeBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
export const decodeBase64Text = (text: string): string => decoder.decode(decodeBase64(text));
export const encodeText = (text: string): Uint8Array => encoder.encode(text);

/** Printable ASCII except "=": what may name a variable. */
const isVariableName = (name: string): boolean => /^[ -<>-~]+$/.test(name);

async function orNothing<T>(optional: boolean | undefined, read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (optional && isNotFound(error)) return undefined;
    throw error;
  }
}

async function addFromSources(env: Map<string, string>, context: EnvironmentContext): Promise<void> {
  const namespace = context.pod.metadata?.namespace ?? "";
  for (const source of context.container.envFrom ?? []) {
    const values = new Map<string, string>();
    if (source.configMapRef) {
      const ref = source.configMapRef;
      const map = await orNothing(ref.optional, context.objects.configMap(namespace, ref.name ?? "", context));
      for (const key in map?.data) values.set(key, map.data[key]!);
    } else if (source.secretRef) {
      const ref = source.secretRef;
      const secret = await orNothing(ref.optional, context.objects.secret(namespace, ref.name ?? "", context));
      for (const key in secret?.data) values.set(key, decodeBase64Text(secret.data[key]!));
    }
    const invalid: string[] = [];
    for (const [key, value] of values) {
      const name = `${source.prefix ?? ""}${key}`;
      if (isVariableName(name)) env.set(name, value);
      else invalid.push(name);
    }
    if (invalid.length === 0) continue;
    const kind = source.configMapRef ? "ConfigMap" : "Secret";
    const from = `${namespace}/${source.configMapRef?.name ?? source.secretRef?.name}`;
    const message = `Keys [${invalid.sort().join(", ")}] from the EnvFrom ${kind.toLowerCase() === "secret" ? "secret" : "configMap"} ${from} were skipped since they are considered invalid environment variable names.`;
    context.events.pod("Warning", "InvalidEnvironmentVariableNames", message);
  }
}

async function configMapValue(env: EnvVar, context: EnvironmentContext): Promise<string | undefined> {
  const ref = env.valueFrom!.configMapKeyRef!;
  const namespace = context.pod.metadata?.namespace ?? "";
  const map = await orNothing(ref.optional, context.objects.configMap(namespace, ref.name ?? "", context));
  const value = map?.data?.[ref.key];
  if (value === undefined && !ref.optional)
    throw new Error(`couldn't find key ${ref.key} in ConfigMap ${namespace}/${ref.name}`);
  return value;
}

async function secretValue(env: EnvVar, context: EnvironmentContext): Promise<string | undefined> {
  const ref = env.valueFrom!.secretKeyRef!;
  const namespace = context.pod.metadata?.namespace ?? "";
  const secret = await orNothing(ref.optional, context.objects.secret(namespace, ref.name ?? "", context));
  const value = secret?.data?.[ref.key];
  if (value === undefined && !ref.optional)
    throw new Error(`couldn't find key ${ref.key} in Secret ${namespace}/${ref.name}`);
  return value === undefined ? undefined : decodeBase64Text(value);
}

async function referredValue(env: EnvVar, context: EnvironmentContext): Promise<string | undefined> {
  const from = env.valueFrom!;
  if (from.fieldRef) {
    const value = podField(context.pod, from.fieldRef.fieldPath, context);
    if (value === undefined) throw new Error(`unsupported fieldPath: ${from.fieldRef.fieldPath}`);
    return value;
  }
  if (from.resourceFieldRef) {
    const name = from.resourceFieldRef.containerName;
    const container = name ? findContainerSpec(context.pod, name) : context.container;
    if (!container) throw new Error(`Unable to find container named "${name}" in pod`);
    const value = resourceField(container, from.resourceFieldRef, context.node);
    if (value === undefined) throw new Error(`unsupported container resource : ${from.resourceFieldRef.resource}`);
    return value;
  }
  if (from.configMapKeyRef) return configMapValue(env, context);
  if (from.secretKeyRef) return secretValue(env, context);
  return "";
}

/** A container's environment: what it sets itself comes before what Services add. */
export async function containerEnvironment(context: EnvironmentContext): Promise<readonly KeyValue[]> {
  const { pod, container } = context;
  const services = serviceEnvironment(context.services, {
    namespace: pod.metadata?.namespace ?? "",
    links: pod.spec?.enableServiceLinks !== false,
  });
  const env = new Map<string, string>();
  await addFromSources(env, context);
  const known = (name: string): string | undefined => env.get(name) ?? services.get(name);
  for (const variable of container.env ?? []) {
    const value = variable.valueFrom ? await referredValue(variable, context) : expand(variable.value ?? "", known);
    if (value !== undefined) env.set(variable.name, value);
  }
  for (const [name, value] of services) if (!env.has(name)) env.set(name, value);
  return Array.from(env, ([key, value]) => ({ key, value }));
}

/** Command and arguments with `$(NAME)` replaced from the container's environment. */
export function expandCommand(
  texts: readonly string[] | undefined,
  env: readonly KeyValue[],
): readonly string[] | undefined {
  if (!texts?.some((t) => t.includes("$"))) return texts;
  const values = new Map(env.map((e) => [e.key, e.value]));
  return texts.map((t) => expand(t, (name) => values.get(name)));
}
