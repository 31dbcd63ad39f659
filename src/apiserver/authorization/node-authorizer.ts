// SPDX-License-Identifier: Apache-2.0

import { nodeNameOf } from "../authentication/user-names.ts";
import type { UserInfo } from "../request-context.ts";
import type { ResourceStores } from "../resource-store.ts";
import { allow, noOpinion, type Access, type Authorizer, type Decision } from "./authorizer.ts";
import { clusterRoles } from "../bootstrap/cluster-roles.ts";
import { NodeGraph, type ReferredResource } from "./node-graph.ts";
import { ruleAllows, type PolicyRule } from "./policy-rule.ts";

const ALLOW = allow();
const READ_VERBS = new Set(["get", "list", "watch"]);
const LEASE_VERBS = new Set(["get", "create", "update", "patch", "delete"]);
const LEASE_NAMESPACE = "kube-node-lease";

/** Resources that a node reads one by one, when something of its own refers to them. */
const BY_REFERENCE: Readonly<Record<string, ReferredResource>> = {
  "/secrets": "secrets",
  "/configmaps": "configmaps",
  "/persistentvolumeclaims": "persistentvolumeclaims",
  "/persistentvolumes": "persistentvolumes",
  "/serviceaccounts": "serviceaccounts",
  "storage.k8s.io/volumeattachments": "volumeattachments",
  "resource.k8s.io/resourceclaims": "resourceclaims",
};

/** The value that a field selector fixes a field to; undefined when it leaves it open. */
function selectedField(query: URLSearchParams | undefined, field: string): string | undefined {
  for (const term of query?.get("fieldSelector")?.split(",") ?? []) {
    const match = /^([^=!]+)={1,2}(.*)$/.exec(term.trim());
    if (match?.[1] === field) return match[2];
  }
  return undefined;
}

/** What kubelets may do: their own node, lease and pods, and what those refer to. */
export class NodeAuthorizer implements Authorizer {
  readonly name = "Node";
  readonly #graph = new NodeGraph();
  readonly #rules: readonly PolicyRule[] = clusterRoles["system:node"] ?? [];
  #stores: ResourceStores | undefined;

  follow(stores: ResourceStores): () => void {
    this.#stores = stores;
    return this.#graph.follow(stores);
  }

  authorize(user: UserInfo, access: Access): Decision {
    const nodeName = nodeNameOf(user);
    if (nodeName === undefined) return noOpinion();
    if (nodeName === "") return noOpinion(`unknown node for user ${JSON.stringify(user.name)}`);
    if (access.isResourceRequest) {
      const special = this.#authorizeResource(nodeName, access);
      if (special) return special;
    }
    return this.#rules.some((rule) => ruleAllows(rule, access)) ? ALLOW : noOpinion();
  }

