// SPDX-License-Identifier: Apache-2.0

import { type FieldError, fieldForbidden, invalid, invalidNamed, required, valueText } from "./field-error.ts";
import { labelValueErrors, qualifiedNameErrors } from "./names.ts";
import { validateLabelName, validateLabels } from "./object-meta-validation.ts";
import { compareText } from "./text-order.ts";

/** The operators of a label requirement, as their text writes them. */
export type LabelOperator = "=" | "==" | "!=" | "in" | "notin" | "exists" | "!" | "gt" | "lt";

/** One condition on one label. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  /** Sorted, each once. */
  readonly values: readonly string[];
}

/** A selector text or LabelSelector that is not understood; the message is upstream's. */
export class SelectorError extends Error {
  override readonly name = "SelectorError";
}

type Labels = Readonly<Record<string, string>> | null | undefined;

const hasOwn = Object.prototype.hasOwnProperty;
const INTEGER = /^[+-]?\d+$/;
const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

/** strconv.ParseInt in base ten. */
function parseInt64(text: string): bigint | undefined {
  if (!INTEGER.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ""));
  return value < MIN_INT64 || value > MAX_INT64 ? undefined : value;
}

function matchesRequirement({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const present = labels !== undefined && labels !== null && hasOwn.call(labels, key);
  switch (operator) {
    case "exists":
      return present;
    case "!":
      return !present;
    case "=":
    case "==":
    case "in":
      return present && values.includes(labels[key]!);
    case "!=":
    case "notin":
      return !present || !values.includes(labels[key]!);
    case "gt":
    case "lt": {
      const actual = present ? parseInt64(labels[key]!) : undefined;
      const wanted = parseInt64(values[0] ?? "");
      if (actual === undefined || wanted === undefined) return false;
      return operator === "gt" ? actual > wanted : actual < wanted;
    }
  }
}

function requirementText({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case "exists":
      return key;
    case "!":
      return `!${key}`;
    case "in":
    case "notin":
      return `${key} ${operator} (${values.join(",")})`;
    case "gt":
      return `${key}>${values[0]}`;
    case "lt":
      return `${key}<${values[0]}`;
    default:
      return `${key}${operator}${values[0]}`;
  }
}

/** Conditions on labels, all of which must hold. No condition matches everything. */
export class LabelSelector {
  readonly requirements: readonly LabelRequirement[];
  /** Matches no object at all: the absent LabelSelector. */
  readonly nothing: boolean;

  constructor(requirements: readonly LabelRequirement[], nothing = false) {
    this.requirements = requirements;
    this.nothing = nothing;
  }

  static readonly everything = new LabelSelector([]);
  static readonly nothing = new LabelSelector([], true);

  get matchesEverything(): boolean {
    return !this.nothing && this.requirements.length === 0;
  }

  matches(labels: Labels): boolean {
    if (this.nothing) return false;
    for (const requirement of this.requirements) if (!matchesRequirement(requirement, labels)) return false;
    return true;
  }

  /** The canonical text; parses to an equal selector. */
  toString(): string {
    return this.requirements.map(requirementText).join(",");
  }
}

const fieldErrorText = (error: FieldError): string => (error.field ? `${error.field}: ${error.body}` : error.body);

/** Upstream's text of several field errors at once. */
function aggregateText(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map(fieldErrorText))];
  return texts.length === 1 ? texts[0]! : `[${texts.join(", ")}]`;
}

const EXACT: readonly LabelOperator[] = ["=", "==", "!="];

