// SPDX-License-Identifier: Apache-2.0

import type { Namespace, Pod, PodSpec } from "../../../api/index.ts";
import { type DeepReadonly, invalidObject, type KubeObject } from "../../../apimachinery/index.ts";
import type { Clock } from "../../../base/index.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../../admission-plugin.ts";
import type { ResourceStores } from "../../resource-store.ts";
import { admissionForbidden } from "../attributes.ts";
import { detailsText, findingsOf, reasonsText } from "./evaluate.ts";
import type { PodForm } from "./finding.ts";
import {
  isPrivileged,
  isStricter,
  type LevelVersion,
  levelVersionText,
  type PodSecurityPolicy,
  policyOf,
  sameLevelVersion,
} from "./policy.ts";

/** Resources with templates of pods in them, and their groups. */
const TEMPLATES: ReadonlyMap<string, string> = new Map([
  ["podtemplates", ""],
  ["replicationcontrollers", ""],
  ["daemonsets", "apps"],
  ["deployments", "apps"],
  ["replicasets", "apps"],
  ["statefulsets", "apps"],
  ["cronjobs", "batch"],
  ["jobs", "batch"],
]);
/** Subresources that change nothing of a pod that matters here. */
const HARMLESS: ReadonlySet<string> = new Set([
  "attach",
  "binding",
  "eviction",
  "exec",
  "log",
  "portforward",
  "proxy",
  "status",
]);
/** Pods of a namespace that are looked at when its level rises, and for how long. */
const MAX_PODS = 3_000;
const MAX_MS = 1_000;

interface Template {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec?: DeepReadonly<PodSpec>;
}

const formOf = ({ metadata, spec }: Template): PodForm | undefined =>
  spec ? { annotations: metadata?.annotations ?? {}, spec } : undefined;

/** The template of pods in an object of a controller's kind; some have none. */
function templateOf(object: KubeObject): PodForm | undefined {
  type Spec = {
    readonly template?: Template;
    readonly jobTemplate?: { readonly spec?: { readonly template?: Template } };
  };
  const spec = object["spec"] as Spec | undefined;
  const template = (object["template"] as Template | undefined) ?? spec?.template ?? spec?.jobTemplate?.spec?.template;
  return template ? formOf(template) : undefined;
}

/** Whether an update of a pod is one that matters here: other containers, or other images. */
function changesImages({ spec }: DeepReadonly<Pod>, { spec: old }: DeepReadonly<Pod>): boolean {
  type Images = readonly { readonly name: string; readonly image?: string }[] | undefined;
  const differ = (now: Images = [], before: Images = []): boolean =>
    now.length !== before.length || now.some(({ image }, i) => image !== before[i]!.image);
  if (differ(spec.containers, old.containers) || differ(spec.initContainers, old.initContainers)) return true;
  return (spec.ephemeralContainers ?? []).some(
    ({ name, image }) => old.ephemeralContainers?.find((other) => other.name === name)?.image !== image,
  );
}

/** Holds pods to the level of the Pod Security Standards that their namespace is labelled with. */
export class PodSecurityPlugin implements AdmissionPlugin {
  readonly name = "PodSecurity";
  readonly #stores: ResourceStores;
  readonly #clock: Clock;

  constructor({ stores, clock }: { readonly stores: ResourceStores; readonly clock: Clock }) {
    this.#stores = stores;
    this.#clock = clock;
  }

  handles({ kind, resource, operation, subresource }: AdmissionAttributes): boolean {
    if (operation !== "CREATE" && operation !== "UPDATE") return false;
    if (kind.group === "" && resource === "pods") return !HARMLESS.has(subresource);
    if (subresource !== "") return false;
    return (kind.group === "" && resource === "namespaces") || TEMPLATES.get(resource) === kind.group;
  }

  validate(attributes: AdmissionAttributes): Promise<void> | void {
    if (attributes.resource === "namespaces") return this.#validateNamespace(attributes);
    const namespaces = this.#stores.find("", "namespaces");
    const found = namespaces?.peek("", attributes.namespace);
    if (found) return this.#validateIn(found, attributes);
    return namespaces?.get("", attributes.namespace).then((late) => this.#validateIn(late, attributes));
  }

  #validateIn(namespace: DeepReadonly<KubeObject>, attributes: AdmissionAttributes): void {
    const policy = policyOf((namespace as DeepReadonly<Namespace>).metadata.labels);
    if (attributes.resource === "pods") validatePod(policy, attributes);
    else if (!isPrivileged(policy.warn)) {
      const form = templateOf(attributes.object!);
      if (form) warn(policy, form, attributes);
    }
  }

