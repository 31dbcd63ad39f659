// SPDX-License-Identifier: Apache-2.0

import type { CSINode, Lease, Node, Pod, PersistentVolumeClaim, TokenRequest } from "../../api/index.ts";
import { copyJson, sameJson, type DeepReadonly, type KubeObject } from "../../apimachinery/index.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../admission-plugin.ts";
import { nodeNameOf } from "../authentication/user-names.ts";
import type { ResourceStores } from "../resource-store.ts";
import { admissionForbidden } from "./attributes.ts";

const MIRROR_ANNOTATION = "kubernetes.io/config.mirror";
const LEASE_NAMESPACE = "kube-node-lease";
const RESTRICTED_PREFIX = "node-restriction.kubernetes.io/";

/** Labels below kubernetes.io and k8s.io that a kubelet may set on its own node. */
const KUBELET_LABELS = new Set([
  "kubernetes.io/hostname",
  "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region",
  "node.kubernetes.io/instance-type",
  "beta.kubernetes.io/instance-type",
  "kubernetes.io/os",
  "kubernetes.io/arch",
  "beta.kubernetes.io/os",
  "beta.kubernetes.io/arch",
]);
const KUBELET_LABEL_DOMAINS = ["kubelet.kubernetes.io", "node.kubernetes.io"];

type Refuse = (why: string) => Error;

interface Request {
  readonly attributes: AdmissionAttributes;
  readonly nodeName: string;
  readonly refuse: Refuse;
}

/** The labels that differ between two objects. */
function changedLabels(
  now: Readonly<Record<string, string>> = {},
  before: Readonly<Record<string, string>> = {},
): string[] {
  const names = new Set([...Object.keys(now), ...Object.keys(before)]);
  return [...names].filter((name) => now[name] !== before[name]).sort();
}

const isBelow = (domain: string, parent: string): boolean => domain === parent || domain.endsWith(`.${parent}`);

/** Labels of Kubernetes' own domains are the cluster's to set, but for the few that kubelets know. */
function forbiddenLabels(names: readonly string[]): string[] {
  return names.filter((name) => {
    if (name.startsWith(RESTRICTED_PREFIX)) return true;
    const slash = name.indexOf("/");
    const domain = slash < 0 ? "" : name.slice(0, slash);
    if (isBelow(domain, "node-restriction.kubernetes.io")) return true;
    if (!isBelow(domain, "kubernetes.io") && !isBelow(domain, "k8s.io")) return false;
    return !KUBELET_LABELS.has(name) && !KUBELET_LABEL_DOMAINS.some((allowed) => isBelow(domain, allowed));
  });
}

function checkNode({ attributes, nodeName, refuse }: Request): void {
  const { operation, name, object, oldObject } = attributes;
  const requested = name || object?.metadata.name || "";
  if (requested !== nodeName) {
    throw refuse(`node ${JSON.stringify(nodeName)} is not allowed to modify node ${JSON.stringify(requested)}`);
  }
  if (operation === "DELETE") throw refuse(`node ${JSON.stringify(nodeName)} is not allowed to delete node`);
  const node = object as Node;
  const old = oldObject as Node | undefined;
  if (operation === "CREATE" && node.spec?.configSource) {
    throw refuse(`node ${JSON.stringify(nodeName)} is not allowed to create pods with a non-nil configSource`);
  }
  if (operation === "UPDATE") checkNodeUpdate(node, old!, nodeName, refuse);
  const forbidden = forbiddenLabels(changedLabels(node.metadata.labels, old?.metadata.labels));
  if (forbidden.length > 0) {
    const verb = operation === "CREATE" ? "set" : "modify";
    throw refuse(
      `node ${JSON.stringify(nodeName)} is not allowed to ${verb} the following labels: ${forbidden.join(", ")}`,
    );
  }
  if (operation === "CREATE" && node.metadata.ownerReferences?.length) {
    throw refuse(`node ${JSON.stringify(nodeName)} is not allowed to set ownerReferences`);
  }
}

function checkNodeUpdate(node: Node, old: Node, nodeName: string, refuse: Refuse): void {
  if (!sameJson(node.metadata.ownerReferences, old.metadata.ownerReferences)) {
    throw refuse(`node ${JSON.stringify(nodeName)} is not allowed to modify ownerReferences`);
  }
  if (!sameJson(node.spec?.taints, old.spec?.taints)) {
    throw refuse(`node ${JSON.stringify(nodeName)} is not allowed to modify taints`);
  }
}

function checkMirrorPod({ attributes, nodeName, refuse }: Request): void {
  const pod = attributes.object as Pod;
  if (pod.metadata.annotations?.[MIRROR_ANNOTATION] === undefined) {
    throw refuse(
      `pod does not have ${JSON.stringify(MIRROR_ANNOTATION)} annotation, node ${JSON.stringify(nodeName)} can only create mirror pods`,
    );
  }
  if (pod.spec.nodeName !== nodeName) {
    throw refuse(`node ${JSON.stringify(nodeName)} can only create pods with spec.nodeName set to itself`);
  }
  const owners = pod.metadata.ownerReferences ?? [];
  const [owner] = owners;
  if (!owner)
    throw refuse(`node ${JSON.stringify(nodeName)} can only create pods with an owner reference set to itself`);
  if (owners.length > 1) {
    throw refuse(`node ${JSON.stringify(nodeName)} can only create pods with a single owner reference set to itself`);
  }
  if (owner.apiVersion !== "v1" || owner.kind !== "Node" || owner.name !== nodeName) {
    throw refuse(`node ${JSON.stringify(nodeName)} can only create pods with an owner reference set to itself`);
  }
  if (pod.spec.serviceAccountName) {
    throw refuse(`node ${JSON.stringify(nodeName)} can not create pods that reference a service account`);
  }
}

