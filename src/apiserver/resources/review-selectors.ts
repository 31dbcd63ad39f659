// SPDX-License-Identifier: Apache-2.0

import {
  fieldError,
  labelSelectorOf,
  parseFieldSelector,
  parseLabelSelector,
  SelectorError,
  validateLabelRequirement,
  type FieldError,
} from "../../apimachinery/index.ts";
import type { SelfSubjectAccessReview } from "../../api/index.ts";

type Attributes = NonNullable<SelfSubjectAccessReview["spec"]["resourceAttributes"]>;
type FieldRequirement = NonNullable<NonNullable<Attributes["fieldSelector"]>["requirements"]>[number];

const LABEL_OPERATORS: readonly string[] = ["In", "NotIn", "Exists", "DoesNotExist"];

/** How much of a selector could be read; what could not is left out, which asks for more rights, not fewer. */
type Reading = "all" | "some" | "none";

interface Selector {
  readonly rawSelector?: string;
  readonly requirements?: readonly unknown[];
}

function shapeErrors({ rawSelector, requirements = [] }: Selector, path: string): FieldError[] {
  if (rawSelector && requirements.length > 0) {
    return [
      fieldError.invalid(`${path}.rawSelector`, rawSelector, "may not specified at the same time as requirements"),
    ];
  }
  if (rawSelector || requirements.length > 0) return [];
  const why = `when ${path} is specified, requirements or rawSelector is required`;
  return [fieldError.required(`${path}.requirements`, why)];
}

function fieldRequirementErrors({ key, operator, values = [] }: FieldRequirement, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!key) errors.push(fieldError.required(`${path}.key`, "must be specified"));
  if ((operator === "In" || operator === "NotIn") && values.length === 0) {
    errors.push(fieldError.required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
  }
  if ((operator === "Exists" || operator === "DoesNotExist") && values.length > 0) {
    const why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
    errors.push(fieldError.fieldForbidden(`${path}.values`, why));
  }
  return errors;
}

/** Mistakes in the selectors of a review. Operators of newer clients are none. */
export function selectorErrors(attributes: Attributes | undefined): FieldError[] {
  const { fieldSelector, labelSelector } = attributes ?? {};
  const errors: FieldError[] = [];
  if (fieldSelector) {
    const path = "spec.resourceAttributes.fieldSelector";
    errors.push(...shapeErrors(fieldSelector, path));
    fieldSelector.requirements?.forEach((requirement, i) => {
      errors.push(...fieldRequirementErrors(requirement, `${path}.requirements[${i}]`));
    });
  }
  if (labelSelector) {
    const path = "spec.resourceAttributes.labelSelector";
    errors.push(...shapeErrors(labelSelector, path));
    labelSelector.requirements?.forEach((requirement, i) => {
      const rules = { allowUnknownOperators: true };
      errors.push(...validateLabelRequirement(requirement, rules, `${path}.requirements[${i}]`));
    });
  }
  return errors;
}

const isReadable = ({ operator, values }: FieldRequirement): boolean =>
  (operator === "In" || operator === "NotIn") && values?.length === 1;

function canRead(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch (error) {
    if (error instanceof SelectorError) return false;
    throw error;
  }
}

const readingOf = (read: number, all: number): Reading => (read === all ? "all" : read > 0 ? "some" : "none");

function fieldReading({ fieldSelector }: Attributes): Reading {
  const { rawSelector, requirements = [] } = fieldSelector ?? {};
  if (requirements.length > 0) return readingOf(requirements.filter(isReadable).length, requirements.length);
  return !rawSelector || canRead(() => parseFieldSelector(rawSelector)) ? "all" : "none";
}

function labelReading({ labelSelector }: Attributes): Reading {
  const { rawSelector, requirements = [] } = labelSelector ?? {};
  if (requirements.length > 0) {
    const readable = requirements.filter(
      (requirement) =>
        LABEL_OPERATORS.includes(requirement.operator) &&
        canRead(() => labelSelectorOf({ matchExpressions: [requirement] })),
    );
    return readingOf(readable.length, requirements.length);
  }
  return !rawSelector || canRead(() => parseLabelSelector(rawSelector)) ? "all" : "none";
}

/** What the status of a review says of selectors that could not be read. */
export function selectorEvaluationError(attributes: Attributes): string | undefined {
  const readings = [
    ["fieldSelector", fieldReading(attributes)],
    ["labelSelector", labelReading(attributes)],
  ] as const;
  const errors = readings
    .filter(([, reading]) => reading !== "all")
    .map(([name, reading]) => {
      const how = reading === "some" ? "partially ignored" : "ignored";
      return `spec.resourceAttributes.${name} ${how} due to parse error`;
    });
  return errors.length > 0 ? errors.join("; ") : undefined;
}

/** The field selector of a review as a query, which is how authorizers look at it. */
export function selectorQuery(attributes: Attributes): URLSearchParams | undefined {
  const { rawSelector, requirements = [] } = attributes.fieldSelector ?? {};
  const terms = requirements
    .filter(isReadable)
    .map(({ key, operator, values }) => `${key}${operator === "In" ? "=" : "!="}${values![0]}`);
  const selector = terms.length > 0 ? terms.join(",") : fieldReading(attributes) === "all" ? rawSelector : undefined;
  return selector ? new URLSearchParams({ fieldSelector: selector }) : undefined;
}
