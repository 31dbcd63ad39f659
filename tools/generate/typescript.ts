// SPDX-License-Identifier: Apache-2.0

import { type CompactSchema, fullTypeName, parseField } from "../../src/apimachinery/compact-schema.ts";
import type { ScalarKind, Shape } from "../../src/apimachinery/schema.ts";

/** Types whose TypeScript is written by hand in apimachinery, for every room to share. */
const HAND_WRITTEN: Readonly<Record<string, string>> = {
  "meta.v1.ObjectMeta": "ObjectMeta",
  "meta.v1.OwnerReference": "OwnerReference",
  "meta.v1.ManagedFieldsEntry": "ManagedFieldsEntry",
  "meta.v1.FieldsV1": "FieldsV1",
};

const SCALAR_TEXT: Readonly<Record<ScalarKind, string>> = {
  string: "string",
  boolean: "boolean",
  int32: "number",
  int64: "number",
  number: "number",
  bytes: "string",
  quantity: "string",
  time: "string",
  microTime: "string",
  duration: "string",
  intOrString: "number | string",
  any: "unknown",
};

/** What single types are, where the schema only says "any". */
const ANY_TEXT: Readonly<Record<string, string>> = {
  "runtime.RawExtension": "Record<string, unknown>",
  "apiextensions.v1.JSONSchemaPropsOrArray": "JSONSchemaProps | JSONSchemaProps[]",
  "apiextensions.v1.JSONSchemaPropsOrBool": "JSONSchemaProps | boolean",
  "apiextensions.v1.JSONSchemaPropsOrStringArray": "JSONSchemaProps | string[]",
};

/** The file of a package: `core.v1` → `core-v1`; the small ones of apimachinery live with meta/v1. */
export function packageFile(typePackage: string): string {
  if (/^(resource|runtime|intstr|version)$/.test(typePackage)) return "meta-v1";
  return typePackage.replaceAll(".", "-");
}

interface FileWriter {
  readonly schema: CompactSchema;
  readonly shortNames: ReadonlyMap<string, string>;
  readonly file: string;
  /** Other file → type names. */
  readonly imports: Map<string, Set<string>>;
  /** Hand-written types that the file itself uses. */
  readonly handWritten: Set<string>;
}

function reference(full: string, writer: FileWriter): string {
  const short = writer.shortNames.get(full)!;
  const dot = short.lastIndexOf(".");
  const name = short.slice(dot + 1);
  const file = packageFile(short.slice(0, dot));
  if (file === writer.file) {
    if (HAND_WRITTEN[short]) writer.handWritten.add(name);
    return name;
  }
  let names = writer.imports.get(file);
  if (!names) writer.imports.set(file, (names = new Set()));
  names.add(name);
  return name;
}

function typeText(shape: Shape, writer: FileWriter): string {
  switch (shape.type) {
    case "scalar":
      return SCALAR_TEXT[shape.scalar];
    case "list": {
      const items = typeText(shape.items, writer);
      return items.includes("|") ? `(${items})[]` : `${items}[]`;
    }
    case "map":
      return `Record<string, ${typeText(shape.values, writer)}>`;
    case "ref":
      return reference(shape.name, writer);
    case "object":
      throw new Error("compact fields name their types");
  }
}

function isKind(short: string, schema: CompactSchema): boolean {
  const type = schema.types[short]!;
  return type.kinds?.length === 1 && type.fields?.["metadata"] !== undefined;
}

