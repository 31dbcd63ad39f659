// SPDX-License-Identifier: Apache-2.0

import { goQuote, type ObjectMeta, quantityMilliValue } from "../../apimachinery/index.ts";
import type {
  Affinity,
  Container,
  ContainerPort,
  EphemeralContainer,
  PodAffinity,
  PodSpec,
  PodTemplateSpec,
  Volume,
} from "../generated/v1.35/core-v1.ts";
import { ipWarnings } from "../validation/ip.ts";
import { claimSpecWarnings } from "./claim-warnings.ts";
import { deprecatedNodeLabel, nodeSelectorTermWarnings, nodeSelectorWarnings } from "./node-label-warnings.ts";
import { appArmorProfileOf, isSameAppArmor } from "./app-armor-annotation.ts";
import { APP_ARMOR_CONTAINER, SECCOMP_CONTAINER, SECCOMP_POD } from "./pod-annotations.ts";
import { visitContainers } from "./visit-containers.ts";
import { volumePathWarnings } from "./volume-path-warnings.ts";

const SECCOMP_MESSAGE = 'non-functional in v1.27+; use the "seccompProfile" field instead';

const DEPRECATED_ANNOTATIONS: readonly (readonly [string, string])[] = [
  ["scheduler.alpha.kubernetes.io/critical-pod", 'non-functional in v1.16+; use the "priorityClassName" field instead'],
  ["security.alpha.kubernetes.io/sysctls", 'non-functional in v1.11+; use the "sysctls" field instead'],
  ["security.alpha.kubernetes.io/unsafe-sysctls", 'non-functional in v1.11+; use the "sysctls" field instead'],
];

const DEPRECATED_VOLUMES: readonly (readonly [Exclude<keyof Volume, "name">, string])[] = [
  ["photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"],
  ["gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"],
  ["scaleIO", "deprecated in v1.16, non-functional in v1.22+"],
  ["flocker", "deprecated in v1.22, non-functional in v1.25+"],
  ["storageos", "deprecated in v1.22, non-functional in v1.25+"],
  ["quobyte", "deprecated in v1.22, non-functional in v1.25+"],
  ["glusterfs", "deprecated in v1.25, non-functional in v1.26+"],
];
const LATE_DEPRECATED_VOLUMES: typeof DEPRECATED_VOLUMES = [
  ["cephfs", "deprecated in v1.28, non-functional in v1.31+"],
  ["rbd", "deprecated in v1.28, non-functional in v1.31+"],
];

const NO_SELECTOR = "a null labelSelector results in matching no pod";

