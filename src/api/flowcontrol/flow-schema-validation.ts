// SPDX-License-Identifier: Apache-2.0

import { dns1123LabelErrors, fieldError as field, nameIsDnsSubdomain, sameJson } from "../../apimachinery/index.ts";
import type {
  FlowSchema,
  FlowSchemaSpec,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  Subject,
} from "../generated/v1.35/flowcontrol-v1.ts";
import { checkDnsLabel, checkDnsSubdomain, checkRequired, type Errors, pushInvalid } from "../validation/checks.ts";
import { internalForm } from "../validation/internal-form.ts";
import { validateFlowControlConditions } from "./conditions-validation.ts";
import { MANDATORY_SCHEMAS } from "./mandatory-objects.ts";

const DEFAULT_PRECEDENCE = 1000;
const MAX_PRECEDENCE = 10_000;
const DISTINGUISHERS = ["ByNamespace", "ByUser"];
const SUBJECT_KINDS = ["Group", "ServiceAccount", "User"];
const VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"];
const ALL = "*";

/** Fills what a schema leaves out. */
export function defaultFlowSchema({ spec }: FlowSchema): void {
  spec.matchingPrecedence ||= DEFAULT_PRECEDENCE;
}

/** Which field of a subject belongs to its kind, in the order in which the others are refused. */
const SUBJECT_FIELDS = {
  ServiceAccount: { own: "serviceAccount", others: ["user", "group"] },
  User: { own: "user", others: ["serviceAccount", "group"] },
  Group: { own: "group", others: ["serviceAccount", "user"] },
} as const;
const KIND_OF_FIELD = { serviceAccount: "ServiceAccount", user: "User", group: "Group" } as const;

function checkAccount({ serviceAccount }: Subject, path: string, errors: Errors): void {
  const { name = "", namespace = "" } = serviceAccount ?? {};
  if (!name) errors.push(field.required(`${path}.name`));
  else if (name !== ALL) checkDnsSubdomain(name, `${path}.name`, errors);
  if (namespace) checkDnsLabel(namespace, `${path}.namespace`, errors);
  else errors.push(field.required(`${path}.namespace`, "must specify namespace for service account"));
}

function checkSubject(subject: Subject, path: string, errors: Errors): void {
  const kind = subject.kind as keyof typeof SUBJECT_FIELDS;
  if (!SUBJECT_KINDS.includes(kind)) {
    errors.push(field.notSupported(`${path}.kind`, kind, SUBJECT_KINDS));
    return;
  }
  const { own, others } = SUBJECT_FIELDS[kind];
  const named = subject[own];
  if (!named) errors.push(field.required(`${path}.${own}`, `${own} is required when subject kind is '${kind}'`));
  else if (own === "serviceAccount") checkAccount(subject, `${path}.${own}`, errors);
  else checkRequired(named.name, `${path}.${own}.name`, errors);
  for (const other of others)
    if (subject[other])
      errors.push(
        field.fieldForbidden(
          `${path}.${other}`,
          `${other} is forbidden when subject kind is not '${KIND_OF_FIELD[other]}'`,
        ),
      );
}

function checkVerbs(verbs: readonly string[], path: string, errors: Errors): void {
  if (verbs.length === 0) errors.push(field.required(path, "verbs must contain at least one value"));
  else if (verbs.includes(ALL)) checkLoneWildcard(verbs, "verbs", path, errors);
  else if (!verbs.every((verb) => VERBS.includes(verb))) errors.push(field.notSupported(path, verbs, VERBS));
}

function checkLoneWildcard(values: readonly string[], what: string, path: string, errors: Errors): void {
  if (values.length > 1 && values.includes(ALL))
    errors.push(field.invalid(path, values, `if '*' is present, must not specify other ${what}`));
}

/** Why a path is none that a rule may name. */
function pathMistake(url: string): string | undefined {
  if (url === "") return "must not be empty";
  if (url === "/") return undefined;
  if (!url.startsWith("/")) return "must start with slash";
  if (url.includes(" ")) return "must not contain white-space";
  if (url.includes("//")) return "must not contain double slash";
  const wildcards = url.split(ALL).length - 1;
  const isSuffix = wildcards === 0 || (wildcards === 1 && url.endsWith("/*"));
  return isSuffix ? undefined : "wildcard can only do suffix matching";
}

function checkPathRule({ verbs, nonResourceURLs }: NonResourcePolicyRule, path: string, errors: Errors): void {
  checkVerbs(verbs ?? [], `${path}.verbs`, errors);
  const urls = nonResourceURLs ?? [];
  const at = `${path}.nonResourceURLs`;
  if (urls.length === 0) errors.push(field.required(at, "nonResourceURLs must contain at least one value"));
  else if (urls.includes(ALL)) checkLoneWildcard(urls, "non-resource URLs", at, errors);
  else
    for (const [i, url] of urls.entries()) {
      const mistake = pathMistake(url);
      if (mistake) errors.push(field.invalid(`${at}[${i}]`, url, mistake));
    }
}

