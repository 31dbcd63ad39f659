// SPDX-License-Identifier: Apache-2.0

import { invalidObject, type DeepReadonly, type KubeObject, type SchemaRegistry } from "../../apimachinery/index.ts";
import type {
  Binding,
  Eviction,
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  TokenRequest,
  TokenReview,
} from "../../api/index.ts";
import type { Clock, Random } from "../../base/index.ts";
import type { AdmissionAttributes } from "../admission-plugin.ts";
import type { TokenAuthenticator } from "../authentication/authenticator.ts";
import type { TokenSigner } from "../authentication/token-ports.ts";
import type { Authorizer, RuleResolver } from "../authorization/authorizer.ts";
import { methodNotAllowed, resourceNotFound, type ResourceHandler, type ResourceHandlers } from "../endpoints/index.ts";
import type { Admission, GenericResourceStore, Registry } from "../registry/index.ts";
import type { RequestContext } from "../request-context.ts";
import { podLog } from "../streaming/pod-log.ts";
import { proxyHandler } from "../streaming/proxy.ts";
import { upgradeRequired } from "../streaming/upgrade.ts";
import type { BackendTransport } from "../streaming/backend-transport.ts";
import {
  reviewLocalSubjectAccess,
  reviewSelfAccess,
  reviewSelfRules,
  reviewSubjectAccess,
  userInfoOf,
} from "./access-review.ts";
import { componentStatusHandler } from "./component-statuses.ts";
import { ObjectIo, type ReadRequest, type WireType } from "./object-io.ts";
import { bindPod, checkBinding } from "./pod-binding.ts";
import { checkEviction, isDryEviction, PodEvictor } from "./pod-eviction.ts";
import {
  checkTokenRequestPlace,
  defaultTokenRequest,
  issueToken,
  placeTokenRequest,
  tokenRequestErrors,
} from "./token-request.ts";
import { reviewToken } from "./token-review.ts";

/** What the handlers beside the generic ones are made of. */
export interface SpecialHandlerParts {
  readonly registry: Registry;
  readonly admission: Admission;
  readonly schemas: SchemaRegistry;
  readonly clock: Clock;
  readonly random: Random;
  readonly authorizer: Authorizer;
  readonly rules: RuleResolver;
  readonly tokens: TokenAuthenticator;
  readonly signer: TokenSigner;
  readonly issuer: string;
  readonly backends: BackendTransport | undefined;
}

const AUTHENTICATION = "authentication.k8s.io";
const AUTHORIZATION = "authorization.k8s.io";

const typeIn = (group: string, schemaGroup: string, kind: string, version = "v1"): WireType => ({
  group,
  version,
  kind,
  type: `io.k8s.api.${schemaGroup}.${version}.${kind}`,
});

const BINDING = typeIn("", "core", "Binding");
const EVICTION = typeIn("policy", "policy", "Eviction");
const TOKEN_REQUEST = typeIn(AUTHENTICATION, "authentication", "TokenRequest");
const TOKEN_REVIEW = typeIn(AUTHENTICATION, "authentication", "TokenReview");
const SELF_REVIEW = typeIn(AUTHENTICATION, "authentication", "SelfSubjectReview");
const ACCESS_REVIEW = typeIn(AUTHORIZATION, "authorization", "SubjectAccessReview");
const LOCAL_ACCESS_REVIEW = typeIn(AUTHORIZATION, "authorization", "LocalSubjectAccessReview");
const SELF_ACCESS_REVIEW = typeIn(AUTHORIZATION, "authorization", "SelfSubjectAccessReview");
const SELF_RULES_REVIEW = typeIn(AUTHORIZATION, "authorization", "SelfSubjectRulesReview");

/** Lets only the verbs pass that the place has. */
const only =
  (verbs: readonly string[], handler: ResourceHandler): ResourceHandler =>
  (context, kind) => {
    if (!verbs.includes(context.info.verb)) throw methodNotAllowed();
    return handler(context, kind);
  };

/** What is posted and never kept has no names. */
const onlyPosted = (handler: ResourceHandler): ResourceHandler => {
  const posted = only(["create"], handler);
  return (context, kind) => {
    if (context.info.name !== "") throw resourceNotFound();
    return posted(context, kind);
  };
};

