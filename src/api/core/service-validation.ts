// SPDX-License-Identifier: Apache-2.0

import {
  dns1123SubdomainErrors,
  fieldError as field,
  portNumberErrors,
  validateLabels,
} from "../../apimachinery/index.ts";
import type { LoadBalancerIngress, Service, ServicePort, ServiceSpec } from "../generated/v1.35/core-v1.ts";
import { checkPort } from "../shared/probe.ts";
import {
  checkDnsLabel,
  checkDnsSubdomain,
  checkQualifiedName,
  checkRequiredSupported,
  checkSupported,
  type Errors,
  IMMUTABLE,
  pushInvalid,
} from "../validation/checks.ts";
import { internalForm } from "../validation/internal-form.ts";
import { checkEndpointIp, checkLegacyCidr, checkLegacyIp, parseIp } from "../validation/ip.ts";
import { clusterIpErrors, isHeadless, validateClusterIpsUpdate } from "./service-cluster-ips.ts";
import { isExternallyAccessible, needsHealthCheck, TOPOLOGY_HINTS, TOPOLOGY_MODE } from "./service-strategy.ts";

const TYPES = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const PROTOCOLS = ["SCTP", "TCP", "UDP"];
const AFFINITIES = ["ClientIP", "None"];
const TRAFFIC_POLICIES = ["Cluster", "Local"];
const TRAFFIC_DISTRIBUTIONS = ["PreferClose", "PreferSameZone", "PreferSameNode"];
const IP_MODES = ["Proxy", "VIP"];
const MAX_AFFINITY_SECONDS = 86_400;
const ONLY_LOAD_BALANCER = "may only be used when `type` is 'LoadBalancer'";
const NOT_EXTERNAL_NAME = "may not be set for ExternalName services";
const SOURCE_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges";

function checkType(spec: ServiceSpec, errors: Errors): void {
  const first = spec.clusterIPs?.[0];
  if (!spec.ports?.length && !isHeadless(spec) && spec.type !== "ExternalName")
    errors.push(field.required("spec.ports"));
  if ((spec.type === "LoadBalancer" || spec.type === "NodePort") && isHeadless(spec))
    errors.push(field.invalid("spec.clusterIPs[0]", first, `may not be set to 'None' for ${spec.type} services`));
  if (spec.type !== "ExternalName") return;
  if (spec.clusterIPs?.length) errors.push(field.fieldForbidden("spec.clusterIPs", NOT_EXTERNAL_NAME));
  if (spec.ipFamilies?.length) errors.push(field.fieldForbidden("spec.ipFamilies", NOT_EXTERNAL_NAME));
  if (spec.ipFamilyPolicy !== undefined) errors.push(field.fieldForbidden("spec.ipFamilyPolicy", NOT_EXTERNAL_NAME));
  const name = (spec.externalName ?? "").replace(/\.$/, "");
  if (name) checkDnsSubdomain(name, "spec.externalName", errors);
  else errors.push(field.required("spec.externalName"));
}

function checkServicePort(port: ServicePort, needsName: boolean, names: Set<string>, at: string, errors: Errors): void {
  if (port.name) {
    checkDnsLabel(port.name, `${at}.name`, errors);
    if (names.has(port.name)) errors.push(field.duplicate(`${at}.name`, port.name));
    names.add(port.name);
  } else if (needsName) errors.push(field.required(`${at}.name`));
  pushInvalid(portNumberErrors(port.port), port.port, `${at}.port`, errors);
  checkRequiredSupported(port.protocol, `${at}.protocol`, PROTOCOLS, errors);
  checkPort(port.targetPort ?? 0, `${at}.targetPort`, errors);
  if (port.appProtocol !== undefined) checkQualifiedName(port.appProtocol, `${at}.appProtocol`, errors);
}

function checkServicePorts(ports: readonly ServicePort[], errors: Errors): void {
  const names = new Set<string>();
  for (const [i, port] of ports.entries()) checkServicePort(port, ports.length > 1, names, `spec.ports[${i}]`, errors);
}

function checkAffinity(spec: ServiceSpec, errors: Errors): void {
  checkRequiredSupported(spec.sessionAffinity, "spec.sessionAffinity", AFFINITIES, errors);
  const path = "spec.sessionAffinityConfig";
  const config = spec.sessionAffinityConfig;
  if (spec.sessionAffinity === "None" && config)
    errors.push(field.fieldForbidden(path, "must not be set when session affinity is None"));
  if (spec.sessionAffinity !== "ClientIP") return;
  const seconds = config?.clientIP?.timeoutSeconds;
  const when = "when session affinity type is ClientIP";
  if (!config) errors.push(field.required(path, when));
  else if (!config.clientIP) errors.push(field.required(`${path}.clientIP`, when));
  else if (seconds === undefined) errors.push(field.required(`${path}.clientIP.timeoutSeconds`, when));
  else if (seconds <= 0 || seconds > MAX_AFFINITY_SECONDS)
    errors.push(
      field.invalid(
        `${path}.clientIP.timeoutSeconds`,
        seconds,
        `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`,
      ),
    );
}

