// SPDX-License-Identifier: Apache-2.0

import { fieldError as field, portNameErrors, portNumberErrors, sentEmpty } from "../../apimachinery/index.ts";
import type {
  Container,
  ContainerPort,
  ContainerResizePolicy,
  EphemeralContainer,
} from "../generated/v1.35/core-v1.ts";
import { checkDnsLabel, checkRequiredSupported, type Errors, pushInvalid } from "../validation/checks.ts";
import { validateEnv, validateEnvFrom } from "./env.ts";
import { defaultPullPolicy } from "./image-name.ts";
import { defaultLifecycle, defaultProbe, validateLifecycle, validateProbes } from "./probe.ts";
import { roundToMilli, validateContainerResources } from "./resources.ts";
import { validateSecurityContext } from "./security-context.ts";
import { validateVolumeDevices, validateVolumeMounts, type VolumesByName } from "./volume-mounts.ts";

/** What the checks of containers need to know of their pod. */
export interface PodContext {
  readonly volumes: VolumesByName;
  readonly claimNames: ReadonlySet<string>;
  readonly graceSeconds: number | undefined;
  readonly restartPolicy: string;
  readonly hostUsers: boolean;
}

const PROTOCOLS = ["SCTP", "TCP", "UDP"];
const PULL_POLICIES = ["Always", "IfNotPresent", "Never"];
const TERMINATION_MESSAGE_POLICIES = ["File", "FallbackToLogsOnError"];
const RESIZE_RESOURCES = ["cpu", "memory"];
const RESIZE_POLICIES = ["NotRequired", "RestartContainer"];
const RESTART_POLICIES = ["Always", "Never", "OnFailure"];
const MAX_RESTART_RULES = 20;
const MAX_EXIT_CODES = 255;

/** Fills what a container leaves out. */
export function defaultContainer(container: Container | EphemeralContainer): void {
  container.imagePullPolicy ||= defaultPullPolicy(container.image);
  container.terminationMessagePath ||= "/dev/termination-log";
  container.terminationMessagePolicy ||= "File";
  if (container.ports) for (const port of container.ports) port.protocol ||= "TCP";
  if (container.env)
    for (const { valueFrom } of container.env) {
      if (!valueFrom) continue;
      if (valueFrom.fieldRef) valueFrom.fieldRef.apiVersion ||= "v1";
      if (valueFrom.fileKeyRef) valueFrom.fileKeyRef.optional ??= false;
    }
  if (container.resources) {
    roundToMilli(container.resources.limits);
    roundToMilli(container.resources.requests);
  }
  defaultProbe(container.livenessProbe);
  defaultProbe(container.readinessProbe);
  defaultProbe(container.startupProbe);
  defaultLifecycle(container.lifecycle);
}

function validatePorts(ports: readonly ContainerPort[], path: string, errors: Errors): void {
  const names = new Set<string>();
  for (const [i, port] of ports.entries()) {
    const at = `${path}[${i}]`;
    if (port.name) {
      const messages = portNameErrors(port.name);
      if (messages.length > 0) pushInvalid(messages, port.name, `${at}.name`, errors);
      else if (names.has(port.name)) errors.push(field.duplicate(`${at}.name`, port.name));
      else names.add(port.name);
    }
    if (!port.containerPort) errors.push(field.required(`${at}.containerPort`));
    else pushInvalid(portNumberErrors(port.containerPort), port.containerPort, `${at}.containerPort`, errors);
    if (port.hostPort) pushInvalid(portNumberErrors(port.hostPort), port.hostPort, `${at}.hostPort`, errors);
    checkRequiredSupported(port.protocol, `${at}.protocol`, PROTOCOLS, errors);
  }
}

function validateResizePolicy(
  policies: readonly ContainerResizePolicy[],
  podRestartPolicy: string,
  path: string,
  errors: Errors,
): void {
  const resources = new Set<string>();
  for (const [i, { resourceName, restartPolicy }] of policies.entries()) {
    if (resources.has(resourceName)) errors.push(field.duplicate(`${path}[${i}]`, resourceName));
    resources.add(resourceName);
    checkRequiredSupported(resourceName, path, RESIZE_RESOURCES, errors);
    checkRequiredSupported(restartPolicy, path, RESIZE_POLICIES, errors);
    if (podRestartPolicy === "Never" && restartPolicy !== "NotRequired")
      errors.push(field.invalid(path, restartPolicy, "must be 'NotRequired' when `restartPolicy` is 'Never'"));
  }
}