  #authorizeResource(nodeName: string, access: Access): Decision | undefined {
    const place = `${access.group}/${access.resource}`;
    const referred = BY_REFERENCE[place];
    if (referred === "persistentvolumeclaims" && access.subresource === "status") {
      return this.#authorizeClaimStatus(nodeName, access);
    }
    if (referred === "serviceaccounts") return this.#authorizeServiceAccount(nodeName, access);
    if (referred) return this.#authorizeRead(nodeName, access, referred);
    switch (place) {
      case "coordination.k8s.io/leases":
        return authorizeLease(nodeName, access);
      case "storage.k8s.io/csinodes":
        return authorizeCsiNode(nodeName, access);
      case "resource.k8s.io/resourceslices":
        return authorizeResourceSlice(nodeName, access);
      case "/nodes":
        return authorizeNode(nodeName, access);
      case "/pods":
        return this.#authorizePod(nodeName, access);
      default:
        return undefined;
    }
  }

  #authorizeClaimStatus(nodeName: string, access: Access): Decision {
    if (access.verb !== "get" && access.verb !== "update" && access.verb !== "patch") {
      return noOpinion("can only get/update/patch this type");
    }
    return this.#hasPath(nodeName, access, "persistentvolumeclaims");
  }

  /** A token is made for accounts of the node's own pods only. */
  #authorizeServiceAccount(nodeName: string, access: Access): Decision {
    if (access.subresource === "token") {
      if (access.verb !== "create") return noOpinion("can only create tokens for individual service accounts");
    } else if (access.subresource !== "" || access.verb !== "get") {
      return noOpinion("can only create tokens for individual service accounts");
    }
    return this.#hasPath(nodeName, access, "serviceaccounts");
  }

  #authorizeRead(nodeName: string, access: Access, resource: ReferredResource): Decision {
    if (!READ_VERBS.has(access.verb)) return noOpinion("can only read resources of this type");
    if (access.subresource !== "") return noOpinion("cannot read subresource");
    return this.#hasPath(nodeName, access, resource);
  }

  #hasPath(nodeName: string, access: Access, resource: ReferredResource): Decision {
    if (access.name === "") return noOpinion("No Object name found");
    return this.#graph.reaches(nodeName, resource, access.namespace, access.name)
      ? ALLOW
      : noOpinion(`no relationship found between node '${nodeName}' and this object`);
  }

  #authorizePod(nodeName: string, access: Access): Decision | undefined {
    switch (access.subresource) {
      case "":
        return this.#authorizePodItself(nodeName, access);
      case "status":
        return access.verb === "update" || access.verb === "patch"
          ? ALLOW
          : noOpinion("can only update or patch pod status");
      case "eviction":
        return access.verb === "create" ? ALLOW : noOpinion("can only create pod evictions");
      default:
        return noOpinion("can only access pod resource and its status and eviction subresources");
    }
  }

  #authorizePodItself(nodeName: string, access: Access): Decision | undefined {
    switch (access.verb) {
      case "get":
        return this.#isOwnPod(nodeName, access)
          ? ALLOW
          : noOpinion(`no relationship found between node '${nodeName}' and this object`);
      case "list":
      case "watch":
        if (selectedField(access.query, "spec.nodeName") === nodeName) return ALLOW;
        if (access.name !== "" && this.#isOwnPod(nodeName, access)) return ALLOW;
        return noOpinion("can only list/watch pods with spec.nodeName field selector");
      case "create":
      case "delete":
        return ALLOW;
      default:
        return noOpinion("can only get, list, watch, create and delete pods");
    }
  }

  #isOwnPod(nodeName: string, access: Access): boolean {
    const pod = this.#stores?.find("", "pods")?.peek(access.namespace, access.name);
    const spec = pod?.["spec"] as { readonly nodeName?: string } | undefined;
    return spec?.nodeName === nodeName;
  }
}

function authorizeLease(nodeName: string, access: Access): Decision {
  if (!LEASE_VERBS.has(access.verb)) return noOpinion("can only get, create, update, patch, or delete a node lease");
  if (access.namespace !== LEASE_NAMESPACE) {
    return noOpinion(`can only access leases in the "${LEASE_NAMESPACE}" system namespace`);
  }
  if (access.verb !== "create" && access.name !== nodeName) {
    return noOpinion("can only access node lease with the same name as the requesting node");
  }
  return ALLOW;
}

function authorizeCsiNode(nodeName: string, access: Access): Decision {
  if (!LEASE_VERBS.has(access.verb)) {
    return noOpinion("can only get, create, update, patch, or delete a CSINode");
  }
  if (access.subresource !== "") return noOpinion("cannot authorize CSINode subresources");
  if (access.verb !== "create" && access.name !== nodeName) {
    return noOpinion("can only access CSINode with the same name as the requesting node");
  }
  return ALLOW;
}

function authorizeResourceSlice(nodeName: string, access: Access): Decision {
  if (access.subresource !== "") return noOpinion("cannot authorize ResourceSlice subresources");
  switch (access.verb) {
    case "create":
      return ALLOW;
    case "deletecollection":
    case "list":
    case "watch":
      if (selectedField(access.query, "spec.nodeName") === nodeName) return ALLOW;
      return noOpinion("can only list/watch/deletecollection resourceslices with nodeName field selector");
    case "get":
    case "update":
    case "patch":
    case "delete":
      return ALLOW;
    default:
      return noOpinion(
        "only the following verbs are allowed for a ResourceSlice: [get watch list create update patch delete deletecollection]",
      );
  }
}

function authorizeNode(nodeName: string, access: Access): Decision | undefined {
  switch (access.subresource) {
    case "": {
      const reads = access.verb === "get" || access.verb === "list" || access.verb === "watch";
      if (!reads)
        return access.verb === "create" || access.verb === "update" || access.verb === "patch"
          ? undefined
          : noOpinion();
      if (access.name === nodeName) return ALLOW;
      return noOpinion(`node '${nodeName}' cannot read '${access.name}', only its own Node object`);
    }
    case "status":
      return access.verb === "update" || access.verb === "patch"
        ? ALLOW
        : noOpinion("can only update or patch its own status");
    default:
      return noOpinion(`node '${nodeName}' cannot ${access.verb} nodes/${access.subresource}`);
  }
}