function checkExternalIps(spec: ServiceSpec, old: ServiceSpec | undefined, errors: Errors): void {
  for (const [i, ip] of (spec.externalIPs ?? []).entries()) {
    const path = `spec.externalIPs[${i}]`;
    if (parseIp(ip) || old?.externalIPs?.includes(ip)) checkEndpointIp(ip, path, errors);
    else checkLegacyIp(ip, path, errors);
  }
}

/** No two entries have the same node port, or the same port, for one protocol. */
function checkRepeatedPorts(ports: readonly ServicePort[], errors: Errors): void {
  const nodePorts = new Set<string>();
  for (const [i, { nodePort, protocol }] of ports.entries()) {
    if (!nodePort) continue;
    const key = `${protocol}:${nodePort}`;
    if (nodePorts.has(key)) errors.push(field.duplicate(`spec.ports[${i}].nodePort`, nodePort));
    nodePorts.add(key);
  }
  const numbers = new Set<string>();
  for (const [i, { port, protocol }] of ports.entries()) {
    const key = `${protocol}:${port}`;
    if (numbers.has(key))
      errors.push(field.duplicate(`spec.ports[${i}]`, internalForm("ServicePort", { protocol, port, targetPort: 0 })));
    numbers.add(key);
  }
}

function checkSourceRanges(service: Service, old: Service | undefined, errors: Errors): void {
  const { spec } = service;
  const ranges = spec.loadBalancerSourceRanges;
  const annotation = service.metadata.annotations?.[SOURCE_RANGES];
  if (ranges?.length) {
    const path = "spec.LoadBalancerSourceRanges";
    if (spec.type !== "LoadBalancer") errors.push(field.fieldForbidden(path, ONLY_LOAD_BALANCER));
    const known = new Set(old?.spec.loadBalancerSourceRanges?.map((range) => range.trim()));
    for (const [i, range] of ranges.entries())
      if (!known.has(range.trim())) checkLegacyCidr(range.trim(), `${path}[${i}]`, errors);
  } else if (annotation !== undefined) {
    const path = `metadata.annotations[${SOURCE_RANGES}]`;
    if (spec.type !== "LoadBalancer") errors.push(field.fieldForbidden(path, ONLY_LOAD_BALANCER));
    if (!annotation.trim() || old?.metadata.annotations?.[SOURCE_RANGES] === annotation) return;
    for (const range of annotation.trim().split(",")) checkLegacyCidr(range.trim(), path, errors);
  }
}

function checkLoadBalancerClass(spec: ServiceSpec, old: ServiceSpec | undefined, errors: Errors): void {
  const path = "spec.loadBalancerClass";
  const name = spec.loadBalancerClass;
  if (old?.type === "LoadBalancer" && spec.type === "LoadBalancer" && name !== old.loadBalancerClass)
    errors.push(field.invalid(path, name, "may not change once set"));
  if (name === undefined) return;
  if (spec.type === "LoadBalancer") checkQualifiedName(name, path, errors);
  else errors.push(field.fieldForbidden(path, ONLY_LOAD_BALANCER));
}

