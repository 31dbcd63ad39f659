// SPDX-License-Identifier: Apache-2.0

import type { CompactSchema, CompactType } from "../../src/apimachinery/compact-schema.ts";
import type { GoField, GoFields } from "./go-fields.ts";

/** The part of an OpenAPI v2 document that the generator reads. */
export interface OpenApiProperty {
  type?: string;
  format?: string;
  $ref?: string;
  items?: OpenApiProperty;
  additionalProperties?: OpenApiProperty;
  "x-kubernetes-list-type"?: string;
  "x-kubernetes-list-map-keys"?: string[];
  "x-kubernetes-patch-merge-key"?: string;
  "x-kubernetes-patch-strategy"?: string;
  "x-kubernetes-map-type"?: string;
}

export interface OpenApiDefinition extends OpenApiProperty {
  properties?: Record<string, OpenApiProperty>;
  required?: string[];
  "x-kubernetes-group-version-kind"?: { group: string; version: string; kind: string }[];
  "x-kubernetes-unions"?: unknown[];
}

interface OpenApiParameter {
  $ref?: string;
  name?: string;
  in?: string;
  type?: string;
}

interface OpenApiOperation {
  parameters?: OpenApiParameter[];
  "x-kubernetes-action"?: string;
}

export interface OpenApiDocument {
  definitions: Record<string, OpenApiDefinition>;
  parameters?: Record<string, OpenApiParameter>;
  paths?: Record<string, { get?: OpenApiOperation; parameters?: OpenApiParameter[] }>;
}

/** Message → field → number and type. */
export type ProtobufFields = Record<string, Record<string, { tag: number; type: string }>>;

const PACKAGES: readonly (readonly [prefix: string, short: string])[] = [
  ["io.k8s.apimachinery.pkg.apis.meta.v1", "meta.v1"],
  ["io.k8s.apimachinery.pkg.api.resource", "resource"],
  ["io.k8s.apimachinery.pkg.runtime", "runtime"],
  ["io.k8s.apimachinery.pkg.util.intstr", "intstr"],
  ["io.k8s.apimachinery.pkg.version", "version"],
  ["io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1", "apiextensions.v1"],
  ["io.k8s.kube-aggregator.pkg.apis.apiregistration.v1", "apiregistration.v1"],
];

/** Types that are one value in JSON, whatever the document calls them. */
const SCALAR_TYPES: Readonly<Record<string, CompactType["scalar"]>> = {
  "resource.Quantity": "quantity",
  "meta.v1.Time": "time",
  "meta.v1.MicroTime": "microTime",
  "meta.v1.FieldsV1": "any",
  "meta.v1.Patch": "any",
  "runtime.RawExtension": "any",
  "intstr.IntOrString": "intOrString",
  "apiextensions.v1.JSON": "any",
  "apiextensions.v1.JSONSchemaPropsOrArray": "any",
  "apiextensions.v1.JSONSchemaPropsOrBool": "any",
  "apiextensions.v1.JSONSchemaPropsOrStringArray": "any",
};

function shortPackage(prefix: string): string {
  const known = PACKAGES.find(([full]) => full === prefix);
  return known ? known[1] : prefix.replace(/^io\.k8s\.api\./, "");
}

function splitName(full: string): { prefix: string; name: string } {
  const dot = full.lastIndexOf(".");
  return { prefix: full.slice(0, dot), name: full.slice(dot + 1) };
}

function shortTypeName(full: string): string {
  const { prefix, name } = splitName(full);
  return `${shortPackage(prefix)}.${name}`;
}

function typeExpression(property: OpenApiProperty, typePackage: string): string {
  if (property.$ref) {
    const { prefix, name } = splitName(property.$ref.slice("#/definitions/".length));
    const short = shortPackage(prefix);
    return short === typePackage ? name : `${short}.${name}`;
  }
  switch (property.type) {
    case "string":
      return property.format === "byte" ? "bytes" : "string";
    case "boolean":
      return "boolean";
    case "integer":
      return property.format === "int64" ? "int64" : "int32";
    case "number":
      return "number";
    case "array":
      return `[]${typeExpression(property.items ?? {}, typePackage)}`;
    case "object":
      return property.additionalProperties ? `{}${typeExpression(property.additionalProperties, typePackage)}` : "any";
    default:
      throw new Error(`a property of unknown type ${JSON.stringify(property)} in ${typePackage}`);
  }
}

interface FieldFacts {
  required: boolean;
  tags: readonly number[] | undefined;
  go: GoField | undefined;
  later: boolean;
  typePackage: string;
}

/** The Go type that one would guess from the type expression. */
function guessedGoType(expression: string, typePackage: string): string {
  if (expression.startsWith("[]")) return `[]${guessedGoType(expression.slice(2), typePackage)}`;
  if (expression.startsWith("{}")) return `map[string]${guessedGoType(expression.slice(2), typePackage)}`;
  if (expression === "boolean") return "bool";
  if (expression === "bytes") return "[]uint8";
  if (expression === "number") return "float64";
  if (/^[a-z]\w*$/.test(expression)) return expression;
  const short = expression.includes(".") ? expression : `${typePackage}.${expression}`;
  return short.split(".").slice(-2).join(".");
}

