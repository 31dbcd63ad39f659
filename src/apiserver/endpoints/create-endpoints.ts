// SPDX-License-Identifier: Apache-2.0

import type { Kind } from "../../api/index.ts";
import { badRequest } from "../../apimachinery/index.ts";
import type { Clock, Random } from "../../base/index.ts";
import type { ApiResponse } from "../../client/transport.ts";
import { subresourcesOf } from "../discovery/special-subresources.ts";
import { addWarning, type KindRegistration, type KindRegistry, type Registry } from "../registry/index.ts";
import type { Endpoint, RequestContext, RequestInfo } from "../request-context.ts";
import { DeleteEndpoint } from "./delete-endpoint.ts";
import { KindForms } from "./kind-forms.ts";
import { unsupportedMediaType, unroutedMediaType } from "./body-types.ts";
import { checkRoute } from "./media-types.ts";
import { patchTypeOf, patchTypes, routesPatch } from "./object-patch.ts";
import { ReadEndpoint } from "./read-endpoint.ts";
import type { ResourceHandlers } from "./resource-handlers.ts";
import { ScaleEndpoint } from "./scale-endpoint.ts";
import { ServedKind } from "./served-kind.ts";
import { methodNotAllowed, pageNotFound, resourceNotFound } from "./status-answer.ts";
import { WriteEndpoint } from "./write-endpoint.ts";

export interface EndpointsOptions {
  readonly registry: Registry;
  readonly handlers: ResourceHandlers;
  readonly clock: Clock;
  readonly random: Random;
}

/** Everything that answers requests to one kind in one version. */
interface KindEndpoint {
  readonly served: ServedKind;
  readonly forms: KindForms;
  readonly read: ReadEndpoint;
  readonly write: WriteEndpoint;
  readonly delete: DeleteEndpoint;
  readonly scale: ScaleEndpoint;
  readonly verbs: ReadonlySet<string>;
}

const USUAL_VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/**
 * The endpoint of all resource requests: generic verbs on the kinds that are served now, status and scale, and the
 * handlers that are registered beside them.
 */
export function createEndpoints(options: EndpointsOptions): Endpoint {
  const endpoints = new Endpoints(options);
  return (context) => endpoints.handle(context);
}

class Endpoints {
  readonly #options: EndpointsOptions;
  readonly #kinds = new WeakMap<KindRegistration, KindEndpoint>();

  constructor(options: EndpointsOptions) {
    this.#options = options;
  }

  async handle(context: RequestContext): Promise<ApiResponse> {
    const { info } = context;
    const { kinds } = this.#options.registry;
    const registration = kinds.find(info.group, info.version, info.resource);
    if (isOutside(info)) return pageNotFound();
    if (!registration) {
      if (info.group !== "" && !hasBuiltInGroup(kinds, info.group)) return pageNotFound();
      throw resourceNotFound();
    }
    // Proxies that stood before the resource went with old versions.
    if (info.verb === "proxy") throw resourceNotFound();
    const { kind } = registration;
    if (info.parts.length > 2) this.#checkSubresource(context, kind);
    const handler = this.#options.handlers.find(info.group, info.resource, info.subresource);
    if (handler) return handler(context, kind);
    checkPlace(context, kind.namespaced);
    if (!registration.custom) checkMethod(context);
    const endpoint = this.#endpointOf(registration);
    if (!endpoint) throw methodNotAllowed();
    const namespace = kind.namespaced ? info.namespace : "";
    if (info.subresource === "") return this.#main(endpoint, context, namespace);
    if (info.subresource === "status" && kind.status) return this.#status(endpoint, context, namespace);
    if (info.subresource === "scale" && kind.scale) return this.#scale(endpoint, context, namespace);
    const sub = subresourcesOf(kind).find(({ name }) => name === info.subresource);
    if (!sub || sub.kind !== kind.kind) throw resourceNotFound();
    if (!sub.verbs.includes(info.verb)) throw methodNotAllowed();
    return this.#status(endpoint, context, namespace);
  }