function checkNamespaces(rule: ResourcePolicyRule, path: string, errors: Errors): void {
  const { clusterScope } = rule;
  const namespaces = rule.namespaces ?? [];
  if (namespaces.length === 0 && !clusterScope)
    errors.push(field.required(path, "resource rules that are not cluster scoped must supply at least one namespace"));
  else if (namespaces.includes(ALL)) checkLoneWildcard(namespaces, "namespaces", path, errors);
  else
    for (const [i, namespace] of namespaces.entries())
      for (const message of dns1123LabelErrors(namespace))
        errors.push(
          field.invalid(
            `${path}[${i}]`,
            namespace,
            `each member of this list must be '*' or a DNS-1123 label; ${message}`,
          ),
        );
}

function checkResourceRule(rule: ResourcePolicyRule, path: string, errors: Errors): void {
  const apiGroups = rule.apiGroups ?? [];
  const resources = rule.resources ?? [];
  checkVerbs(rule.verbs ?? [], `${path}.verbs`, errors);
  if (apiGroups.length === 0)
    errors.push(field.required(`${path}.apiGroups`, "resource rules must supply at least one api group"));
  else checkLoneWildcard(apiGroups, "api groups", `${path}.apiGroups`, errors);
  if (resources.length === 0)
    errors.push(field.required(`${path}.resources`, "resource rules must supply at least one resource"));
  else checkLoneWildcard(resources, "resources", `${path}.resources`, errors);
  checkNamespaces(rule, `${path}.namespaces`, errors);
}

function checkRule(rule: PolicyRulesWithSubjects, path: string, errors: Errors): void {
  const subjects = rule.subjects ?? [];
  const resourceRules = rule.resourceRules ?? [];
  const nonResourceRules = rule.nonResourceRules ?? [];
  if (subjects.length === 0)
    errors.push(field.required(`${path}.subjects`, "subjects must contain at least one value"));
  for (const [i, subject] of subjects.entries()) checkSubject(subject, `${path}.subjects[${i}]`, errors);
  if (resourceRules.length === 0 && nonResourceRules.length === 0)
    errors.push(field.required(path, "at least one of resourceRules and nonResourceRules has to be non-empty"));
  for (const [i, inner] of resourceRules.entries()) checkResourceRule(inner, `${path}.resourceRules[${i}]`, errors);
  for (const [i, inner] of nonResourceRules.entries()) checkPathRule(inner, `${path}.nonResourceRules[${i}]`, errors);
}

function checkPrecedence(precedence: number, name: string, errors: Errors): void {
  const refuse = (message: string): number =>
    errors.push(field.invalid("spec.matchingPrecedence", precedence, message));
  if (precedence <= 0) refuse("must be a positive value");
  if (precedence > MAX_PRECEDENCE) refuse(`must not be greater than ${MAX_PRECEDENCE}`);
  if (precedence === 1 && name !== "exempt") refuse("only the schema named 'exempt' may have matchingPrecedence 1");
}

function validateSpec(spec: FlowSchemaSpec, name: string, errors: Errors): void {
  checkPrecedence(spec.matchingPrecedence ?? 0, name, errors);
  const { distinguisherMethod: method, priorityLevelConfiguration: level } = spec;
  if (method && !DISTINGUISHERS.includes(method.type))
    errors.push(
      field.notSupported(
        "spec.distinguisherMethod.type",
        internalForm("FlowDistinguisherMethod", method),
        DISTINGUISHERS,
      ),
    );
  const at = "spec.priorityLevelConfiguration.name";
  if (level.name) pushInvalid(nameIsDnsSubdomain(level.name, false), level.name, at, errors);
  else errors.push(field.required(at, "must reference a priority level"));
  for (const [i, rule] of (spec.rules ?? []).entries()) checkRule(rule, `spec.rules[${i}]`, errors);
}

/** What is wrong with a schema, old or new. */
export function validateFlowSchema({ metadata, spec }: FlowSchema): Errors {
  const errors: Errors = [];
  const { name = "" } = metadata;
  validateSpec(spec, name, errors);
  const fixed = MANDATORY_SCHEMAS[name];
  if (fixed && !sameJson(spec, fixed))
    errors.push(
      field.invalid("spec", internalForm("FlowSchemaSpec", spec), `spec of '${name}' must equal the fixed value`),
    );
  return errors;
}

/** What is wrong with the status of a schema. */
export const validateFlowSchemaStatus = ({ status }: FlowSchema): Errors =>
  validateFlowControlConditions(status?.conditions);