function validateCommon(
  container: Container | EphemeralContainer,
  pod: PodContext,
  path: string,
  errors: Errors,
): void {
  if (!container.name) errors.push(field.required(`${path}.name`));
  else checkDnsLabel(container.name, `${path}.name`, errors);
  if (!container.image) errors.push(field.required(`${path}.image`));
  checkRequiredSupported(
    container.terminationMessagePolicy,
    `${path}.terminationMessagePolicy`,
    TERMINATION_MESSAGE_POLICIES,
    errors,
  );
  if (container.ports) validatePorts(container.ports, `${path}.ports`, errors);
  validateEnv(container.env, `${path}.env`, errors);
  validateEnvFrom(container.envFrom, `${path}.envFrom`, errors);
  validateVolumeMounts(container, pod.volumes, `${path}.volumeMounts`, errors);
  validateVolumeDevices(container, pod.volumes, `${path}.volumeDevices`, errors);
  checkRequiredSupported(container.imagePullPolicy, `${path}.imagePullPolicy`, PULL_POLICIES, errors);
  if (container.resources) validateContainerResources(container.resources, pod.claimNames, `${path}.resources`, errors);
  if (container.resizePolicy)
    validateResizePolicy(container.resizePolicy, pod.restartPolicy, `${path}.resizePolicy`, errors);
  validateSecurityContext(container.securityContext, pod.hostUsers, `${path}.securityContext`, errors);
}

function validateRestartRules(container: Container, path: string, errors: Errors): void {
  const rules = container.restartPolicyRules ?? [];
  if (rules.length > MAX_RESTART_RULES) errors.push(field.tooLong(`${path}.restartPolicyRules`, MAX_RESTART_RULES));
  for (const [i, rule] of rules.entries()) {
    const at = `${path}.restartPolicyRules[${i}]`;
    if (rule.action !== "Restart") errors.push(field.notSupported(`${at}.action`, rule.action ?? "", ["Restart"]));
    if (!rule.exitCodes) {
      errors.push(field.required(`${at}.exitCodes`, "must be specified"));
      continue;
    }
    const { operator, values = [] } = rule.exitCodes;
    if (operator !== "In" && operator !== "NotIn")
      errors.push(field.notSupported(`${at}.exitCodes.operator`, operator ?? "", ["In", "NotIn"]));
    if (values.length > MAX_EXIT_CODES) errors.push(field.tooLong(`${at}.exitCodes.values`, MAX_EXIT_CODES));
  }
}

const RESTART_POLICY_MISSING = "must specify restartPolicy when restart rules are used";

function validateRestartPolicy(container: Container, path: string, errors: Errors): void {
  const policy = container.restartPolicy;
  if (policy === undefined) {
    if (!container.restartPolicyRules?.length) return;
    errors.push(field.required(`${path}.restartPolicy`, RESTART_POLICY_MISSING));
  } else if (!RESTART_POLICIES.includes(policy))
    errors.push(field.notSupported(`${path}.restartPolicy`, policy, RESTART_POLICIES));
  validateRestartRules(container, path, errors);
}

function validateInitRestartPolicy(container: Container, path: string, errors: Errors): void {
  const hasRules = (container.restartPolicyRules?.length ?? 0) > 0;
  if (container.restartPolicy === undefined) {
    if (hasRules) errors.push(field.required(`${path}.restartPolicy`, RESTART_POLICY_MISSING));
  } else if (container.restartPolicy !== "Always") validateRestartPolicy(container, path, errors);
  else if (hasRules)
    errors.push(
      field.fieldForbidden(
        `${path}.restartPolicyRules`,
        "restartPolicyRules are not allowed for init containers with restart policy Always",
      ),
    );
}

function checkHostPorts(containers: readonly Container[], path: string, errors: Errors): void {
  let taken: Set<string> | undefined;
  for (const [i, container] of containers.entries())
    for (const [j, port] of (container.ports ?? []).entries()) {
      if (!port.hostPort) continue;
      const key = `${port.protocol ?? ""}/${port.hostIP ?? ""}/${port.hostPort}`;
      taken ??= new Set();
      if (taken.has(key)) errors.push(field.duplicate(`${path}[${i}].ports[${j}].hostPort`, key));
      else taken.add(key);
    }
}

/** The containers proper. */
export function validateContainers(
  containers: readonly Container[] | undefined,
  pod: PodContext,
  path: string,
  errors: Errors,
): void {
  if (!containers?.length) {
    errors.push(field.required(path));
    return;
  }
  const names = new Set<string>();
  for (const [i, container] of containers.entries()) {
    const at = `${path}[${i}]`;
    validateCommon(container, pod, at, errors);
    if (names.has(container.name)) errors.push(field.duplicate(`${at}.name`, container.name));
    else names.add(container.name);
    if (container.lifecycle) validateLifecycle(container.lifecycle, pod.graceSeconds, `${at}.lifecycle`, errors);
    validateProbes(container, pod.graceSeconds, at, errors);
    if (container.restartPolicy !== undefined || container.restartPolicyRules)
      validateRestartPolicy(container, at, errors);
  }
  checkHostPorts(containers, path, errors);
}