/** Words of a field line are told apart by spaces; those within an enum's value are written otherwise. */
const SPACE = "%20";

function fieldLine(expression: string, property: OpenApiProperty, facts: FieldFacts): string {
  const { go } = facts;
  const mapType = property["x-kubernetes-map-type"] ?? go?.mapType;
  const list = property["x-kubernetes-list-type"];
  const keys = list === "map" ? (property["x-kubernetes-list-map-keys"] ?? []).join(",") : list;
  const words = [
    `${go?.pointer ? "*" : ""}${expression}`,
    facts.tags?.join("/"),
    facts.required && "required",
    go?.keptEmpty && "kept",
    go?.omitZero && "omitzero",
    facts.later && "later",
    keys && `list=${keys}`,
    mapType && `map=${mapType}`,
    property["x-kubernetes-patch-strategy"] && `patch=${property["x-kubernetes-patch-strategy"]}`,
    property["x-kubernetes-patch-merge-key"] && `merge=${property["x-kubernetes-patch-merge-key"]}`,
    go?.default !== undefined && `default=${JSON.stringify(go.default)}`,
    go?.goType && go.goType !== guessedGoType(expression, facts.typePackage) && `go=${go.goType}`,
    go?.embedded && `in=${go.embedded}`,
    go?.enum && `enum=${go.enum.join(",").replaceAll(" ", SPACE)}`,
  ];
  return words.filter(Boolean).join(" ");
}

/** The type of a field that only the Go types have: newer documents dropped it. */
function goExpression(goType: string | undefined): string {
  const base = (goType ?? "string").replace(/^v\d\w*\./, "");
  return base === "bool" ? "boolean" : base;
}

function compactFields(
  short: string,
  definition: OpenApiDefinition,
  goTypes: GoFields,
  protobuf: ProtobufFields[string] | undefined,
): Record<string, string> {
  const typePackage = short.slice(0, short.lastIndexOf("."));
  const go = goTypes[short];
  const properties = definition.properties ?? {};
  const required = new Set(definition.required);
  const fields: Record<string, string> = {};
  for (const name of new Set([...Object.keys(go ?? {}), ...Object.keys(properties)])) {
    const property = properties[name];
    const own = go?.[name];
    const tag = protobuf?.[name]?.tag;
    if (tag !== undefined && own?.tags && own.tags.at(-1) !== tag)
      throw new Error(`${short}.${name}: field number ${tag} in one source and ${own.tags.join("/")} in the other`);
    const expression = property ? typeExpression(property, typePackage) : goExpression(own?.goType);
    fields[name] = fieldLine(expression, property ?? {}, {
      required: own ? own.required === true : required.has(name),
      tags: own?.tags,
      go: own,
      later: go !== undefined && own === undefined,
      typePackage,
    });
  }
  return fields;
}

/** Types that belong to every group and version. */
const OF_ALL_GROUPS: ReadonlySet<string> = new Set(["meta.v1.DeleteOptions", "meta.v1.WatchEvent"]);

function compactKinds(
  short: string,
  definition: OpenApiDefinition,
  groupVersions: readonly string[],
): string[] | undefined {
  if (OF_ALL_GROUPS.has(short)) return groupVersions.map((gv) => `${gv}/${short.slice("meta.v1.".length)}`);
  return definition["x-kubernetes-group-version-kind"]?.map((k) => `${k.group}/${k.version}/${k.kind}`);
}

function protobufName(full: string): string {
  return full
    .replace(/^io\.k8s\.(?=api\.)/, "k8s.io.")
    .replace(/^io\.k8s\.(?=apimachinery)/, "k8s.io.")
    .replace(/^io\.k8s\.apiextensions-apiserver/, "k8s.io.apiextensions_apiserver")
    .replace(/^io\.k8s\.kube-aggregator/, "k8s.io.kube_aggregator");
}

/** What completes the document. */
export interface SchemaSources {
  readonly protobuf: ProtobufFields;
  readonly goTypes: GoFields;
  /** `group/version` of everything that is registered. */
  readonly groupVersions: readonly string[];
}

function compactType(
  full: string,
  definition: OpenApiDefinition,
  { goTypes, protobuf, groupVersions }: SchemaSources,
): CompactType {
  const short = shortTypeName(full);
  const kinds = compactKinds(short, definition, groupVersions);
  const unions = definition["x-kubernetes-unions"];
  const scalar = SCALAR_TYPES[short];
  return {
    ...(kinds ? { kinds } : {}),
    ...(goTypes[short] || scalar ? {} : { later: true }),
    ...(definition["x-kubernetes-map-type"] === "atomic" ? { atomic: true } : {}),
    ...(unions ? { unions } : {}),
    ...(scalar ? { scalar } : { fields: compactFields(short, definition, goTypes, protobuf[protobufName(full)]) }),
  };
}

