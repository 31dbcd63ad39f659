// SPDX-License-Identifier: Apache-2.0

import {
  fieldError as field,
  httpHeaderNameErrors,
  portNameErrors,
  portNumberErrors,
} from "../../apimachinery/index.ts";
import type {
  ExecAction,
  GRPCAction,
  HTTPGetAction,
  Lifecycle,
  Probe,
  SleepAction,
  TCPSocketAction,
} from "../generated/v1.35/core-v1.ts";
import { checkNonNegative, checkSupported, type Errors, pushInvalid } from "../validation/checks.ts";

/** What a probe or a lifecycle hook does. */
interface Handler {
  exec?: ExecAction;
  httpGet?: HTTPGetAction;
  tcpSocket?: TCPSocketAction;
  grpc?: GRPCAction;
  sleep?: SleepAction;
}

const DEFAULT_TIMEOUT_SECONDS = 1;
const DEFAULT_PERIOD_SECONDS = 10;
const DEFAULT_FAILURE_THRESHOLD = 3;
const MANY_HANDLERS = "may not specify more than 1 handler type";

function defaultHttpGet(action: HTTPGetAction): void {
  action.path ||= "/";
  action.scheme ||= "HTTP";
}

/** Fills a probe's times and thresholds and those of its handler. */
export function defaultProbe(probe: Probe | undefined): void {
  if (!probe) return;
  if (probe.httpGet) defaultHttpGet(probe.httpGet);
  if (probe.grpc) probe.grpc.service ??= "";
  probe.timeoutSeconds ||= DEFAULT_TIMEOUT_SECONDS;
  probe.periodSeconds ||= DEFAULT_PERIOD_SECONDS;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= DEFAULT_FAILURE_THRESHOLD;
}

/** Fills what the hooks' HTTP requests leave out. */
export function defaultLifecycle(lifecycle: Lifecycle | undefined): void {
  if (lifecycle?.postStart?.httpGet) defaultHttpGet(lifecycle.postStart.httpGet);
  if (lifecycle?.preStop?.httpGet) defaultHttpGet(lifecycle.preStop.httpGet);
}

/** A port by number or by name. */
export function checkPort(port: number | string, path: string, errors: Errors): void {
  pushInvalid(typeof port === "number" ? portNumberErrors(port) : portNameErrors(port), port, path, errors);
}

function validateHttpGet(action: HTTPGetAction, path: string, errors: Errors): void {
  if (!action.path) errors.push(field.required(`${path}.path`));
  checkPort(action.port, `${path}.port`, errors);
  checkSupported(action.scheme ?? "", `${path}.scheme`, ["HTTP", "HTTPS"], errors);
  for (const header of action.httpHeaders ?? [])
    pushInvalid(httpHeaderNameErrors(header.name), header.name, `${path}.httpHeaders`, errors);
}

function validateSleep(action: SleepAction, graceSeconds: number | undefined, path: string, errors: Errors): void {
  if (graceSeconds === undefined || (action.seconds >= 0 && action.seconds <= graceSeconds)) return;
  const message = `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds})`;
  errors.push(field.invalid(path, action.seconds, message));
}

function validateAction(
  name: keyof Handler,
  handler: Handler,
  graceSeconds: number | undefined,
  at: string,
  errors: Errors,
): void {
  switch (name) {
    case "exec":
      if (!handler.exec!.command?.length) errors.push(field.required(`${at}.command`));
      break;
    case "httpGet":
      validateHttpGet(handler.httpGet!, at, errors);
      break;
    case "tcpSocket":
      checkPort(handler.tcpSocket!.port, `${at}.port`, errors);
      break;
    case "grpc":
      checkPort(handler.grpc!.port, `${at}.port`, errors);
      break;
    case "sleep":
      validateSleep(handler.sleep!, graceSeconds, at, errors);
      break;
  }
}

const PROBE_ACTIONS: readonly (keyof Handler)[] = ["exec", "httpGet", "tcpSocket", "grpc"];
const HOOK_ACTIONS: readonly (keyof Handler)[] = ["exec", "httpGet", "tcpSocket", "sleep"];

/** Exactly one action. */
function validateHandler(
  handler: Handler,
  actions: readonly (keyof Handler)[],
  graceSeconds: number | undefined,
  path: string,
  errors: Errors,
): void {
  let found = false;
  for (const name of actions) {
    if (handler[name] === undefined) continue;
    if (found) errors.push(field.fieldForbidden(`${path}.${name}`, MANY_HANDLERS));
    else validateAction(name, handler, graceSeconds, `${path}.${name}`, errors);
    found = true;
  }
  if (!found) errors.push(field.required(path, "must specify a handler type"));
}

function validateProbe(probe: Probe, graceSeconds: number | undefined, path: string, errors: Errors): void {
  validateHandler(probe, PROBE_ACTIONS, graceSeconds, path, errors);
  checkNonNegative(probe.initialDelaySeconds, `${path}.initialDelaySeconds`, errors);
  checkNonNegative(probe.timeoutSeconds, `${path}.timeoutSeconds`, errors);
  checkNonNegative(probe.periodSeconds, `${path}.periodSeconds`, errors);
  checkNonNegative(probe.successThreshold, `${path}.successThreshold`, errors);
  checkNonNegative(probe.failureThreshold, `${path}.failureThreshold`, errors);
  const seconds = probe.terminationGracePeriodSeconds;
  if (seconds !== undefined && seconds <= 0)
    errors.push(field.invalid(`${path}.terminationGracePeriodSeconds`, seconds, "must be greater than 0"));
}

/** The three probes of a container, each with its own restrictions. */
export interface Probes {
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  startupProbe?: Probe;
}

function validateSingleSuccess(
  probe: Probe | undefined,
  graceSeconds: number | undefined,
  path: string,
  errors: Errors,
): void {
  if (!probe) return;
  validateProbe(probe, graceSeconds, path, errors);
  if (probe.successThreshold !== 1)
    errors.push(field.invalid(`${path}.successThreshold`, probe.successThreshold ?? 0, "must be 1"));
}

/** Liveness, readiness and startup probe, in upstream's order. */
export function validateProbes(probes: Probes, graceSeconds: number | undefined, path: string, errors: Errors): void {
  const { livenessProbe, readinessProbe, startupProbe } = probes;
  validateSingleSuccess(livenessProbe, graceSeconds, `${path}.livenessProbe`, errors);
  if (readinessProbe) {
    const at = `${path}.readinessProbe`;
    validateProbe(readinessProbe, graceSeconds, at, errors);
    const seconds = readinessProbe.terminationGracePeriodSeconds;
    if (seconds !== undefined)
      errors.push(field.invalid(`${at}.terminationGracePeriodSeconds`, seconds, "must not be set for readinessProbes"));
  }
  validateSingleSuccess(startupProbe, graceSeconds, `${path}.startupProbe`, errors);
}

/** Hooks after the start and before the stop. */
export function validateLifecycle(
  lifecycle: Lifecycle,
  graceSeconds: number | undefined,
  path: string,
  errors: Errors,
): void {
  if (lifecycle.postStart)
    validateHandler(lifecycle.postStart, HOOK_ACTIONS, graceSeconds, `${path}.postStart`, errors);
  if (lifecycle.preStop) validateHandler(lifecycle.preStop, HOOK_ACTIONS, graceSeconds, `${path}.preStop`, errors);
}