  #validateNamespace(attributes: AdmissionAttributes): Promise<void> | void {
    const { object, oldObject, kind, name } = attributes;
    const { enforce, errors } = policyOf(object!.metadata.labels);
    const old = attributes.operation === "UPDATE" ? policyOf(oldObject!.metadata.labels) : undefined;
    const isAsBefore = old !== undefined && JSON.stringify(errors) === JSON.stringify(old.errors);
    if (errors.length > 0 && !isAsBefore)
      throw invalidObject({ group: kind.group, kind: kind.kind }, name || object!.metadata.name || "", errors);
    if (!old || sameLevelVersion(enforce, old.enforce) || isPrivileged(enforce)) return;
    if (enforce.minor === old.enforce.minor && !isStricter(enforce.level, old.enforce.level)) return;
    return this.#warnOfPods(object!.metadata.name!, enforce, attributes.warnings);
  }

  /** Says which of the pods that run would be refused from now on. */
  async #warnOfPods(namespace: string, enforce: LevelVersion, warnings: string[]): Promise<void> {
    const endMs = this.#clock.nowMs() + MAX_MS;
    const list = await this.#stores.find("", "pods")?.list(namespace);
    const pods = differentFirst((list?.items ?? []) as unknown as readonly DeepReadonly<Pod>[]);
    const byReason = new Map<string, string[]>();
    let checked = 0;
    for (const pod of pods.slice(0, MAX_PODS)) {
      const reasons = reasonsText(findingsOf(formOf(pod as Template)!, enforce));
      if (reasons) byReason.set(reasons, [...(byReason.get(reasons) ?? []), pod.metadata.name!]);
      checked += 1;
      if (this.#clock.nowMs() > endMs) break;
    }
    if (checked < pods.length) {
      warnings.push(
        `new PodSecurity enforce level only checked against the first ${checked} of ${pods.length} existing pods`,
      );
    }
    if (byReason.size === 0) return;
    warnings.push(
      `existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level "${levelVersionText(enforce)}"`,
      ...[...byReason].map(([reasons, names]) => `${firstAndMore(names)}: ${reasons}`).sort(),
    );
  }
}

/** The first pod of each controller comes before the others that it made. */
function differentFirst(pods: readonly DeepReadonly<Pod>[]): DeepReadonly<Pod>[] {
  const seen = new Set<string>();
  const [first, more]: [DeepReadonly<Pod>[], DeepReadonly<Pod>[]] = [[], []];
  for (const pod of pods) {
    const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller);
    if (owner && seen.has(owner.uid)) more.push(pod);
    else first.push(pod);
    if (owner) seen.add(owner.uid);
  }
  return [...first, ...more];
}

function firstAndMore(names: readonly string[]): string {
  const [first] = [...names].sort();
  const more = names.length - 1;
  if (more === 0) return first!;
  return `${first} (and ${more} other ${more === 1 ? "pod" : "pods"})`;
}

function warn({ warn: level }: PodSecurityPolicy, form: PodForm, attributes: AdmissionAttributes): void {
  const findings = findingsOf(form, level);
  if (findings.length > 0)
    attributes.warnings.push(`would violate PodSecurity "${levelVersionText(level)}": ${detailsText(findings)}`);
}

function validatePod(policy: PodSecurityPolicy, attributes: AdmissionAttributes): void {
  if (isPrivileged(policy.enforce) && isPrivileged(policy.warn)) return;
  const pod = attributes.object as Pod;
  if (attributes.operation === "UPDATE" && !changesImages(pod, attributes.oldObject as Pod)) return;
  const form = formOf(pod as Template)!;
  const findings = findingsOf(form, policy.enforce);
  if (findings.length > 0) {
    const level = levelVersionText(policy.enforce);
    throw admissionForbidden(attributes, `violates PodSecurity "${level}": ${detailsText(findings)}`);
  }
  if (!sameLevelVersion(policy.warn, policy.enforce)) warn(policy, form, attributes);
}