function nodeLabelWarnings(spec: PodSpec, path: string, warnings: string[]): void {
  for (const key in spec.nodeSelector) {
    const message = deprecatedNodeLabel(key);
    if (message) warnings.push(`${path}.nodeSelector[${key}]: ${message}`);
  }
  const nodes = spec.affinity?.nodeAffinity;
  const at = `${path}.affinity.nodeAffinity`;
  warnings.push(
    ...nodeSelectorWarnings(
      nodes?.requiredDuringSchedulingIgnoredDuringExecution,
      `${at}.requiredDuringSchedulingIgnoredDuringExecution`,
    ),
  );
  for (const [i, term] of (nodes?.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries())
    warnings.push(
      ...nodeSelectorTermWarnings(
        term.preference,
        true,
        `${at}.preferredDuringSchedulingIgnoredDuringExecution[${i}].preference`,
      ),
    );
  for (const [i, constraint] of (spec.topologySpreadConstraints ?? []).entries()) {
    const spread = `${path}.topologySpreadConstraints[${i}]`;
    const message = deprecatedNodeLabel(constraint.topologyKey);
    if (message) warnings.push(`${spread}.topologyKey: ${constraint.topologyKey} is ${message}`);
    if (!constraint.labelSelector) warnings.push(`${spread}.labelSelector: ${NO_SELECTOR}`);
  }
}

function volumeWarnings(volumes: readonly Volume[] | undefined, path: string, warnings: string[]): void {
  for (const [i, volume] of (volumes ?? []).entries()) {
    const at = `${path}.volumes[${i}]`;
    for (const [source, message] of DEPRECATED_VOLUMES)
      if (volume[source] !== undefined)
        warnings.push(`${at}.${source === "storageos" ? "storageOS" : source}: ${message}`);
    const template = volume.ephemeral?.volumeClaimTemplate;
    if (template) warnings.push(...claimSpecWarnings(template.spec, `${at}.ephemeral.volumeClaimTemplate.spec`));
    for (const [source, message] of LATE_DEPRECATED_VOLUMES)
      if (volume[source] !== undefined) warnings.push(`${at}.${source}: ${message}`);
  }
}

function repeatedWarnings(names: readonly string[], what: string, at: (i: number) => string, warnings: string[]): void {
  const seen = new Set<string>();
  for (const [i, name] of names.entries()) {
    if (seen.has(name)) warnings.push(`${at(i)}: duplicate ${what} ${goQuote(name)}`);
    seen.add(name);
  }
}

function referenceWarnings(spec: PodSpec, path: string, warnings: string[]): void {
  const ips = (spec.hostAliases ?? []).map((alias) => alias.ip);
  repeatedWarnings(ips, "ip", (i) => `${path}.hostAliases[${i}].ip`, warnings);
  const secrets = (spec.imagePullSecrets ?? []).map((secret) => secret.name ?? "");
  repeatedWarnings(secrets, "name", (i) => `${path}.imagePullSecrets[${i}].name`, warnings);
  for (const [i, name] of secrets.entries())
    if (name === "") warnings.push(`${path}.imagePullSecrets[${i}].name: invalid empty name ""`);
}

function fractionWarning(amounts: Record<string, string> | undefined, name: string, path: string, out: string[]): void {
  const amount = amounts?.[name];
  if (amount === undefined) return;
  if (quantityMilliValue(amount) % 1000 !== 0)
    out.push(`${path}[${name}]: fractional byte value ${goQuote(amount)} is invalid, must be an integer`);
}

function environmentWarnings(container: Container | EphemeralContainer, path: string, warnings: string[]): void {
  const seen = new Set<string>();
  for (const [i, { name, value = "", valueFrom }] of (container.env ?? []).entries()) {
    const reference = `$(${name})`;
    if (seen.has(name) && (valueFrom || value === reference || !value.includes(reference)))
      warnings.push(
        `${path}.env[${i}]: hides previous definition of ${goQuote(name)}, which may be dropped when using apply`,
      );
    seen.add(name);
  }
}

/** Where the annotations of the pod or template stand, and whether it is a template. */
interface Owner {
  readonly metadata: ObjectMeta;
  readonly metadataPath: string;
  readonly isTemplate: boolean;
}

function saysSameAsPod({ securityContext }: PodSpec, annotation: string): boolean {
  const profile = appArmorProfileOf(annotation);
  return profile !== undefined && isSameAppArmor(securityContext?.appArmorProfile, profile);
}

function containerWarnings(spec: PodSpec, owner: Owner, path: string, warnings: string[]): void {
  const annotations = owner.metadata.annotations ?? {};
  const annotationPath = (key: string): string => `${owner.metadataPath}.annotations[${key}]`;
  visitContainers(spec, path, (container, at) => {
    const context = container.securityContext;
    const seccomp = SECCOMP_CONTAINER + container.name;
    if (!context?.seccompProfile && seccomp in annotations)
      warnings.push(`${annotationPath(seccomp)}: ${SECCOMP_MESSAGE}`);
    const appArmor = APP_ARMOR_CONTAINER + container.name;
    if (
      owner.isTemplate &&
      !context?.appArmorProfile &&
      appArmor in annotations &&
      !saysSameAsPod(spec, annotations[appArmor]!)
    )
      warnings.push(`${annotationPath(appArmor)}: deprecated since v1.30; use the "appArmorProfile" field instead`);
    const { limits, requests } = container.resources ?? {};
    fractionWarning(limits, "memory", `${at}.resources.limits`, warnings);
    fractionWarning(requests, "memory", `${at}.resources.requests`, warnings);
    fractionWarning(limits, "ephemeral-storage", `${at}.resources.limits`, warnings);
    fractionWarning(requests, "ephemeral-storage", `${at}.resources.requests`, warnings);
    environmentWarnings(container, at, warnings);
  });
}

interface TakenPort {
  readonly path: string;
  readonly port: ContainerPort;
}

function portClash(port: ContainerPort, other: ContainerPort): string | undefined {
  const { hostIP = "", hostPort = 0 } = port;
  const { hostIP: otherIp = "", hostPort: otherPort = 0 } = other;
  if (hostIP === otherIp && hostPort === otherPort) return "duplicate port definition";
  if (hostPort === 0 || otherPort === 0) return "overlapping port definition";
  return hostPort === otherPort && (hostIP === "") !== (otherIp === "")
    ? "dangerously ambiguous port definition"
    : undefined;
}

const portText = (port: ContainerPort): string =>
  `{Name:${port.name ?? ""} HostPort:${port.hostPort ?? 0} ContainerPort:${port.containerPort} Protocol:${port.protocol ?? ""} HostIP:${port.hostIP ?? ""}}`;

function portWarnings(spec: PodSpec, path: string, warnings: string[]): void {
  const taken = new Map<string, TakenPort[]>();
  visitContainers(spec, path, (container, at) => {
    for (const [i, port] of (container.ports ?? []).entries()) {
      const own = `${at}.ports[${i}]`;
      if (port.hostIP && !port.hostPort) warnings.push(`${own}: hostIP set without hostPort: ${portText(port)}`);
      const key = `${port.containerPort}/${port.protocol ?? ""}`;
      const others = taken.get(key) ?? [];
      for (const other of others) {
        const clash = portClash(port, other.port);
        if (clash) warnings.push(`${own}: ${clash} with ${other.path}`);
      }
      taken.set(key, [...others, { path: own, port }]);
    }
  });
}

function portNameWarnings(spec: PodSpec, path: string, warnings: string[]): void {
  const taken = new Map<string, string>();
  visitContainers(spec, path, (container, at) => {
    for (const [i, { name }] of (container.ports ?? []).entries()) {
      if (!name) continue;
      const first = taken.get(name);
      if (first === undefined) taken.set(name, `${at}.ports[${i}]`);
      else
        warnings.push(
          `${at}.ports[${i}]: duplicate port name ${goQuote(name)} with ${first}, services and probes that select ports by name will use ${first}`,
        );
    }
  });
}

function podAffinityWarnings(affinity: PodAffinity | undefined, path: string, warnings: string[]): void {
  for (const [i, term] of (affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).entries())
    if (!term.labelSelector)
      warnings.push(`${path}.requiredDuringSchedulingIgnoredDuringExecution[${i}].labelSelector: ${NO_SELECTOR}`);
  for (const [i, term] of (affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries())
    if (!term.podAffinityTerm.labelSelector)
      warnings.push(
        `${path}.preferredDuringSchedulingIgnoredDuringExecution[${i}].podAffinityTerm.labelSelector: ${NO_SELECTOR}`,
      );
}

function affinityWarnings(affinity: Affinity | undefined, path: string, warnings: string[]): void {
  podAffinityWarnings(affinity?.podAffinity, `${path}.affinity.podAffinity`, warnings);
  podAffinityWarnings(affinity?.podAntiAffinity, `${path}.affinity.podAntiAffinity`, warnings);
}

function annotationWarnings(spec: PodSpec, owner: Owner): string[] {
  const warnings: string[] = [];
  for (const [key, message] of DEPRECATED_ANNOTATIONS)
    if (owner.metadata.annotations?.[key] !== undefined)
      warnings.push(`${owner.metadataPath}.annotations[${key}]: ${message}`);
  volumeWarnings(spec.volumes, specPathOf(owner), warnings);
  return warnings;
}

const specPathOf = (owner: Owner): string => owner.metadataPath.replace(/metadata$/, "spec");

function warningsOf(spec: PodSpec, owner: Owner): string[] {
  const warnings: string[] = [];
  const path = specPathOf(owner);
  nodeLabelWarnings(spec, path, warnings);
  warnings.push(...annotationWarnings(spec, owner));
  warnings.push(...volumePathWarnings(spec.volumes));
  referenceWarnings(spec, path, warnings);
  fractionWarning(spec.overhead, "memory", `${path}.overhead`, warnings);
  fractionWarning(spec.overhead, "ephemeral-storage", `${path}.overhead`, warnings);
  if (!spec.securityContext?.seccompProfile && owner.metadata.annotations?.[SECCOMP_POD] !== undefined)
    warnings.push(`${owner.metadataPath}.annotations[${SECCOMP_POD}]: ${SECCOMP_MESSAGE}`);
  containerWarnings(spec, owner, path, warnings);
  portWarnings(spec, path, warnings);
  portNameWarnings(spec, path, warnings);
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0)
    warnings.push(
      `${path}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`,
    );
  affinityWarnings(spec.affinity, path, warnings);
  for (const [i, server] of (spec.dnsConfig?.nameservers ?? []).entries())
    warnings.push(...ipWarnings(server, `${path}.dnsConfig.nameservers[${i}]`));
  for (const [i, alias] of (spec.hostAliases ?? []).entries())
    warnings.push(...ipWarnings(alias.ip, `${path}.hostAliases[${i}].ip`));
  return warnings;
}

/** Warnings about a pod's own spec. */
export const podWarnings = (spec: PodSpec, metadata: ObjectMeta): string[] =>
  warningsOf(spec, { metadata, metadataPath: "metadata", isTemplate: false });

/** Warnings about a template; on update only where the template changed. */
export function podTemplateWarnings(template: PodTemplateSpec | undefined, path: string): string[] {
  if (!template?.spec) return [];
  return warningsOf(template.spec, {
    metadata: template.metadata ?? {},
    metadataPath: `${path}.metadata`,
    isTemplate: true,
  });
}
