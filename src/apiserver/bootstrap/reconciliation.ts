// SPDX-License-Identifier: Apache-2.0

import { copyJson, sameJson, type KubeObject } from "../../apimachinery/index.ts";
import type { PolicyRule } from "../authorization/policy-rule.ts";
import { uncoveredRules } from "../authorization/rule-coverage.ts";
import type { BootstrapObject } from "./bootstrap-object.ts";

const RBAC = "rbac.authorization.k8s.io";
const FLOW_CONTROL = "flowcontrol.apiserver.k8s.io";
const REGISTRATION = "apiregistration.k8s.io";
const RBAC_AUTOUPDATE = "rbac.authorization.kubernetes.io/autoupdate";
const FLOW_AUTOUPDATE = "apf.kubernetes.io/autoupdate-spec";
const AUTOMANAGED = "kube-aggregator.kubernetes.io/automanaged";
/** Without these nothing is served: their specs are not the users' to change. */
const MANDATORY_FLOWS: ReadonlySet<string> = new Set(["exempt", "catch-all"]);
const TRUE_TEXTS: ReadonlySet<string> = new Set(["1", "t", "T", "true", "TRUE", "True"]);
const FALSE_TEXTS: ReadonlySet<string> = new Set(["0", "f", "F", "false", "FALSE", "False"]);

/** What becomes of an object that is there already; `recreate` where a field cannot be changed. */
export type Reconciled =
  | { readonly action: "keep" }
  | { readonly action: "recreate" }
  | { readonly action: "update"; readonly object: KubeObject };

const KEEP: Reconciled = { action: "keep" };

/**
 * Brings an object up to date with what a fresh cluster holds, where its owner has not said no. Rights, subjects, labels
 * and annotations that users added stay.
 */
export function reconcile({ group, object: wanted }: BootstrapObject, existing: KubeObject): Reconciled {
  if (group === FLOW_CONTROL) return reconcileFlow(wanted, existing);
  if (group === REGISTRATION) return reconcileRegistration(wanted, existing);
  if (group !== RBAC || existing.metadata.annotations?.[RBAC_AUTOUPDATE] === "false") return KEEP;
  return wanted["roleRef"] ? reconcileBinding(wanted, existing) : reconcileRole(wanted, existing);
}

const changed = (existing: KubeObject, object: KubeObject): Reconciled =>
  sameJson(existing, object) ? KEEP : { action: "update", object };

function mergeMetadata(wanted: KubeObject, object: KubeObject): void {
  for (const field of ["annotations", "labels"] as const) {
    const both = { ...wanted.metadata[field], ...object.metadata[field] };
    if (Object.keys(both).length > 0) object.metadata[field] = both;
  }
}

const rulesOf = (object: KubeObject): readonly PolicyRule[] =>
  (object["rules"] as readonly PolicyRule[] | null | undefined) ?? [];

const selectorsOf = (object: KubeObject): readonly unknown[] =>
  (object["aggregationRule"] as { clusterRoleSelectors?: unknown[] } | null | undefined)?.clusterRoleSelectors ?? [];

function reconcileRole(wanted: KubeObject, existing: KubeObject): Reconciled {
  const object = copyJson(existing);
  mergeMetadata(wanted, object);
  const rules = uncoveredRules(rulesOf(existing), rulesOf(wanted));
  if (rules.length > 0) object["rules"] = [...rulesOf(existing), ...copyJson(rules)];
  const has = selectorsOf(existing);
  const missing = selectorsOf(wanted).filter((selector) => !has.some((other) => sameJson(other, selector)));
  if (!wanted["aggregationRule"]) delete object["aggregationRule"];
  else if (missing.length > 0) object["aggregationRule"] = { clusterRoleSelectors: [...has, ...copyJson(missing)] };
  return changed(existing, object);
}

interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

const subjectsOf = (object: KubeObject): readonly Subject[] => (object["subjects"] as Subject[] | undefined) ?? [];

const sameSubject = (a: Subject, b: Subject): boolean =>
  a.kind === b.kind && a.name === b.name && (a.namespace ?? "") === (b.namespace ?? "");

function reconcileBinding(wanted: KubeObject, existing: KubeObject): Reconciled {
  if (!sameJson(wanted["roleRef"], existing["roleRef"])) return { action: "recreate" };
  const object = copyJson(existing);
  mergeMetadata(wanted, object);
  const has = subjectsOf(existing);
  const missing = subjectsOf(wanted).filter((subject) => !has.some((other) => sameSubject(subject, other)));
  if (missing.length > 0) object["subjects"] = [...has, ...copyJson(missing)];
  return changed(existing, object);
}

/** What the annotation says; where it says nothing, an object whose spec nobody changed may be kept up to date. */
function mayUpdateFlow({ metadata }: KubeObject): boolean {
  const stated = metadata.annotations?.[FLOW_AUTOUPDATE] ?? "";
  if (TRUE_TEXTS.has(stated)) return true;
  return !FALSE_TEXTS.has(stated) && metadata.generation === 1;
}

function reconcileFlow(wanted: KubeObject, existing: KubeObject): Reconciled {
  const update = MANDATORY_FLOWS.has(wanted.metadata.name ?? "") || mayUpdateFlow(existing);
  const object = copyJson(existing);
  if (update) object["spec"] = copyJson(wanted["spec"]);
  const texts = update ? TRUE_TEXTS : FALSE_TEXTS;
  const { annotations } = existing.metadata;
  if (!texts.has(annotations?.[FLOW_AUTOUPDATE] ?? ""))
    object.metadata.annotations = { ...annotations, [FLOW_AUTOUPDATE]: String(update) };
  return changed(existing, object);
}

/** Registrations of what this server itself serves; those that lost the label are their users'. */
function reconcileRegistration(wanted: KubeObject, existing: KubeObject): Reconciled {
  const managed = existing.metadata.labels?.[AUTOMANAGED];
  if (managed !== "true" && managed !== "onstart") return KEEP;
  return changed(existing, { ...existing, spec: copyJson(wanted["spec"]) });
}