function checkExternalTraffic(spec: ServiceSpec, errors: Errors): void {
  const policy = spec.externalTrafficPolicy;
  if (isExternallyAccessible(spec))
    checkRequiredSupported(policy, "spec.externalTrafficPolicy", TRAFFIC_POLICIES, errors);
  else if (policy)
    errors.push(
      field.invalidNamed("spec.externalTrafficPolicy", policy, "may only be set for externally-accessible services"),
    );
  const port = spec.healthCheckNodePort ?? 0;
  const path = "spec.healthCheckNodePort";
  if (needsHealthCheck(spec)) {
    if (port === 0) errors.push(field.required(path));
    else pushInvalid(portNumberErrors(port), port, path, errors);
  } else if (port !== 0)
    errors.push(
      field.invalid(path, port, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"),
    );
}

function checkTraffic(spec: ServiceSpec, errors: Errors): void {
  checkExternalTraffic(spec, errors);
  const policy = spec.internalTrafficPolicy;
  if (policy !== undefined) checkSupported(policy, "spec.internalTrafficPolicy", TRAFFIC_POLICIES, errors);
  else if (spec.type === "NodePort" || spec.type === "LoadBalancer" || spec.type === "ClusterIP")
    errors.push(field.required("spec.internalTrafficPolicy"));
  const distribution = spec.trafficDistribution;
  if (distribution !== undefined && !TRAFFIC_DISTRIBUTIONS.includes(distribution))
    errors.push(field.textNotSupported("spec.trafficDistribution", distribution, TRAFFIC_DISTRIBUTIONS));
}

function checkLoadBalancer(service: Service, old: Service | undefined, errors: Errors): void {
  const { spec } = service;
  checkSourceRanges(service, old, errors);
  const allocate = spec.allocateLoadBalancerNodePorts;
  if (allocate !== undefined && spec.type !== "LoadBalancer")
    errors.push(field.fieldForbidden("spec.allocateLoadBalancerNodePorts", ONLY_LOAD_BALANCER));
  if (allocate === undefined && spec.type === "LoadBalancer")
    errors.push(field.required("allocateLoadBalancerNodePorts"));
  checkLoadBalancerClass(spec, undefined, errors);
}

/** What is wrong with a service; the old one, if any, excuses what has always been accepted. */
export function validateService(service: Service, old: Service | undefined): Errors {
  const errors: Errors = [];
  const { spec } = service;
  const { annotations = {} } = service.metadata;
  const [mode, hints] = [annotations[TOPOLOGY_MODE], annotations[TOPOLOGY_HINTS]];
  if (mode !== undefined && hints !== undefined && mode !== hints)
    errors.push(
      field.invalid(
        `metadata.annotations[${TOPOLOGY_MODE}]`,
        mode,
        `must match annotations[${TOPOLOGY_HINTS}] when both are specified`,
      ),
    );
  checkType(spec, errors);
  const ports = spec.ports ?? [];
  checkServicePorts(ports, errors);
  if (spec.selector) errors.push(...validateLabels(spec.selector, "spec.selector"));
  checkAffinity(spec, errors);
  errors.push(...clusterIpErrors(spec, old?.spec));
  checkExternalIps(spec, old?.spec, errors);
  checkRequiredSupported(spec.type, "spec.type", TYPES, errors);
  if (spec.type === "ClusterIP")
    for (const [i, { nodePort }] of ports.entries())
      if (nodePort)
        errors.push(field.fieldForbidden(`spec.ports[${i}].nodePort`, "may not be used when `type` is 'ClusterIP'"));
  checkRepeatedPorts(ports, errors);
  checkLoadBalancer(service, old, errors);
  checkTraffic(spec, errors);
  return errors;
}

/** What is wrong with the change of a service, and with the service after it. */
export function validateServiceUpdate(service: Service, old: Service): Errors {
  const errors: Errors = [];
  validateClusterIpsUpdate(service.spec, old.spec, errors);
  checkLoadBalancerClass(service.spec, old.spec, errors);
  if (
    needsHealthCheck(old.spec) &&
    needsHealthCheck(service.spec) &&
    service.spec.healthCheckNodePort !== old.spec.healthCheckNodePort
  )
    errors.push(field.fieldForbidden("spec.healthCheckNodePort", IMMUTABLE));
  errors.push(...validateService(service, old));
  return errors;
}

/** What is wrong with the addresses of a load balancer, of services and of Ingresses. */
function validateLoadBalancerIngress(
  ingress: readonly LoadBalancerIngress[] | undefined,
  old: readonly LoadBalancerIngress[] | undefined,
  errors: Errors,
): void {
  const known = new Set(old?.map(({ ip }) => ip));
  for (const [i, { ip, ipMode, hostname }] of (ingress ?? []).entries()) {
    const at = `status.loadBalancer.ingress[${i}]`;
    if (ip && !known.has(ip)) checkLegacyIp(ip, `${at}.ip`, errors);
    if (ipMode === undefined) {
      if (ip) errors.push(field.required(`${at}.ipMode`, "must be specified when `ip` is set"));
    } else if (!ip) errors.push(field.fieldForbidden(`${at}.ipMode`, "may not be specified when `ip` is not set"));
    else checkSupported(ipMode, `${at}.ipMode`, IP_MODES, errors);
    if (!hostname) continue;
    pushInvalid(dns1123SubdomainErrors(hostname), hostname, `${at}.hostname`, errors);
    if (parseIp(hostname))
      errors.push(field.invalid(`${at}.hostname`, hostname, "must be a DNS name, not an IP address"));
  }
}

/** What is wrong with a service's status. */
export function validateServiceStatus(service: Service, old: Service): Errors {
  const errors: Errors = [];
  const ingress = service.status?.loadBalancer?.ingress;
  if (service.spec.type !== "LoadBalancer" && ingress?.length)
    errors.push(
      field.fieldForbidden("status.loadBalancer.ingress", "may only be used when `spec.type` is 'LoadBalancer'"),
    );
  else validateLoadBalancerIngress(ingress, old.status?.loadBalancer?.ingress, errors);
  return errors;
}
