// SPDX-License-Identifier: Apache-2.0

import { MIRROR_ANNOTATION } from "./mirror-pod.ts";
import type {
  CertificateSigningRequest,
  CSINode,
  Lease,
  Node,
  PersistentVolumeClaim,
  Pod,
  ResourceSlice,
  TokenRequest,
} from "../../api/index.ts";
import { copyJson, notFound, sameJson, type DeepReadonly, type KubeObject } from "../../apimachinery/index.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../admission-plugin.ts";
import { readRequestSubject } from "../authentication/certificate-subject.ts";
import { nodeNameOf } from "../authentication/user-names.ts";
import type { Authorizer } from "../authorization/authorizer.ts";
import type { ResourceStores } from "../resource-store.ts";
import { admissionForbidden } from "./attributes.ts";
import { podUsesAudience } from "./node-token-audience.ts";
import { podObjectReference } from "./object-references.ts";

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
  if (operation === "CREATE") checkNewNode(object as Node, nodeName, refuse);
  if (operation === "UPDATE") checkNodeUpdate(object as Node, oldObject as Node, nodeName, refuse);
}

function checkNewNode({ metadata, spec }: Node, nodeName: string, refuse: Refuse): void {
  if (spec?.configSource) {
    throw refuse(`node ${JSON.stringify(nodeName)} is not allowed to create pods with a non-nil configSource`);
  }
  const forbidden = forbiddenLabels(Object.keys(metadata.labels ?? {}).sort());
  if (forbidden.length > 0) {
    throw refuse(
      `node ${JSON.stringify(nodeName)} is not allowed to set the following labels: ${forbidden.join(", ")}`,
    );
  }
}

function checkNodeUpdate(node: Node, old: Node, nodeName: string, refuse: Refuse): void {
  const who = `node ${JSON.stringify(nodeName)}`;
  const { configSource } = node.spec ?? {};
  if (configSource && !sameJson(configSource, old.spec?.configSource)) {
    throw refuse(`${who} is not allowed to update configSource to a new non-nil configSource`);
  }
  if (!sameJson(node.spec?.taints ?? [], old.spec?.taints ?? [])) {
    throw refuse(`${who} is not allowed to modify taints`);
  }
  if (!sameJson(node.metadata.ownerReferences ?? [], old.metadata.ownerReferences ?? [])) {
    throw refuse(`${who} is not allowed to modify ownerReferences`);
  }
  const forbidden = forbiddenLabels(changedLabels(node.metadata.labels, old.metadata.labels));
  if (forbidden.length > 0) throw refuse(`is not allowed to modify labels: ${forbidden.join(", ")}`);
}

function checkMirrorPod({ attributes, nodeName, refuse }: Request): void {
  const pod = attributes.object as Pod;
  const who = `node ${JSON.stringify(nodeName)}`;
  if (pod.metadata.annotations?.[MIRROR_ANNOTATION] === undefined) {
    throw refuse(
      `pod does not have ${JSON.stringify(MIRROR_ANNOTATION)} annotation, ${who} can only create mirror pods`,
    );
  }
  if (pod.spec.nodeName !== nodeName) throw refuse(`${who} can only create pods with spec.nodeName set to itself`);
  const { ownerReferences: owners = [] } = pod.metadata;
  if (owners.length > 1) throw refuse(`${who} can only create pods with a single owner reference set to itself`);
  const [owner] = owners;
  if (owner?.apiVersion !== "v1" || owner.kind !== "Node" || owner.name !== nodeName) {
    throw refuse(`${who} can only create pods with an owner reference set to itself`);
  }
  if (!owner.controller) throw refuse(`${who} can only create pods with a controller owner reference set to itself`);
  if (owner.blockOwnerDeletion) throw refuse(`${who} must not set blockOwnerDeletion on an owner reference`);
}

/** The owner must be the node that there is, and the pod must stand on its own. */
function checkMirrorPodWorld(stores: ResourceStores, { attributes, nodeName, refuse }: Request): void {
  const pod = attributes.object as Pod;
  const node = stores.find("", "nodes")?.peek("", nodeName);
  if (!node) throw notFound({ group: "", resource: "node" }, nodeName);
  const { uid = "" } = pod.metadata.ownerReferences![0]!;
  if (uid !== node.metadata.uid) {
    throw refuse(`node ${nodeName} UID mismatch: expected ${uid} got ${node.metadata.uid}`);
  }
  const reference = podObjectReference(pod);
  if (reference) throw refuse(`node ${JSON.stringify(nodeName)} can not create pods that reference ${reference}`);
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
  const who = `node ${JSON.stringify(nodeName)}`;
  if (!sameJson(pod.metadata.labels ?? {}, old.metadata.labels ?? {})) {
    throw refuse(`${who} cannot update labels through pod status`);
  }
  const [now, before] = [pod.status, old.status];
  if (!sameJson(now?.resourceClaimStatuses ?? [], before?.resourceClaimStatuses ?? [])) {
    throw refuse(`${who} cannot update resource claim statues`);
  }
  if (!sameJson(now?.extendedResourceClaimStatus, before?.extendedResourceClaimStatus)) {
    throw refuse(`${who} cannot update extended resource claim status`);
  }
}

/** Limits kubelets to their own node, its lease and the pods that are bound to it. */
export class NodeRestriction implements AdmissionPlugin {
  readonly name = "NodeRestriction";
  readonly #stores: ResourceStores;

  readonly #authorizer: Authorizer;