const ONLY_SIDECARS = "may not be set for init containers without restartPolicy=Always";

function validateInitOnly(container: Container, pod: PodContext, at: string, errors: Errors): void {
  if (container.restartPolicy === "Always") {
    if (container.lifecycle) validateLifecycle(container.lifecycle, pod.graceSeconds, `${at}.lifecycle`, errors);
    validateProbes(container, pod.graceSeconds, at, errors);
    return;
  }
  for (const name of ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] as const)
    if (container[name] !== undefined) errors.push(field.fieldForbidden(`${at}.${name}`, ONLY_SIDECARS));
}

/** The init containers; names may not repeat those of the containers. */
export function validateInitContainers(
  containers: readonly Container[] | undefined,
  others: readonly Container[] | undefined,
  pod: PodContext,
  path: string,
  errors: Errors,
): void {
  if (!containers?.length) return;
  const names = new Set(others?.map((container) => container.name));
  for (const [i, container] of containers.entries()) {
    const at = `${path}[${i}]`;
    validateCommon(container, pod, at, errors);
    validateInitRestartPolicy(container, at, errors);
    if (names.has(container.name)) errors.push(field.duplicate(`${at}.name`, container.name));
    else if (container.name) names.add(container.name);
    checkHostPorts([container], path, errors);
    validateInitOnly(container, pod, at, errors);
  }
}

/** Fields that an ephemeral container may not set, in the order of the Go struct. */
const FORBIDDEN_FOR_EPHEMERAL = [
  "ports",
  "resources",
  "resizePolicy",
  "restartPolicy",
  "restartPolicyRules",
  "livenessProbe",
  "readinessProbe",
  "startupProbe",
  "lifecycle",
] as const;
const NOT_EPHEMERAL = "cannot be set for an Ephemeral Container";

function hasResources({ resources = {} }: EphemeralContainer): boolean {
  const lists = ["limits", "requests", "claims"] as const;
  return lists.some((list) => resources[list] !== undefined || sentEmpty(resources, list) !== undefined);
}

/** Of these, resources alone are no pointer and no list: they are always there. */
const isSet = (container: EphemeralContainer, name: (typeof FORBIDDEN_FOR_EPHEMERAL)[number]): boolean =>
  name === "resources"
    ? hasResources(container)
    : container[name] !== undefined || sentEmpty(container, name) !== undefined;

function checkEphemeralFields(container: EphemeralContainer, at: string, errors: Errors): void {
  for (const name of FORBIDDEN_FOR_EPHEMERAL)
    if (isSet(container, name)) errors.push(field.fieldForbidden(`${at}.${name}`, NOT_EPHEMERAL));
  for (const [i, mount] of (container.volumeMounts ?? []).entries()) {
    if (mount.subPath) errors.push(field.fieldForbidden(`${at}.volumeMounts[${i}].subPath`, NOT_EPHEMERAL));
    if (mount.subPathExpr) errors.push(field.fieldForbidden(`${at}.volumeMounts[${i}].subPathExpr`, NOT_EPHEMERAL));
  }
}

/** Containers for debugging. */
export function validateEphemeralContainers(
  containers: readonly EphemeralContainer[] | undefined,
  others: readonly Container[],
  pod: PodContext,
  path: string,
  errors: Errors,
): void {
  if (!containers?.length) return;
  const targets = new Set(others.map((container) => container.name));
  const names = new Set(targets);
  for (const [i, container] of containers.entries()) {
    const at = `${path}[${i}]`;
    validateCommon(container, pod, at, errors);
    checkImageTrimmed(container, at, errors);
    if (names.has(container.name)) errors.push(field.duplicate(`${at}.name`, container.name));
    else names.add(container.name);
    if (container.targetContainerName && !targets.has(container.targetContainerName))
      errors.push(field.fieldNotFound(`${at}.targetContainerName`, container.targetContainerName));
    checkEphemeralFields(container, at, errors);
  }
}

/** Images of pods (not of templates) have no white space around them. */
export function checkImageTrimmed(container: Container | EphemeralContainer, path: string, errors: Errors): void {
  const image = container.image ?? "";
  if (image.trim() !== image)
    errors.push(field.invalid(`${path}.image`, image, "must not have leading or trailing whitespace"));
}