function interfaceText(short: string, writer: FileWriter): string {
  const { schema } = writer;
  const type = schema.types[short]!;
  const dot = short.lastIndexOf(".");
  const name = short.slice(dot + 1);
  if (HAND_WRITTEN[short]) return `export type { ${name} } from "../../../apimachinery/index.ts";\n`;
  if (type.scalar) return `export type ${name} = ${ANY_TEXT[short] ?? SCALAR_TEXT[type.scalar]};\n`;
  const kind = isKind(short, schema);
  const single = kind && type.kinds![0]!.split("/");
  const lines: string[] = [];
  for (const [field, line] of Object.entries(type.fields ?? {})) {
    const parsed = parseField(line, short.slice(0, dot), schema);
    if (parsed.later) continue;
    if (single && field === "apiVersion")
      lines.push(`  apiVersion?: ${JSON.stringify(single[0] ? `${single[0]}/${single[1]}` : single[1])};`);
    else if (single && field === "kind") lines.push(`  kind?: ${JSON.stringify(single[2])};`);
    else {
      const always =
        parsed.required || (kind && (field === "metadata" || (field === "spec" && !parsed.schema.pointer)));
      const key = /^[A-Za-z_$][\w$]*$/.test(field) ? field : JSON.stringify(field);
      lines.push(`  ${key}${always ? "" : "?"}: ${typeText(parsed.schema.shape, writer)};`);
    }
  }
  const object = kind && type.fields?.["items"] === undefined;
  if (object) writer.handWritten.add("KubeObject");
  const doc = single ? `/** ${single[2]} of ${single[0] ? `${single[0]}/` : ""}${single[1]}. */\n` : "";
  return `${doc}export interface ${name}${object ? " extends KubeObject" : ""} {\n${lines.join("\n")}${lines.length ? "\n" : ""}}\n`;
}

/** Packages whose names win where two packages have the same one and neither or both are kinds. */
const PREFERRED = ["meta.v1", "core.v1", "rbac.v1", "admissionregistration.v1", "authentication.v1", "autoscaling.v2"];

function preference(short: string, schema: CompactSchema): number {
  const index = PREFERRED.indexOf(short.slice(0, short.lastIndexOf(".")));
  return (schema.types[short]!.kinds ? 0 : PREFERRED.length + 1) + (index < 0 ? PREFERRED.length : index);
}

/** `EventsV1Event`: the package in front, as it is written where the plain name belongs to another one. */
function prefixedName(short: string): string {
  return short.replace(/(^|\.)(\w)/g, (_, _dot, letter: string) => letter.toUpperCase());
}

/** The index of a version: every type of a stable package by name. */
function indexText(schema: CompactSchema): string {
  const owners = new Map<string, string>();
  const stable = Object.keys(schema.types).filter((s) => !schema.types[s]!.later && !/(alpha|beta)\d+\./.test(s));
  for (const short of stable) {
    const name = short.slice(short.lastIndexOf(".") + 1);
    const owner = owners.get(name);
    if (!owner || preference(short, schema) < preference(owner, schema)) owners.set(name, short);
  }
  const byFile = new Map<string, string[]>();
  for (const short of stable) {
    const name = short.slice(short.lastIndexOf(".") + 1);
    const file = packageFile(short.slice(0, short.lastIndexOf(".")));
    const item = owners.get(name) === short ? name : `${name} as ${prefixedName(short)}`;
    byFile.set(file, [...(byFile.get(file) ?? []), item]);
  }
  const exports = [...byFile].map(
    ([file, names]) => `export type {\n${names.map((n) => `  ${n},\n`).join("")}} from "./${file}.ts";\n`,
  );
  return `${LICENCE}${NOTE}\n${exports.join("")}`;
}

const LICENCE = "// SPDX-License-Identifier: Apache-2.0\n";
const NOTE = "// Generated by tools/generate.ts; do not edit.\n";

/** TypeScript interfaces of all types: file name → text. */
export function typescriptFiles(schema: CompactSchema): Map<string, string> {
  const shortNames = new Map<string, string>();
  const byFile = new Map<string, string[]>();
  for (const [short, type] of Object.entries(schema.types)) {
    shortNames.set(fullTypeName(schema.packages, short), short);
    if (type.later) continue;
    const file = packageFile(short.slice(0, short.lastIndexOf(".")));
    byFile.set(file, [...(byFile.get(file) ?? []), short]);
  }
  const files = new Map<string, string>();
  for (const [file, shorts] of byFile) {
    const writer: FileWriter = { schema, shortNames, file, imports: new Map(), handWritten: new Set() };
    const body = shorts.map((short) => interfaceText(short, writer));
    const local = [...writer.handWritten].sort();
    const imports = [...writer.imports]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([from, names]) => `import type { ${[...names].sort().join(", ")} } from "./${from}.ts";\n`);
    if (local.length) imports.unshift(`import type { ${local.join(", ")} } from "../../../apimachinery/index.ts";\n`);
    files.set(`${file}.ts`, [LICENCE + NOTE, imports.join(""), ...body].filter(Boolean).join("\n"));
  }
  files.set("index.ts", indexText(schema));
  return files;
}
