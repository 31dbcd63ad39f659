// SPDX-License-Identifier: Apache-2.0

import { nodeNameOf } from "../authentication/user-names.ts";
import { parseFieldSelector, SelectorError, type FieldSelector } from "../../apimachinery/index.ts";
import type { UserInfo } from "../request-context.ts";
import type { ResourceStores } from "../resource-store.ts";
import { allow, noOpinion, type Access, type Authorizer, type Decision } from "./authorizer.ts";
import { clusterRoles } from "../bootstrap/cluster-roles.ts";
import { NodeGraph, type ReferredResource } from "./node-graph.ts";
import { ruleAllows, type PolicyRule } from "./policy-rule.ts";

const ALLOW = allow();
const NO_OPINION = noOpinion();
const NODE_VERBS: ReadonlySet<string> = new Set(["get", "create", "update", "patch", "delete"]);
const LEASE_NAMESPACE = "kube-node-lease";

/** The selector of a list, watch or collection; none where there is none that can be read. */
function fieldSelectorOf({ query }: Access): FieldSelector | undefined {
  const text = query?.get("fieldSelector");
  if (!text) return undefined;
  try {
    return parseFieldSelector(text);
  } catch (error) {
    if (error instanceof SelectorError) return undefined;
    throw error;
  }
}

const selectsNode = (access: Access, nodeName: string): boolean =>
  fieldSelectorOf(access)?.requirements.some(
    ({ field, operator, value }) => field === "spec.nodeName" && operator === "=" && value === nodeName,
  ) ?? false;

/** What kubelets may do: their own node, lease and pods, and what those refer to. */
export class NodeAuthorizer implements Authorizer {
  readonly name = "Node";
  readonly #graph = new NodeGraph();
  readonly #rules: readonly PolicyRule[] = clusterRoles["system:node"] ?? [];

  follow(stores: ResourceStores): () => void {
    return this.#graph.follow(stores);
  }

  authorize(user: UserInfo, access: Access): Decision {
    const nodeName = nodeNameOf(user);
    if (nodeName === undefined) return NO_OPINION;
    if (nodeName === "") return noOpinion(`unknown node for user ${JSON.stringify(user.name)}`);
    if (access.isResourceRequest) {
      const special = this.#authorizeResource(nodeName, access);
      if (special) return special;
    }
    return this.#rules.some((rule) => ruleAllows(rule, access)) ? ALLOW : NO_OPINION;
  }