  constructor({ stores, authorizer }: { readonly stores: ResourceStores; readonly authorizer: Authorizer }) {
    this.#stores = stores;
    this.#authorizer = authorizer;
  }

  handles(attributes: AdmissionAttributes): boolean {
    return nodeNameOf(attributes.user) !== undefined;
  }

  admit(attributes: AdmissionAttributes): Promise<void> | void {
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
      case "resource.k8s.io/resourceslices":
        return admitResourceSlice(request);
      case "certificates.k8s.io/certificatesigningrequests":
        return admitSigningRequest(request);
      default:
    }
  }

  #admitPod(request: Request): void {
    const { attributes, nodeName, refuse } = request;
    switch (attributes.subresource) {
      case "":
        if (attributes.operation === "CREATE") {
          checkMirrorPod(request);
          return checkMirrorPodWorld(this.#stores, request);
        }
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
        if (assignedTo(this.#podOf(attributes.namespace, attributes.name)) === nodeName) return;
        throw refuse(`node ${nodeName} can only evict pods with spec.nodeName set to itself`);
      }
      default:
        throw refuse(
          `unexpected pod subresource ${JSON.stringify(attributes.subresource)}, only 'status' and 'eviction' are allowed`,
        );
    }
  }

  #podOf(namespace: string, name: string): DeepReadonly<Pod> {
    const found = this.#stores.find("", "pods")?.peek(namespace, name);
    if (!found) throw notFound({ group: "", resource: "pod" }, name);
    return found as DeepReadonly<Pod>;
  }

  /** A token is always bound to a pod that runs there, and for an audience that the pod uses. */
  #admitToken({ attributes, nodeName, refuse }: Request): Promise<void> | void {
    if (attributes.operation !== "CREATE" || attributes.subresource !== "token") return;
    const { boundObjectRef: ref, audiences } = (attributes.object as TokenRequest).spec;
    // An empty list travels as null.
    const [audience = "", ...more] = audiences ?? [];
    if (ref?.apiVersion !== "v1" || ref.kind !== "Pod" || !ref.name) {
      throw refuse("node requested token not bound to a pod");
    }
    if (!ref.uid) throw refuse("node requested token with a pod binding without a uid");
    const pod = this.#podOf(attributes.namespace, ref.name);
    if (pod.metadata.uid !== ref.uid) {
      throw refuse(
        `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
      );
    }
    if (assignedTo(pod) !== nodeName) throw refuse("node requested token bound to a pod scheduled on a different node");
    if (more.length > 0) throw refuse("node may only request 0 or 1 audiences");
    const { uses, errors } = podUsesAudience(this.#stores, pod, audience);
    if (uses) return;
    if (errors) throw refuse(`error validating audience ${JSON.stringify(audience)}: ${errors}`);
    return this.#mayRequest(attributes, audience).then((allowed) => {
      if (allowed) return;
      throw refuse(
        `audience ${JSON.stringify(audience)} not found in pod spec volume, ${attributes.user.name} is not authorized to request tokens for this audience`,
      );
    });
  }

  /** Audiences besides those of its pods are a right that a role can give a node. */
  async #mayRequest({ user, namespace, name }: AdmissionAttributes, audience: string): Promise<boolean> {
    const access = {
      isResourceRequest: true,
      verb: "request-serviceaccounts-token-audience",
      path: "",
      group: "",
      version: "v1",
      resource: audience,
      subresource: "",
      namespace,
      name,
    };
    return (await this.#authorizer.authorize(user, access)).decision === "allow";
  }
}

/** A kubelet reports how far a claim has grown, and changes nothing else of it. */
function admitClaim({ attributes, nodeName, refuse }: Request): void {
  if (attributes.subresource !== "status") throw refuse("may only update PVC status");
  if (attributes.operation !== "UPDATE") {
    throw refuse(`unexpected operation ${JSON.stringify(attributes.operation)}`);
  }
  const strip = (claim: PersistentVolumeClaim): unknown => {
    const { status, metadata, ...rest } = copyJson(claim);
    const { managedFields: _managedFields, resourceVersion: _resourceVersion, ...kept } = metadata;
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

/** Of slices that exist the authorizer tells whose they are; of a new one, and of each of a collection, admission does. */
function admitResourceSlice({ attributes, nodeName, refuse }: Request): void {
  const { operation, object, oldObject } = attributes;
  if (operation !== "CREATE" && operation !== "DELETE") return;
  const slice = (operation === "CREATE" ? object : oldObject) as ResourceSlice | undefined;
  if (slice?.spec?.nodeName === nodeName) return;
  const verb = operation.toLowerCase();
  throw refuse(`can only ${verb} ResourceSlice with the same NodeName as the requesting node`);
}

const KUBELET_SIGNERS: ReadonlySet<string> = new Set([
  "kubernetes.io/kubelet-serving",
  "kubernetes.io/kube-apiserver-client-kubelet",
]);

/** A kubelet asks for certificates of its own name. */
function admitSigningRequest({ attributes, nodeName, refuse }: Request): void {
  if (attributes.operation !== "CREATE") return;
  const { signerName, request } = (attributes.object as CertificateSigningRequest).spec ?? {};
  if (!KUBELET_SIGNERS.has(signerName ?? "")) return;
  const subject = readRequestSubject(request ?? "");
  if (!subject) throw refuse("unable to parse csr: PEM block type must be CERTIFICATE REQUEST");
  if (subject.commonName !== `system:node:${nodeName}`) {
    throw refuse(`can only create a node CSR with CN=system:node:${nodeName}`);
  }
}
