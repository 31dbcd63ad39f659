// SPDX-License-Identifier: Apache-2.0

import type { ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding } from "../../api/index.ts";
import { type DeepReadonly, type FieldError, fieldError, sameJson } from "../../apimachinery/index.ts";
import { isMaster } from "../authentication/user-names.ts";
import type { Authorizer } from "../authorization/authorizer.ts";
import type { KindRegistry } from "../registry/index.ts";
import type { UserInfo } from "../request-context.ts";
import type { ResourceHooks } from "../resource-hooks.ts";
import type { ResourceStores } from "../resource-store.ts";

const GROUP = "admissionregistration.k8s.io";
const EVERYTHING = "for all groups, versions and resources";

/** What the checks need. */
export interface ParameterParts {
  readonly stores: ResourceStores;
  readonly authorizer: Authorizer;
  readonly kinds: Pick<KindRegistry, "findByKind">;
}

type ParamKind = NonNullable<DeepReadonly<ValidatingAdmissionPolicy["spec"]>>["paramKind"];

/** The resource that holds parameters; what is not known of it stands for everything. */
interface ParameterResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly mistake?: "parse" | "resolve";
}

const UNKNOWN: ParameterResource = { group: "*", version: "*", resource: "*" };

function resourceOf(paramKind: ParamKind, { kinds }: ParameterParts): ParameterResource {
  const { apiVersion = "", kind = "" } = paramKind ?? {};
  const parts = apiVersion.split("/");
  if (parts.length > 2) return { ...UNKNOWN, mistake: "parse" };
  const [group = "", version = ""] = parts.length === 2 ? parts : ["", parts[0]];
  const found = kinds.findByKind(group, version, kind);
  return found
    ? { group, version, resource: found.kind.resource }
    : { group, version, resource: "*", mistake: "resolve" };
}

/** A user as Go prints the struct. */
function userText({ name, uid = "", groups, extra = {} }: UserInfo): string {
  const entries = Object.keys(extra)
    .sort()
    .map((key) => `${key}:[${extra[key]!.join(" ")}]`);
  return `&{${name} ${uid} [${groups.join(" ")}] map[${entries.join(" ")}]}`;
}

async function mayRead(
  { authorizer }: ParameterParts,
  user: UserInfo,
  verb: "get" | "list",
  target: { readonly parameters: ParameterResource; readonly namespace: string; readonly name: string },
): Promise<boolean> {
  const { parameters, namespace, name } = target;
  const { group, version, resource } = parameters;
  const access = {
    isResourceRequest: true,
    path: "",
    subresource: "",
    verb,
    group,
    version,
    resource,
    namespace,
    name,
  };
  return (await authorizer.authorize(user, access)).decision === "allow";
}

/** Whoever makes a policy must be allowed to read all that may become its parameters. */
export const policyHooks = (parts: ParameterParts): ResourceHooks => ({
  async validateLast(object, old, { user, subresource }) {
    const { paramKind } = (object as ValidatingAdmissionPolicy).spec ?? {};
    const before = (old as ValidatingAdmissionPolicy | undefined)?.spec?.paramKind;
    if (subresource || !paramKind || isMaster(user) || (before && sameJson(before, paramKind))) return [];
    const target = { parameters: resourceOf(paramKind, parts), namespace: "*", name: "*" };
    if (await mayRead(parts, user, "get", target)) return [];
    const { kind = "", apiVersion = "" } = paramKind;
    const why = `user ${userText(user)} must have "get" permission on all objects of the referenced paramKind (kind=${kind}, apiVersion=${apiVersion})`;
    return [fieldError.fieldForbidden("spec.paramKind", why)];
  },
});

/** Why somebody may not bind a policy to parameters. */
function bindingRefusal(
  binding: ValidatingAdmissionPolicyBinding,
  policy: DeepReadonly<ValidatingAdmissionPolicy> | undefined,
  parameters: ParameterResource,
  user: UserInfo,
  verb: string,
): FieldError {
  const lacks = `user ${userText(user)} does not have "${verb}" permission`;
  const cannot = (what: string): string =>
    `unable to ${what} to determine minimum required permissions and ${lacks} ${EVERYTHING}`;
  const { apiVersion = "", kind = "" } = policy?.spec?.paramKind ?? {};
  const printed = `&{${apiVersion} ${kind}}`;
  let why = `${lacks} on the object referenced by paramRef`;
  if (!policy) why = cannot(`get policy ${binding.spec?.policyName ?? ""}`);
  else if (parameters.mistake) why = cannot(`${parameters.mistake} paramKind ${printed}`);
  return fieldError.fieldForbidden("spec.paramRef", why);
}

/** Whoever binds a policy to parameters must be allowed to read them. */
export const policyBindingHooks = (parts: ParameterParts): ResourceHooks => ({
  async validateLast(object, _old, { user }) {
    const binding = object as ValidatingAdmissionPolicyBinding;
    const { paramRef, policyName = "" } = binding.spec ?? {};
    if (!paramRef || isMaster(user)) return [];
    const found = parts.stores.find(GROUP, "validatingadmissionpolicies")?.peek("", policyName);
    const policy = found as DeepReadonly<ValidatingAdmissionPolicy> | undefined;
    const paramKind = policy?.spec?.paramKind;
    const parameters = paramKind ? resourceOf(paramKind, parts) : UNKNOWN;
    const verb = paramRef.name ? "get" : "list";
    const target = { parameters, namespace: paramRef.namespace ?? "", name: paramRef.name ?? "" };
    if (await mayRead(parts, user, verb, target)) return [];
    return [bindingRefusal(binding, policy, parameters, user, verb)];
  },
});