  /** Throws where upstream has no route for a subresource, or one without a name or for another method. */
  #checkSubresource({ info, request }: RequestContext, kind: Kind): void {
    const { subresource, parts } = info;
    if (subresource === "proxy") return;
    const isServed =
      parts.length === 3 &&
      ((subresource === "status" && kind.status) ||
        (subresource === "scale" && kind.scale) ||
        this.#options.handlers.find(info.group, info.resource, subresource) ||
        subresourcesOf(kind).some(({ name }) => name === subresource));
    if (!isServed) throw resourceNotFound();
    if (request.method === "HEAD") throw methodNotAllowed();
    if (info.name === "") throw badRequest("name must be provided");
  }

  #endpointOf(registration: KindRegistration): KindEndpoint | undefined {
    const known = this.#kinds.get(registration);
    if (known) return known;
    const { registry, clock, random } = this.#options;
    const { kind } = registration;
    const store = registry.findVersion(kind.group, kind.version, kind.resource);
    if (!store) return undefined;
    const served = new ServedKind(registration, store);
    const endpoint: KindEndpoint = {
      served,
      forms: new KindForms(served, clock),
      read: new ReadEndpoint(served, { clock, random }),
      write: new WriteEndpoint(served, registry.kinds),
      delete: new DeleteEndpoint(served, clock),
      scale: new ScaleEndpoint(served, registry.kinds),
      verbs: new Set(kind.verbs ?? USUAL_VERBS),
    };
    this.#kinds.set(registration, endpoint);
    return endpoint;
  }

  #main(endpoint: KindEndpoint, context: RequestContext, namespace: string): ApiResponse | Promise<ApiResponse> {
    const { verb } = context.info;
    if (!endpoint.verbs.has(verb)) throw methodNotAllowed();
    checkMedia(endpoint.served, context);
    const { deprecationWarning } = endpoint.served.kind;
    if (deprecationWarning) addWarning(context.warnings, deprecationWarning);
    const form = endpoint.forms.negotiate(context);
    switch (verb) {
      case "get":
        return endpoint.read.get(context, form, namespace);
      case "list":
        return endpoint.read.list(context, form, namespace);
      case "watch":
        return endpoint.read.watch(context, form, namespace);
      case "create":
        return endpoint.write.create(context, form, namespace);
      case "update":
        return endpoint.write.update(context, form, namespace);
      case "patch":
        return endpoint.write.patch(context, form, namespace);
      case "delete":
        return endpoint.delete.delete(context, form, namespace);
      case "deletecollection":
        return endpoint.delete.deleteCollection(context, form, namespace);
      default:
        throw methodNotAllowed();
    }
  }

  #status(endpoint: KindEndpoint, context: RequestContext, namespace: string): ApiResponse | Promise<ApiResponse> {
    checkMedia(endpoint.served, context);
    const form = endpoint.forms.negotiate(context);
    switch (context.info.verb) {
      case "get":
        return endpoint.read.get(context, form, namespace);
      case "update":
        return endpoint.write.update(context, form, namespace);
      case "patch":
        return endpoint.write.patch(context, form, namespace);
      default:
        throw methodNotAllowed();
    }
  }

  #scale(endpoint: KindEndpoint, context: RequestContext, namespace: string): Promise<ApiResponse> {
    checkMedia(endpoint.served, context);
    switch (context.info.verb) {
      case "get":
        return endpoint.scale.get(context, namespace);
      case "update":
        return endpoint.scale.update(context, namespace);
      case "patch":
        return endpoint.scale.patch(context, namespace);
      default:
        throw methodNotAllowed();
    }
  }
}

/** Paths that only look as if they were below a group: two slashes in front, a group without a name. */
const isOutside = ({ path, apiPrefix, group }: RequestInfo): boolean =>
  path.startsWith("//") || (group === "" && apiPrefix === "apis");

/** Groups of custom kinds are no groups of upstream's router. */
const hasBuiltInGroup = (kinds: KindRegistry, group: string): boolean =>
  kinds.all().some(({ kind, custom }) => !custom && kind.group === group);

/** Upstream's router knows of no HEAD, and of old paths of watches with GET alone. */
function checkMethod({ info, request: { method } }: RequestContext): void {
  if (method === "HEAD" || (info.verb === "watch" && method !== "GET")) throw methodNotAllowed();
}

/** 415 and 406 of upstream's router. Custom kinds have none: what they answer is looked at by the verb itself. */
function checkMedia({ custom }: ServedKind, context: RequestContext): void {
  const { verb } = context.info;
  if (verb === "patch") {
    const contentType = context.request.headers["content-type"];
    const type = patchTypeOf(contentType);
    if (!type && !custom && !routesPatch(contentType ?? "")) throw unroutedMediaType();
    if (!type || (custom && type === "strategic")) throw unsupportedMediaType(patchTypes(custom));
  }
  if (!custom) checkRoute(context, verb === "list" || verb === "watch" ? "collection" : "object");
}

/** Throws where upstream has no route: a name without its namespace, a namespace on what has none, a verb out of place. */
function checkPlace({ info }: RequestContext, namespaced: boolean): void {
  const isNamespaceItself = info.resource === "namespaces" && info.group === "" && info.name === info.namespace;
  if (!namespaced && info.namespace !== "" && !isNamespaceItself) throw resourceNotFound();
  const hasName = info.parts.length >= 2;
  if (hasName) {
    if (namespaced && info.namespace === "") throw resourceNotFound();
    if (info.verb === "create" && info.subresource === "") throw methodNotAllowed();
    return;
  }
  if (info.verb === "update" || info.verb === "patch") throw methodNotAllowed();
  if (namespaced && info.namespace === "" && info.verb !== "list" && info.verb !== "watch") throw methodNotAllowed();
}