  /** undefined for resources that are not divided by node: those the rules of the role tell. */
  #authorizeResource(nodeName: string, access: Access): Decision | undefined {
    switch (`${access.group}/${access.resource}`) {
      case "/secrets":
        return this.#authorizeRead(nodeName, access, "secrets");
      case "/configmaps":
        return this.#authorizeRead(nodeName, access, "configmaps");
      case "/persistentvolumeclaims":
        if (access.subresource === "status") return this.#authorizeClaimStatus(nodeName, access);
        return this.#authorizeGet(nodeName, access, "persistentvolumeclaims");
      case "/persistentvolumes":
        return this.#authorizeGet(nodeName, access, "persistentvolumes");
      case "resource.k8s.io/resourceclaims":
        return this.#authorizeGet(nodeName, access, "resourceclaims");
      case "storage.k8s.io/volumeattachments":
        return this.#authorizeGet(nodeName, access, "volumeattachments");
      case "/serviceaccounts":
        return this.#authorizeServiceAccount(nodeName, access);
      case "coordination.k8s.io/leases":
        return authorizeLease(nodeName, access);
      case "storage.k8s.io/csinodes":
        return authorizeCsiNode(nodeName, access);
      case "resource.k8s.io/resourceslices":
        return this.#authorizeResourceSlice(nodeName, access);
      case "/nodes":
        return authorizeNode(nodeName, access);
      case "/pods":
        return this.#authorizePod(nodeName, access);
      case "certificates.k8s.io/podcertificaterequests":
        return NO_OPINION;
      default:
        return undefined;
    }
  }

  #authorizeClaimStatus(nodeName: string, access: Access): Decision {
    if (access.verb !== "update" && access.verb !== "patch") return noOpinion("can only get/update/patch this type");
    return this.#hasPath(nodeName, access, "persistentvolumeclaims");
  }

  /** A token is made for accounts of the node's own pods only. */
  #authorizeServiceAccount(nodeName: string, access: Access): Decision {
    if (access.verb === "get" && access.subresource === "") {
      return this.#authorizeRead(nodeName, access, "serviceaccounts");
    }
    if (access.verb !== "create" || access.name === "") {
      return noOpinion("can only create tokens for individual service accounts");
    }
    if (access.subresource !== "token") return noOpinion("can only create token subresource of serviceaccount");
    return this.#hasPath(nodeName, access, "serviceaccounts");
  }

  /** What may also be watched, one by one: a kubelet follows what its pods are made of. */
  #authorizeRead(nodeName: string, access: Access, resource: ReferredResource): Decision {
    if (access.verb !== "get" && access.verb !== "list" && access.verb !== "watch") {
      return noOpinion("can only read resources of this type");
    }
    if (access.subresource !== "") return noOpinion("cannot read subresource");
    if (access.namespace === "") return noOpinion("can only read namespaced object of this type");
    return this.#hasPath(nodeName, access, resource);
  }

  #authorizeGet(nodeName: string, access: Access, resource: ReferredResource): Decision {
    if (access.verb !== "get") return noOpinion("can only get individual resources of this type");
    if (access.subresource !== "") return noOpinion("cannot get subresource");
    return this.#hasPath(nodeName, access, resource);
  }

  #hasPath(nodeName: string, access: Access, resource: ReferredResource): Decision {
    if (access.name === "") return noOpinion("No Object name found");
    return this.#graph.reaches(nodeName, resource, access.namespace, access.name)
      ? ALLOW
      : noOpinion(`no relationship found between node '${nodeName}' and this object`);
  }

  #authorizePod(nodeName: string, access: Access): Decision {
    const { verb } = access;
    switch (access.subresource) {
      case "":
        if (verb === "get") return this.#authorizeGet(nodeName, access, "pods");
        if (verb === "list" || verb === "watch") {
          if (selectsNode(access, nodeName)) return ALLOW;
          if (access.name !== "") return this.#hasPath(nodeName, access, "pods");
          return noOpinion("can only list/watch pods with spec.nodeName field selector");
        }
        return verb === "create" || verb === "delete" ? ALLOW : NO_OPINION;
      case "status":
        return verb === "update" || verb === "patch" ? ALLOW : NO_OPINION;
      case "eviction":
        return verb === "create" ? ALLOW : NO_OPINION;
      default:
        return NO_OPINION;
    }
  }

  #authorizeResourceSlice(nodeName: string, access: Access): Decision {
    if (access.subresource !== "") return noOpinion("cannot authorize ResourceSlice subresources");
    switch (access.verb) {
      case "create":
        return ALLOW;
      case "get":
      case "update":
      case "patch":
      case "delete":
        return this.#hasPath(nodeName, access, "resourceslices");
      case "watch":
      case "list":
      case "deletecollection":
        if (selectsNode(access, nodeName)) return ALLOW;
        return noOpinion("can only list/watch/deletecollection resourceslices with nodeName field selector");
      default:
        return noOpinion(
          "only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection",
        );
    }
  }
}

/** What admission alone can tell of a new object, it tells: here its name is not known. */
function authorizeLease(nodeName: string, access: Access): Decision {
  if (!NODE_VERBS.has(access.verb)) return noOpinion("can only get, create, update, patch, or delete a node lease");
  if (access.namespace !== LEASE_NAMESPACE) {
    return noOpinion(`can only access leases in the "${LEASE_NAMESPACE}" system namespace`);
  }
  if (access.verb !== "create" && access.name !== nodeName) {
    return noOpinion("can only access node lease with the same name as the requesting node");
  }
  return ALLOW;
}

function authorizeCsiNode(nodeName: string, access: Access): Decision {
  if (!NODE_VERBS.has(access.verb)) return noOpinion("can only get, create, update, patch, or delete a CSINode");
  if (access.subresource !== "") return noOpinion("cannot authorize CSINode subresources");
  if (access.verb !== "create" && access.name !== nodeName) {
    return noOpinion("can only access CSINode with the same name as the requesting node");
  }
  return ALLOW;
}

/** A kubelet may look for its node before there is one: by its name, not by the graph. */
function authorizeNode(nodeName: string, { verb, subresource, name }: Access): Decision {
  if (subresource === "status") return verb === "update" || verb === "patch" ? ALLOW : NO_OPINION;
  if (subresource !== "") return NO_OPINION;
  if (verb === "create" || verb === "update" || verb === "patch") return ALLOW;
  if (verb !== "get" && verb !== "list" && verb !== "watch") return NO_OPINION;
  if (name === nodeName) return ALLOW;
  return name === ""
    ? noOpinion(`node '${nodeName}' cannot read all nodes, only its own Node object`)
    : noOpinion(`node '${nodeName}' cannot read '${name}', only its own Node object`);
}