/** Types that a field of v1.35 names and the document lacks, since a newer version dropped them. */
function missingTypes(types: Record<string, CompactType>, goTypes: GoFields): string[] {
  const missing = new Set<string>();
  for (const [short, type] of Object.entries(types))
    for (const line of Object.values(type.fields ?? {})) {
      const base = /^\*?(?:\[\]|\{\})*([A-Z]\w*)/.exec(line)?.[1];
      const name = `${short.slice(0, short.lastIndexOf("."))}.${base}`;
      if (base && !types[name] && goTypes[name]) missing.add(name);
    }
  return [...missing];
}

const DISCOVERY_PACKAGE = "apidiscovery.v2";
const DISCOVERY_PREFIX = "io.k8s.api.apidiscovery.v2";

/** Types that clients send and get, but no document defines: field → its shape in the document's terms. */
const HIDDEN_TYPES: Readonly<Record<string, OpenApiDefinition>> = {
  "meta.v1.PartialObjectMetadata": {
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { $ref: "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta" },
    },
  },
  "meta.v1.PartialObjectMetadataList": {
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { $ref: "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta" },
      items: {
        type: "array",
        items: { $ref: "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadata" },
      },
    },
    required: ["items"],
  },
  "meta.v1.GroupVersionKind": {
    properties: { group: { type: "string" }, version: { type: "string" }, kind: { type: "string" } },
    required: ["group", "version", "kind"],
  },
  ...discoveryTypes(),
};

/** What discovery answers with when it is asked for everything at once. */
function discoveryTypes(): Record<string, OpenApiDefinition> {
  const text: OpenApiProperty = { type: "string" };
  const texts: OpenApiProperty = { type: "array", items: text };
  const meta = (name: string): OpenApiProperty => ({
    $ref: `#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.${name}`,
  });
  const listOf = (name: string): OpenApiProperty => ({
    type: "array",
    items: { $ref: `#/definitions/${DISCOVERY_PREFIX}.${name}` },
  });
  const types: Record<string, Record<string, OpenApiProperty>> = {
    APIGroupDiscoveryList: {
      apiVersion: text,
      kind: text,
      metadata: meta("ListMeta"),
      items: listOf("APIGroupDiscovery"),
    },
    APIGroupDiscovery: {
      apiVersion: text,
      kind: text,
      metadata: meta("ObjectMeta"),
      versions: listOf("APIVersionDiscovery"),
    },
    APIVersionDiscovery: { version: text, resources: listOf("APIResourceDiscovery"), freshness: text },
    APIResourceDiscovery: {
      resource: text,
      responseKind: meta("GroupVersionKind"),
      scope: text,
      singularResource: text,
      verbs: texts,
      shortNames: texts,
      categories: texts,
      subresources: listOf("APISubresourceDiscovery"),
    },
    APISubresourceDiscovery: {
      subresource: text,
      responseKind: meta("GroupVersionKind"),
      acceptedTypes: { type: "array", items: meta("GroupVersionKind") },
      verbs: texts,
    },
  };
  return Object.fromEntries(
    Object.entries(types).map(([name, properties]) => [`${DISCOVERY_PACKAGE}.${name}`, { properties }]),
  );
}

/** Query parameters of the subresources that are connected to, and of logs: they follow no rule. */
function connectParameters(document: OpenApiDocument): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    const match = /\/(\w+)\/\{name\}\/(\w+)$/.exec(path);
    if (!match || !item.get) continue;
    if (item.get["x-kubernetes-action"] !== "connect" && match[2] !== "log") continue;
    const parameters = [...(item.parameters ?? []), ...(item.get.parameters ?? [])]
      .map((p) => (p.$ref ? document.parameters![p.$ref.slice("#/parameters/".length)]! : p))
      .filter((p) => p.in === "query" && p.name !== "pretty")
      .map((p) => `${p.name}:${p.type}`)
      .sort();
    found[`${match[1]}/${match[2]}`] = parameters.join(" ");
  }
  return found;
}

/** The compact form of an OpenAPI v2 document, completed with protobuf field numbers and facts of the Go types. */
export function compactFromOpenApi(version: string, document: OpenApiDocument, sources: SchemaSources): CompactSchema {
  const { goTypes } = sources;
  const packages: Record<string, string> = {};
  const types: Record<string, CompactType> = {};
  for (const full of Object.keys(document.definitions).sort()) {
    const { prefix } = splitName(full);
    packages[shortPackage(prefix)] = prefix;
    types[shortTypeName(full)] = compactType(full, document.definitions[full]!, sources);
  }
  for (const short of missingTypes(types, goTypes))
    types[short] = { fields: compactFields(short, {}, goTypes, undefined) };
  packages[DISCOVERY_PACKAGE] = DISCOVERY_PREFIX;
  for (const [short, definition] of Object.entries(HIDDEN_TYPES))
    types[short] = { hidden: true, fields: compactFields(short, definition, goTypes, undefined) };
  const sorted = Object.fromEntries(Object.entries(types).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { version, packages, connectParameters: connectParameters(document), types: sorted };
}