/** Subresources and resources that are more than storage: each is a function, registered at its place. */
export class SpecialHandlers {
  readonly #parts: SpecialHandlerParts;
  readonly #io: ObjectIo;

  constructor(parts: SpecialHandlerParts) {
    this.#parts = parts;
    this.#io = new ObjectIo({ kinds: parts.registry.kinds, schemas: parts.schemas, clock: parts.clock });
  }

  register(handlers: ResourceHandlers): void {
    const create = (group: string, resource: string, subresource: string, handler: ResourceHandler): void =>
      handlers.register(group, resource, subresource, subresource ? only(["create"], handler) : onlyPosted(handler));
    create("", "pods", "binding", this.#bindPod);
    create("", "bindings", "", this.#bind);
    create("", "pods", "eviction", this.#evictPod);
    create("", "serviceaccounts", "token", this.#requestToken);
    create(AUTHENTICATION, "tokenreviews", "", this.#reviewToken);
    create(AUTHENTICATION, "selfsubjectreviews", "", this.#reviewSelf);
    create(AUTHORIZATION, "subjectaccessreviews", "", this.#reviewAccess);
    create(AUTHORIZATION, "localsubjectaccessreviews", "", this.#reviewLocalAccess);
    create(AUTHORIZATION, "selfsubjectaccessreviews", "", this.#reviewSelfAccess);
    create(AUTHORIZATION, "selfsubjectrulesreviews", "", this.#reviewSelfRules);
    const { registry: stores, schemas, clock } = this.#parts;
    handlers.register("", "componentstatuses", "", componentStatusHandler({ stores, schemas, clock }));
    this.#registerStreams(handlers);
  }

  #registerStreams(handlers: ResourceHandlers): void {
    const { registry: stores, backends, random } = this.#parts;
    handlers.register("", "pods", "log", only(["get"], podLog({ stores, backends })));
    for (const stream of ["exec", "attach", "portforward"]) {
      handlers.register("", "pods", stream, only(["create", "get"], upgradeRequired(stores)));
    }
    const proxy = proxyHandler({ stores, backends, random });
    for (const resource of ["pods", "services", "nodes"]) handlers.register("", resource, "proxy", proxy);
  }

  #store(group: string, resource: string): GenericResourceStore {
    return this.#parts.registry.find(group, resource)!;
  }

  /** What admission sees of an object that the registry never sees. */
  #attributes(
    context: RequestContext,
    kind: Parameters<ResourceHandler>[1],
    { object, query, options }: ReadRequest,
  ): AdmissionAttributes {
    const { info } = context;
    return {
      operation: "CREATE",
      kind,
      resource: info.resource,
      subresource: info.subresource,
      namespace: info.namespace,
      name: info.name || (object.metadata.name ?? ""),
      object,
      oldObject: undefined,
      options: query.requestOptions,
      dryRun: query.dryRun,
      user: context.user,
      warnings: context.warnings,
      signal: options.signal,
    };
  }

  /** Runs an object through admission that the registry never sees. */
  async #admit(context: RequestContext, kind: Parameters<ResourceHandler>[1], request: ReadRequest): Promise<void> {
    const attributes = this.#attributes(context, kind, request);
    await this.#parts.admission.mutate(attributes);
    await this.#parts.admission.validate(attributes);
  }

  readonly #bindPod: ResourceHandler = async (context, kind) => {
    const request = this.#io.read(context, BINDING);
    return this.#assign(context, kind, request, context.info.name);
  };

  readonly #bind: ResourceHandler = async (context, kind) => {
    const request = this.#io.read(context, BINDING);
    // Created by itself, it is an object like any other: its uid is not its writer's to choose.
    delete request.object.metadata.uid;
    return this.#assign(context, kind, request, request.object.metadata.name ?? "");
  };

  async #assign(context: RequestContext, kind: Parameters<ResourceHandler>[1], request: ReadRequest, name: string) {
    const binding = request.object as Binding;
    const { namespace } = context.info;
    binding.metadata.namespace ??= namespace;
    checkBinding(binding);
    await this.#admit(context, kind, request);
    const { clock } = this.#parts;
    await bindPod({ pods: this.#store("", "pods"), clock }, binding, { namespace, name }, request.options);
    return this.#io.respondSuccess(context, 201);
  }

  readonly #evictPod: ResourceHandler = async (context, kind) => {
    const request = this.#io.read(context, EVICTION);
    const { namespace, name } = context.info;
    const eviction = request.object as Eviction;
    checkEviction(eviction, name);
    const dryRun = isDryEviction(eviction, request.options.dryRun ?? false);
    await this.#admit(context, kind, request);
    const { registry, clock } = this.#parts;
    const budgets = registry.find("policy", "poddisruptionbudgets");
    const evictor = new PodEvictor({ stores: registry, clock, pods: this.#store("", "pods"), budgets });
    await evictor.evict(eviction, { namespace, name }, { ...request.options, dryRun });
    return this.#io.respondSuccess(context, 201);
  };

  readonly #requestToken: ResourceHandler = async (context, kind) => {
    const { issuer, registry, signer, clock, random } = this.#parts;
    const { namespace, name } = context.info;
    const request = this.#io.read(context, TOKEN_REQUEST);
    const tokenRequest = request.object as TokenRequest;
    checkTokenRequestPlace(tokenRequest, { namespace, name });
    const attributes = this.#attributes(context, kind, request);
    await this.#parts.admission.mutate(attributes);
    const account: DeepReadonly<KubeObject> = await this.#store("", "serviceaccounts").get(namespace, name);
    placeTokenRequest(tokenRequest, account, this.#io.now);
    defaultTokenRequest(tokenRequest, [issuer]);
    const errors = tokenRequestErrors(tokenRequest);
    if (errors.length > 0) throw invalidObject(TOKEN_REQUEST, "", errors);
    await this.#parts.admission.validate(attributes);
    const parts = { stores: registry, signer, clock, random, issuer, audiences: [issuer] };
    return this.#io.respond(context, 201, await issueToken(parts, account, tokenRequest), TOKEN_REQUEST);
  };

  readonly #reviewToken: ResourceHandler = async (context) => {
    const { object, options } = this.#io.read(context, TOKEN_REVIEW);
    this.#io.trackManager(object, TOKEN_REVIEW, options);
    reviewToken(this.#parts.tokens, object as TokenReview);
    return this.#io.respond(context, 201, object, TOKEN_REVIEW);
  };

  readonly #reviewSelf: ResourceHandler = async (context) => {
    this.#io.read(context, SELF_REVIEW);
    const review = {
      metadata: { creationTimestamp: this.#io.now },
      status: { userInfo: userInfoOf(context.user) },
    };
    return this.#io.respond(context, 201, review, SELF_REVIEW);
  };

  readonly #reviewAccess: ResourceHandler = async (context) => {
    const { object, options } = this.#io.read(context, ACCESS_REVIEW);
    this.#io.trackManager(object, ACCESS_REVIEW, options);
    await reviewSubjectAccess(this.#parts.authorizer, object as SubjectAccessReview);
    return this.#io.respond(context, 201, object, ACCESS_REVIEW);
  };

  readonly #reviewLocalAccess: ResourceHandler = async (context) => {
    const { object, options } = this.#io.read(context, LOCAL_ACCESS_REVIEW);
    this.#io.trackManager(object, LOCAL_ACCESS_REVIEW, options);
    const { authorizer } = this.#parts;
    await reviewLocalSubjectAccess(authorizer, object as LocalSubjectAccessReview, context.info.namespace);
    return this.#io.respond(context, 201, object, LOCAL_ACCESS_REVIEW);
  };

  readonly #reviewSelfAccess: ResourceHandler = async (context) => {
    const { object, options } = this.#io.read(context, SELF_ACCESS_REVIEW);
    this.#io.trackManager(object, SELF_ACCESS_REVIEW, options);
    await reviewSelfAccess(this.#parts.authorizer, object as SelfSubjectAccessReview, context.user);
    return this.#io.respond(context, 201, object, SELF_ACCESS_REVIEW);
  };

  readonly #reviewSelfRules: ResourceHandler = async (context) => {
    const { object } = this.#io.read(context, SELF_RULES_REVIEW);
    const review = reviewSelfRules(this.#parts.rules, object as SelfSubjectRulesReview, context.user);
    return this.#io.respond(context, 201, review, SELF_RULES_REVIEW);
  };
}