const assignedTo = (pod: DeepReadonly<KubeObject> | undefined): string =>
  (pod as DeepReadonly<Pod> | undefined)?.spec.nodeName ?? "";

function checkPodStatus({ attributes, nodeName, refuse }: Request): void {
  const pod = attributes.object as Pod;
  const old = attributes.oldObject as Pod;
  if (assignedTo(old) !== nodeName) {
    throw refuse(
      `node ${JSON.stringify(nodeName)} can only update pod status for pods with spec.nodeName set to itself`,
    );
  }
  if (!sameJson(pod.metadata.labels, old.metadata.labels)) {
    throw refuse(`node ${JSON.stringify(nodeName)} can only update pod status without modifying labels`);
  }
}

/** Limits kubelets to their own node, its lease and the pods that are bound to it. */
export class NodeRestriction implements AdmissionPlugin {
  readonly name = "NodeRestriction";
  readonly #stores: ResourceStores;

  constructor(stores: ResourceStores) {
    this.#stores = stores;
  }

  handles(attributes: AdmissionAttributes): boolean {
    return nodeNameOf(attributes.user) !== undefined;
  }

  admit(attributes: AdmissionAttributes): void {
    const nodeName = nodeNameOf(attributes.user) ?? "";
    const refuse: Refuse = (why) => admissionForbidden(attributes, why);
    if (nodeName === "") {
      throw refuse(`could not determine node from user ${JSON.stringify(attributes.user.name)}`);
    }
    const request = { attributes, nodeName, refuse };
    switch (`${attributes.kind.group}/${attributes.resource}`) {
      case "/pods":
        return this.#admitPod(request);
      case "/nodes":
        return checkNode(request);
      case "/persistentvolumeclaims":
        return admitClaim(request);
      case "/serviceaccounts":
        return this.#admitToken(request);
      case "coordination.k8s.io/leases":
        return admitLease(request);
      case "storage.k8s.io/csinodes":
        return admitCsiNode(request);
      default:
    }
  }

  #admitPod(request: Request): void {
    const { attributes, nodeName, refuse } = request;
    switch (attributes.subresource) {
      case "":
        if (attributes.operation === "CREATE") return checkMirrorPod(request);
        if (attributes.operation === "DELETE") {
          if (assignedTo(attributes.oldObject) === nodeName) return;
          throw refuse(`node ${JSON.stringify(nodeName)} can only delete pods with spec.nodeName set to itself`);
        }
        throw refuse(
          `unexpected operation ${JSON.stringify(attributes.operation)}, node ${JSON.stringify(nodeName)} can only create and delete mirror pods`,
        );
      case "status":
        return checkPodStatus(request);
      case "eviction": {
        const pod = this.#stores.find("", "pods")?.peek(attributes.namespace, attributes.name);
        if (assignedTo(pod) === nodeName) return;
        throw refuse(`node ${nodeName} can only evict pods with spec.nodeName set to itself`);
      }
      default:
        throw refuse(
          `unexpected pod subresource ${JSON.stringify(attributes.subresource)}, only 'status' and 'eviction' are allowed`,
        );
    }
  }

  /** A token is always bound to a pod that runs there. */
  #admitToken({ attributes, nodeName, refuse }: Request): void {
    if (attributes.operation !== "CREATE" || attributes.subresource !== "token") return;
    const { boundObjectRef: ref } = (attributes.object as TokenRequest).spec;
    if (!ref || ref.apiVersion !== "v1" || ref.kind !== "Pod" || !ref.name)
      throw refuse("node requested token not bound to a pod");
    if (!ref.uid) throw refuse("node requested token with a pod binding without a uid");
    const pod = this.#stores.find("", "pods")?.peek(attributes.namespace, ref.name);
    if (pod?.metadata.uid !== ref.uid) {
      throw refuse(
        `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
      );
    }
    if (assignedTo(pod) !== nodeName) throw refuse("node requested token bound to a pod scheduled on a different node");
  }
}

/** A kubelet reports how far a claim has grown, and changes nothing else of it. */
function admitClaim({ attributes, nodeName, refuse }: Request): void {
  if (attributes.operation !== "UPDATE" || attributes.subresource !== "status") {
    throw refuse(`unexpected operation ${JSON.stringify(attributes.operation)}`);
  }
  const strip = (claim: PersistentVolumeClaim): unknown => {
    const { status, metadata, ...rest } = copyJson(claim);
    const { managedFields: _managedFields, ...kept } = metadata;
    const {
      capacity: _capacity,
      conditions: _conditions,
      allocatedResources: _a,
      allocatedResourceStatuses: _s,
      ...other
    } = status ?? {};
    return { ...rest, metadata: kept, status: other };
  };
  const [now, before] = [attributes.object, attributes.oldObject] as PersistentVolumeClaim[];
  if (sameJson(strip(now!), strip(before!))) return;
  throw refuse(
    `node ${JSON.stringify(nodeName)} is not allowed to update fields other than status.quantity and status.conditions`,
  );
}

function admitLease({ attributes, nodeName, refuse }: Request): void {
  if (attributes.namespace !== LEASE_NAMESPACE) {
    throw refuse(`can only access leases in the ${JSON.stringify(LEASE_NAMESPACE)} system namespace`);
  }
  const name = attributes.name || (attributes.object as Lease | undefined)?.metadata.name;
  if (name !== nodeName) throw refuse("can only access node lease with the same name as the requesting node");
}

function admitCsiNode({ attributes, nodeName, refuse }: Request): void {
  const name = attributes.name || (attributes.object as CSINode | undefined)?.metadata.name;
  if (name !== nodeName) throw refuse("can only access CSINode with the same name as the requesting node");
}
