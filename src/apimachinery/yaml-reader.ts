// SPDX-License-Identifier: Apache-2.0

import {
  type AliasEvent,
  EVENT_ID,
  type Event,
  getScalarValue,
  type MappingEvent,
  parseEvents,
  SCALAR_STYLE,
  type ScalarEvent,
  type SequenceEvent,
  YAMLException,
} from "js-yaml";
import { base64ToBytes } from "./base64.ts";
import { type JsonObject, setJsonField } from "./json-value.ts";
import { resolveYamlScalar } from "./yaml-scalars.ts";
import { yamlSyntaxMessage } from "./yaml-syntax-message.ts";

/** Text that is no YAML, or YAML that is no JSON; the message is worded as sigs.k8s.io/yaml words it. */
export class YamlError extends Error {
  override readonly name = "YamlError";
}

/** A document as JSON, and the keys that stand twice in it. */
export interface YamlDocument {
  readonly value: unknown;
  /** `line 5: key "a" already set in map` */
  readonly duplicateKeys: readonly string[];
}

const MAX_DEPTH = 500;
/** Below these counts, aliases are never excessive. */
const ALIAS_FLOOR = 100;
const NODE_FLOOR = 1000;
const ALIAS_RATIO_LOW = 400_000;
const ALIAS_RATIO_HIGH = 4_000_000;

/** The share of nodes that may come from aliases: nearly all in small documents, a tenth in huge ones. */
function allowedAliasRatio(nodes: number): number {
  if (nodes <= ALIAS_RATIO_LOW) return 0.99;
  if (nodes >= ALIAS_RATIO_HIGH) return 0.1;
  return 0.99 - 0.89 * ((nodes - ALIAS_RATIO_LOW) / (ALIAS_RATIO_HIGH - ALIAS_RATIO_LOW));
}

const decoder = new TextDecoder();
const MERGE_KEY = Symbol("<<");
type Key = string | typeof MERGE_KEY;

function lineAt(source: string, offset: number): number {
  let line = 1;
  for (let i = source.indexOf("\n"); i >= 0 && i < offset; i = source.indexOf("\n", i + 1)) line++;
  return line;
}

/** The next document's events and nothing after them. */
class YamlComposer {
  readonly duplicateKeys: string[] = [];
  private position = 1;
  private nodes = 0;
  private aliasNodes = 0;
  private aliasDepth = 0;
  private readonly anchors = new Map<string, number>();
  private readonly open = new Set<string>();
  private readonly source: string;
  private readonly events: readonly Event[];

  constructor(source: string, events: readonly Event[]) {
    this.source = source;
    this.events = events;
  }

  compose(): unknown {
    const first = this.events[this.position];
    return first === undefined || first.type === EVENT_ID.POP ? null : this.node();
  }

  private count(): void {
    this.nodes++;
    if (this.aliasDepth > 0) this.aliasNodes++;
    if (
      this.aliasNodes > ALIAS_FLOOR &&
      this.nodes > NODE_FLOOR &&
      this.aliasNodes / this.nodes > allowedAliasRatio(this.nodes)
    )
      throw new YamlError("yaml: document contains excessive aliasing");
  }

  private anchorOf(event: { anchorStart: number; anchorEnd: number }): string | undefined {
    return event.anchorStart < 0 ? undefined : this.source.slice(event.anchorStart, event.anchorEnd);
  }

  private node(): unknown {
    const at = this.position;
    const event = this.events[this.position++]!;
    if (event.type === EVENT_ID.ALIAS) return this.alias(event);
    if (event.type === EVENT_ID.DOCUMENT || event.type === EVENT_ID.POP) throw new YamlError("yaml: unexpected end");
    this.count();
    const anchor = this.anchorOf(event);
    if (anchor === undefined) return this.content(event);
    this.anchors.set(anchor, at);
    this.open.add(anchor);
    const value = this.content(event);
    this.open.delete(anchor);
    return value;
  }

  private content(event: ScalarEvent | SequenceEvent | MappingEvent): unknown {
    if (event.type === EVENT_ID.SCALAR) return this.scalar(event);
    return event.type === EVENT_ID.SEQUENCE ? this.sequence() : this.mapping();
  }

  /** Go composes an alias's target anew at each use, and counts it. */
  private alias(event: AliasEvent): unknown {
    const anchor = this.anchorOf(event) ?? "";
    const target = this.anchors.get(anchor);
    if (target === undefined) throw new YamlError(`yaml: unknown anchor '${anchor}' referenced`);
    if (this.open.has(anchor)) throw new YamlError(`yaml: anchor '${anchor}' value contains itself`);
    this.count();
    const after = this.position;
    this.position = target;
    this.aliasDepth++;
    const value = this.node();
    this.aliasDepth--;
    this.position = after;
    return value;
  }

  private tagOf(event: ScalarEvent): string {
    if (event.tagStart < 0) return "";
    const tag = this.source.slice(event.tagStart, event.tagEnd);
    return tag.replace(/^!<(.*)>$/, "$1").replace(/^tag:yaml\.org,2002:/, "!!");
  }

