// SPDX-License-Identifier: Apache-2.0

import type { LabelSelectorFields } from "../../apimachinery/index.ts";
import type { ParamRef } from "../generated/v1.35/admissionregistration-v1.ts";

/** A label selector as the String() of Go's generated struct shows it. */
function structText(selector: LabelSelectorFields): string {
  const matchLabels = selector.matchLabels ?? {};
  const matchExpressions = selector.matchExpressions ?? [];
  const labels = Object.keys(matchLabels)
    .sort()
    .map((key) => `${key}: ${matchLabels[key]!},`);
  const expressions = matchExpressions.map(
    ({ key, operator, values }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${(values ?? []).join(" ")}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join("")}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join("")}},}`;
}

/** The parameters of a binding in one column. */
export function paramRefText(reference: ParamRef | undefined): string {
  if (reference?.name) return `${reference.namespace || "*"}/${reference.name}`;
  return reference?.selector ? structText(reference.selector) : "<unset>";
}