function valuesErrors(operator: LabelOperator, values: readonly string[]): FieldError[] {
  if (operator === "in" || operator === "notin")
    return values.length === 0
      ? [invalid("values", values, "for 'in', 'notin' operators, values set can't be empty")]
      : [];
  if (EXACT.includes(operator))
    return values.length === 1
      ? []
      : [invalid("values", values, "exact-match compatibility requires one single value")];
  if (operator === "exists" || operator === "!")
    return values.length === 0
      ? []
      : [invalid("values", values, "values set must be empty for exists and does not exist")];
  const errors: FieldError[] = [];
  if (values.length !== 1)
    errors.push(invalid("values", values, "for 'Gt', 'Lt' operators, exactly one value is required"));
  values.forEach((value, index) => {
    if (parseInt64(value) === undefined)
      errors.push(invalid(`values[${index}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer"));
  });
  return errors;
}

/** A checked requirement; throws SelectorError with upstream's message. */
export function labelRequirement(key: string, operator: LabelOperator, values: readonly string[]): LabelRequirement {
  const errors: FieldError[] = [];
  const keyErrors = qualifiedNameErrors(key);
  if (keyErrors.length) errors.push(invalid("key", key, keyErrors.join("; ")));
  errors.push(...valuesErrors(operator, values));
  values.forEach((value, index) => {
    const messages = labelValueErrors(value);
    if (messages.length) errors.push(invalid(`values[${index}][${key}]`, value, messages.join("; ")));
  });
  if (errors.length) throw new SelectorError(aggregateText(errors));
  return { key, operator, values: [...new Set(values)].sort(compareText) };
}

type TokenKind = "identifier" | "end" | "(" | ")" | "," | "!" | "=" | "==" | "!=" | ">" | "<" | "in" | "notin";

interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const SYMBOL_TOKENS: ReadonlySet<string> = new Set(["(", ")", ",", "!", "=", "==", "!=", ">", "<"]);
const isSymbol = (c: string): boolean => "=!(),><".includes(c);
const isSpace = (c: string): boolean => c === " " || c === "\t" || c === "\r" || c === "\n";

/** Reads the longest token of symbols; each symbol alone is one. */
function symbolToken(text: string, start: number): string {
  let end = start + 1;
  while (end < text.length && SYMBOL_TOKENS.has(text.slice(start, end + 1))) end++;
  return text.slice(start, end);
}

function tokens(text: string): Token[] {
  const found: Token[] = [];
  let position = 0;
  for (;;) {
    while (position < text.length && isSpace(text[position]!)) position++;
    // A zero byte ends the text for upstream's lexer.
    if (position >= text.length || text[position] === "\0") break;
    if (isSymbol(text[position]!)) {
      const symbol = symbolToken(text, position);
      found.push({ kind: symbol as TokenKind, text: symbol });
      position += symbol.length;
      continue;
    }
    const start = position;
    while (position < text.length && text[position] !== "\0" && !isSymbol(text[position]!) && !isSpace(text[position]!))
      position++;
    const word = text.slice(start, position);
    found.push({ kind: word === "in" || word === "notin" ? word : "identifier", text: word });
  }
  found.push({ kind: "end", text: "" });
  return found;
}

const OPERATORS: Partial<Record<TokenKind, LabelOperator>> = {
  in: "in",
  notin: "notin",
  "=": "=",
  "==": "==",
  "!=": "!=",
  ">": "gt",
  "<": "lt",
};

/** Reads selector texts token by token; the errors say what stood where something else was expected. */
class SelectorParser {
  private readonly tokens: readonly Token[];
  private position = 0;

  constructor(text: string) {
    this.tokens = tokens(text);
  }

  /** The next token; the words "in" and "notin" are plain identifiers but where an operator may stand. */
  private peek(operatorPlace = false): Token {
    const token = this.tokens[Math.min(this.position, this.tokens.length - 1)]!;
    return !operatorPlace && (token.kind === "in" || token.kind === "notin")
      ? { kind: "identifier", text: token.text }
      : token;
  }

  private next(operatorPlace = false): Token {
    const token = this.peek(operatorPlace);
    this.position++;
    return token;
  }

  parse(): LabelRequirement[] {
    const requirements: LabelRequirement[] = [];
    for (;;) {
      const { kind, text } = this.peek();
      if (kind === "end") return requirements;
      if (kind !== "identifier" && kind !== "!")
        throw new SelectorError(`found '${text}', expected: !, identifier, or 'end of string'`);
      requirements.push(this.requirementOrPrefix());
      const after = this.next();
      if (after.kind === "end") return requirements;
      if (after.kind !== ",") throw new SelectorError(`found '${after.text}', expected: ',' or 'end of string'`);
      const following = this.peek();
      if (following.kind !== "identifier" && following.kind !== "!")
        throw new SelectorError(`found '${following.text}', expected: identifier after ','`);
    }
  }

  private requirementOrPrefix(): LabelRequirement {
    try {
      return this.requirement();
    } catch (error) {
      if (error instanceof SelectorError) throw new SelectorError(`unable to parse requirement: ${error.message}`);
      throw error;
    }
  }

  private requirement(): LabelRequirement {
    let token = this.next();
    const negated = token.kind === "!";
    if (negated) token = this.next();
    if (token.kind !== "identifier") throw new SelectorError(`found '${token.text}', expected: identifier`);
    const key = token.text;
    const keyErrors = qualifiedNameErrors(key);
    // Upstream has no field path here and prints it so.
    if (keyErrors.length) throw new SelectorError(`<nil>: Invalid value: ${valueText(key)}: ${keyErrors.join("; ")}`);
    const ahead = this.peek().kind;
    if (negated) return labelRequirement(key, "!", []);
    if (ahead === "end" || ahead === ",") return labelRequirement(key, "exists", []);
    const operatorToken = this.next(true);
    const operator = OPERATORS[operatorToken.kind];
    if (!operator) throw new SelectorError(`found '${operatorToken.text}', expected: in, notin, =, ==, !=, gt, lt`);
    const values = operator === "in" || operator === "notin" ? this.values() : this.exactValue();
    return labelRequirement(key, operator, values);
  }

  private exactValue(): string[] {
    const ahead = this.peek().kind;
    if (ahead === "end" || ahead === ",") return [""];
    const token = this.next();
    if (token.kind !== "identifier") throw new SelectorError(`found '${token.text}', expected: identifier`);
    return [token.text];
  }

  private values(): string[] {
    const open = this.next();
    if (open.kind !== "(") throw new SelectorError(`found '${open.text}' expected: '('`);
    const first = this.peek();
    if (first.kind === ")") {
      this.next();
      return [""];
    }
    if (first.kind !== "identifier" && first.kind !== ",")
      throw new SelectorError(`found '${first.text}', expected: ',', ')' or identifier`);
    const values = this.identifierList();
    if (this.next().kind !== ")") throw new SelectorError(`found '${first.text}', expected: ')'`);
    return [...values].sort(compareText);
  }

  private identifierList(): Set<string> {
    const values = new Set<string>();
    for (;;) {
      const token = this.next();
      if (token.kind === "identifier") {
        values.add(token.text);
        const ahead = this.peek();
        if (ahead.kind === ")") return values;
        if (ahead.kind !== ",") throw new SelectorError(`found '${ahead.text}', expected: ',' or ')'`);
      } else if (token.kind === ",") {
        if (values.size === 0) values.add("");
        const ahead = this.peek().kind;
        if (ahead === ")" || ahead === ",") values.add("");
        if (ahead === ")") return values;
      } else throw new SelectorError(`found '${token.text}', expected: ',', or identifier`);
    }
  }
}

const byKey = (a: LabelRequirement, b: LabelRequirement): number => compareText(a.key, b.key);

/**
 * Reads the text of a labelSelector parameter; throws SelectorError with upstream's message.
 *
 * @example
 * parseLabelSelector("app in (a, b), !canary").matches({ app: "a" }) === true
 */
export function parseLabelSelector(text: string): LabelSelector {
  const requirements = new SelectorParser(text).parse();
  return requirements.length === 0 ? LabelSelector.everything : new LabelSelector(requirements.sort(byKey));
}

/** meta/v1 LabelSelector, as objects hold it. */
export interface LabelSelectorFields {
  readonly matchLabels?: Readonly<Record<string, string>> | null;
  readonly matchExpressions?: readonly LabelSelectorExpression[] | null;
}

export interface LabelSelectorExpression {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[] | null;
}

const EXPRESSION_OPERATORS: Readonly<Record<string, LabelOperator>> = {
  In: "in",
  NotIn: "notin",
  Exists: "exists",
  DoesNotExist: "!",
};

/** The selector of a LabelSelector field. None matches nothing, an empty one everything; throws SelectorError. */
export function labelSelectorOf(fields: LabelSelectorFields | null | undefined): LabelSelector {
  if (!fields) return LabelSelector.nothing;
  const requirements: LabelRequirement[] = [];
  for (const key in fields.matchLabels) requirements.push(labelRequirement(key, "=", [fields.matchLabels[key]!]));
  for (const expression of fields.matchExpressions ?? []) {
    const operator = EXPRESSION_OPERATORS[expression.operator];
    if (!operator) throw new SelectorError(`${valueText(expression.operator)} is not a valid label selector operator`);
    requirements.push(labelRequirement(expression.key, operator, expression.values ?? []));
  }
  return requirements.length === 0 ? LabelSelector.everything : new LabelSelector(requirements.sort(byKey));
}

/** A selector of equal labels, unchecked: what services and replication controllers have. */
export function labelSelectorOfSet(labels: Labels): LabelSelector {
  const requirements = Object.entries(labels ?? {}).map(([key, value]) => ({
    key,
    operator: "=" as const,
    values: [value],
  }));
  return requirements.length === 0 ? LabelSelector.everything : new LabelSelector(requirements.sort(byKey));
}

/** As `kubectl get` prints a LabelSelector: `<none>` for an empty one. */
export function formatLabelSelector(fields: LabelSelectorFields | null | undefined): string {
  try {
    return labelSelectorOf(fields).toString() || "<none>";
  } catch (error) {
    if (error instanceof SelectorError) return "<error>";
    throw error;
  }
}

/** How strict the validation of a LabelSelector is; old objects keep what they have. */
export interface LabelSelectorRules {
  readonly allowInvalidValues?: boolean;
  readonly allowUnknownOperators?: boolean;
}

/** What is wrong with one condition of a LabelSelector field. */
export function validateLabelRequirement(
  expression: LabelSelectorExpression,
  rules: LabelSelectorRules,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const values = expression.values ?? [];
  switch (expression.operator) {
    case "In":
    case "NotIn":
      if (values.length === 0)
        errors.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
      break;
    case "Exists":
    case "DoesNotExist":
      if (values.length > 0)
        errors.push(
          fieldForbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
        );
      break;
    default:
      if (!rules.allowUnknownOperators)
        errors.push(invalidNamed(`${path}.operator`, expression.operator ?? "", "not a valid selector operator"));
  }
  errors.push(...validateLabelName(expression.key ?? "", `${path}.key`));
  if (rules.allowInvalidValues) return errors;
  values.forEach((value, index) => {
    for (const message of labelValueErrors(value)) errors.push(invalid(`${path}.values[${index}]`, value, message));
  });
  return errors;
}

/** What is wrong with a LabelSelector field. */
export function validateLabelSelector(
  fields: LabelSelectorFields | null | undefined,
  path: string,
  rules: LabelSelectorRules = {},
): FieldError[] {
  if (!fields) return [];
  const expressions = fields.matchExpressions ?? [];
  return [
    ...validateLabels(fields.matchLabels, `${path}.matchLabels`),
    ...expressions.flatMap((e, index) => validateLabelRequirement(e, rules, `${path}.matchExpressions[${index}]`)),
  ];
}