  private scalar(event: ScalarEvent): unknown {
    const text = getScalarValue(this.source, event);
    if (!text.isWellFormed()) throw new YamlError("yaml: found invalid Unicode character escape code");
    const tag = this.tagOf(event);
    if (tag === "") return event.style === SCALAR_STYLE.PLAIN ? resolveYamlScalar(text) : text;
    if (tag === "!!binary") return binaryText(text);
    if (!/^!!(?:int|float|bool|null)$/.test(tag)) return text;
    const value = resolveYamlScalar(text);
    const actual = tagOfValue(value);
    if (actual === tag || (tag === "!!float" && actual === "!!int")) return value;
    throw new YamlError(`yaml: cannot decode ${actual} \`${text}\` as a ${tag}`);
  }

  private sequence(): unknown[] {
    const items: unknown[] = [];
    while (this.events[this.position]!.type !== EVENT_ID.POP) items.push(this.node());
    this.position++;
    return items;
  }

  private mapping(): JsonObject {
    const object: JsonObject = {};
    while (this.events[this.position]!.type !== EVENT_ID.POP) {
      const offset = offsetOf(this.events[this.position]!);
      const key = this.key();
      if (key === MERGE_KEY) this.merge(object, offset);
      else this.set(object, key, this.node(), offset);
    }
    this.position++;
    return object;
  }

  private set(object: JsonObject, key: string, value: unknown, offset: number): void {
    if (Object.hasOwn(object, key))
      this.duplicateKeys.push(`line ${lineAt(this.source, offset)}: key ${JSON.stringify(key)} already set in map`);
    setJsonField(object, key, value);
  }

  private key(): Key {
    const event = this.events[this.position]!;
    if (
      event.type === EVENT_ID.SCALAR &&
      event.style === SCALAR_STYLE.PLAIN &&
      event.tagStart < 0 &&
      getScalarValue(this.source, event) === "<<"
    ) {
      this.position++;
      return MERGE_KEY;
    }
    const key = this.node();
    if (typeof key === "object" && key !== null) throw new YamlError(`yaml: invalid map key: ${goText(key)}`);
    if (key === null)
      throw new YamlError(`unsupported map key of type: %!s(<nil>), key: <nil>, value: ${goText(this.node())}`);
    return typeof key === "string" ? key : String(key as number | bigint | boolean);
  }

  private merge(object: JsonObject, offset: number): void {
    const value = this.node();
    const sources = Array.isArray(value) ? [...(value as unknown[])].reverse() : [value];
    for (const source of sources) {
      if (typeof source !== "object" || source === null || Array.isArray(source))
        throw new YamlError("yaml: map merge requires map or sequence of maps as the value");
      for (const [key, merged] of Object.entries(source)) this.set(object, key, merged, offset);
    }
  }
}

function offsetOf(event: Event): number {
  if (event.type === EVENT_ID.SCALAR) return event.valueStart;
  if (event.type === EVENT_ID.ALIAS) return event.anchorStart;
  return event.type === EVENT_ID.SEQUENCE || event.type === EVENT_ID.MAPPING ? event.start : 0;
}

function binaryText(text: string): string {
  const plain = text.replace(/\s/g, "");
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(plain))
    throw new YamlError("yaml: !!binary value contains invalid base64 data");
  return decoder.decode(base64ToBytes(plain));
}

function tagOfValue(value: unknown): string {
  if (value === null) return "!!null";
  if (typeof value === "boolean") return "!!bool";
  if (typeof value === "bigint" || Number.isInteger(value)) return "!!int";
  return typeof value === "number" ? "!!float" : "!!str";
}

/** Go's %#v, near enough for the two messages that print a value. */
function goText(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goText).join(", ")}}`;
  if (value === null) return "interface {}(nil)";
  if (typeof value === "object")
    return `map[interface {}]interface {}{${Object.entries(value)
      .map(([k, v]) => `${JSON.stringify(k)}:${goText(v)}`)
      .join(", ")}}`;
  return typeof value === "string" ? JSON.stringify(value) : String(value as number | bigint | boolean);
}

/** JSON has no text for these; Go's encoder says so. */
function refuseInfinite(value: unknown): void {
  if (typeof value === "number" && !Number.isFinite(value)) {
    const text = Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
    throw new YamlError(`json: unsupported value: ${text}`);
  }
  if (Array.isArray(value)) for (const item of value) refuseInfinite(item);
  else if (typeof value === "object" && value !== null) for (const item of Object.values(value)) refuseInfinite(item);
}

/**
 * Reads the first document of a text as kubectl and the API server do; throws YamlError.
 *
 * @example
 * parseYaml("replicas: 0o10").value // { replicas: 8 }
 */
export function parseYaml(text: string): YamlDocument {
  // A byte order mark at the start is no part of the document.
  const source = text.startsWith("\ufeff") ? text.slice(1) : text;
  let events: Event[];
  try {
    events = parseEvents(source, { maxDepth: MAX_DEPTH });
  } catch (error) {
    if (error instanceof YAMLException) throw new YamlError(yamlSyntaxMessage(error, source));
    throw error;
  }
  const composer = new YamlComposer(source, events);
  const value = composer.compose();
  refuseInfinite(value);
  return { value, duplicateKeys: composer.duplicateKeys };
}
