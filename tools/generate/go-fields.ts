// SPDX-License-Identifier: Apache-2.0

import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What the OpenAPI document does not say of a field, but the API's Go types do. */
export interface GoField {
  /** The Go field is a pointer: absent and zero differ, and protobuf leaves it out when absent. */
  pointer?: true;
  /** Written in JSON although empty: no omitempty. */
  keptEmpty?: true;
  /** Left out of JSON when its struct is zero: omitzero. */
  omitZero?: true;
  /** Must be given: so says its marker or, where it has none, its being kept. */
  required?: true;
  /** How a map is merged, where its marker says so. */
  mapType?: string;
  /** Protobuf field numbers from the outside in; several where Go embeds a message that JSON inlines. */
  tags?: number[];
  /** The Go names of the embedded structs around a field that JSON inlines. */
  embedded?: string;
  /** The Go type as its JSON decoder's errors print it, where it is not the plain one. */
  goType?: string;
  /** The default that the field's marker states. */
  default?: unknown;
  /** Allowed values of a +enum type, sorted. */
  enum?: string[];
}

/** Short type name → JSON field name → facts, in the order of the Go struct. */
export type GoFields = Record<string, Record<string, GoField>>;

interface RawField {
  jsonName: string;
  inline: boolean;
  type: string;
  omitEmpty: boolean;
  omitZero: boolean;
  tag: number | undefined;
  required: boolean;
  mapType: string | undefined;
  default: string | undefined;
}

interface GoPackage {
  /** The last path element, which is also the Go package's name: `v1`. */
  goName: string;
  structs: Map<string, RawField[]>;
  /** `type PodPhase string` → underlying type. */
  named: Map<string, string>;
  /** `type Rule = v1.Rule` → the short name of the type meant. */
  aliases: Map<string, string>;
  enums: Map<string, string[]>;
  constants: Map<string, string>;
}

/** Before a value of an enum that stands for another constant or, in quotes, for itself. */
const CONVERTED = "=";

const FIELD = /^\s+(?:(\w+)\s+)?([\w.*[\]]+)\s+`json:"([^"]*)"(.*)`/;

function rawField(line: string, markers: readonly string[]): RawField | undefined {
  const match = FIELD.exec(line);
  if (!match) return undefined;
  const [name = "", ...options] = match[3]!.split(",");
  if (name === "-") return undefined;
  const tag = /protobuf:"\w+,(\d+)/.exec(match[4]!)?.[1];
  const valueOf = (marker: string) => markers.find((m) => m.startsWith(`+${marker}=`))?.slice(marker.length + 2);
  const omitEmpty = options.includes("omitempty");
  return {
    jsonName: name,
    inline: options.includes("inline"),
    type: match[2]!,
    omitEmpty,
    omitZero: options.includes("omitzero"),
    tag: tag === undefined ? undefined : Number(tag),
    required: markers.includes("+required") || (!markers.includes("+optional") && !omitEmpty),
    mapType: valueOf("mapType"),
    default: valueOf("default"),
  };
}

/** Reads one package's type files line by line; the API's sources are regular enough for that. */
function readPackage(folder: string, goName: string): GoPackage {
  const found: GoPackage = {
    goName,
    structs: new Map(),
    named: new Map(),
    aliases: new Map(),
    enums: new Map(),
    constants: new Map(),
  };
  for (const file of readdirSync(folder).sort())
    if (file.endsWith(".go") && !/_test\.go$|^zz_|generated|^register/.test(file))
      readFile(readFileSync(join(folder, file), "utf8"), found);
  return found;
}

function readFile(text: string, found: GoPackage): void {
  let struct: RawField[] | undefined;
  let markers: string[] = [];
  for (const line of text.split("\n")) {
    const comment = /^\s*\/\/\s?(.*)$/.exec(line);
    if (comment) {
      markers.push(comment[1]!.trim());
      continue;
    }
    const opened = /^type (\w+) struct ?\{(\})?/.exec(line);
    const named = /^type (\w+) ([\w[\].*]+)$/.exec(line.replace(/\s*\/\/.*$/, ""));
    const same = /^type (\w+) =? ?(v1)\.(\w+)$/.exec(line);
    const constant = /^(?:const)?\s+(\w+)\s+(\w+)\s*=\s*"([^"]*)"/.exec(line);
    const converted = /^(?:const)?\s+\w+\s*=\s*(\w+)\((?:\w+\.)?("[^"]*"|\w+)\)/.exec(line);
    const alias = /^(?:const)?\s+(\w+)\s+=\s*"([^"]*)"/.exec(line);
    if (opened) {
      struct = [];
      found.structs.set(opened[1]!, struct);
      if (opened[2]) struct = undefined;
    } else if (line.startsWith("}")) struct = undefined;
    else if (struct) {
      const field = rawField(line, markers);
      if (field) struct.push(field);
    } else if (same && found.goName !== "v1") found.aliases.set(same[1]!, `${same[2]}.${same[3]}`);
    else if (named) {
      found.named.set(named[1]!, named[2]!);
      if (markers.includes("+enum")) found.enums.set(named[1]!, []);
    } else if (constant) {
      found.constants.set(constant[1]!, constant[3]!);
      found.enums.get(constant[2]!)?.push(constant[3]!);
    } else if (converted) found.enums.get(converted[1]!)?.push(CONVERTED + converted[2]!);
    else if (alias) found.constants.set(alias[1]!, alias[2]!);
    if (line.trim() !== "" || struct === undefined) markers = [];
  }
}

const BASIC = new Set(["string", "bool", "int32", "int64", "int", "float64", "byte", "uint8"]);

type Packages = ReadonlyMap<string, GoPackage>;

/** Go's name of a type as error messages print it: `v1.PodPhase`, `map[string]string`, `[]v1.Container`. */
function goTypeText(type: string, goName: string): string {
  if (type.startsWith("*")) return goTypeText(type.slice(1), goName);
  if (type.startsWith("[]")) return type === "[]byte" ? "[]uint8" : `[]${goTypeText(type.slice(2), goName)}`;
  const map = /^map\[([\w.]+)\](.*)$/.exec(type);
  if (map) return `map[${goTypeText(map[1]!, goName)}]${goTypeText(map[2]!, goName)}`;
  if (BASIC.has(type)) return type;
  const dot = type.lastIndexOf(".");
  if (dot < 0) return `${goName}.${type}`;
  const from = type.slice(0, dot);
  return `${/^(metav1|v1|apiv1|corev1)$/.test(from) ? "v1" : from}.${type.slice(dot + 1)}`;
}

/** The type as it would read without names of its own: what the OpenAPI document lets one guess. */
function isPlain(goType: string): boolean {
  return BASIC.has(goType) || goType === "map[string]string" || goType === "[]string";
}

function statedDefault(text: string | undefined, own: GoPackage): unknown {
  if (text === undefined) return undefined;
  if (!text.startsWith("ref(")) return JSON.parse(text);
  const name = text.slice(4, -1).split(".").at(-1)!;
  return own.constants.get(name);
}

/** The package that a type's qualifier means, by the usual import names; none means the package itself. */
function packageOf(packages: Packages, own: GoPackage, qualifier: string | undefined): GoPackage | undefined {
  if (qualifier === undefined) return own;
  if (/^(?:v1|apiv1|corev1)$/.test(qualifier)) return packages.get("core.v1");
  return qualifier === "metav1" ? packages.get("meta.v1") : undefined;
}

/** The values of an enum type. */
function enumValues(packages: Packages, own: GoPackage, type: string): string[] | undefined {
  const name = type.split(".").at(-1)!;
  const from = packageOf(packages, own, type === name ? undefined : type.split(".")[0]);
  return from?.enums.get(name)?.map((value) => {
    if (!value.startsWith(CONVERTED)) return value;
    const meant = value.slice(CONVERTED.length);
    return meant.startsWith('"') ? meant.slice(1, -1) : packages.get("core.v1")!.constants.get(meant)!;
  });
}

function embed(fields: Record<string, GoField>, name: string): Record<string, GoField> {
  const inside: Record<string, GoField> = {};
  for (const [key, field] of Object.entries(fields))
    inside[key] = { ...field, embedded: field.embedded ? `${name}.${field.embedded}` : name };
  return inside;
}

function fieldsOf(packages: Packages, short: string, structName: string, outer: number[]): Record<string, GoField> {
  const own = packages.get(short)!;
  const alias = own.aliases.get(structName);
  if (alias) return fieldsOf(packages, short.replace(/\.\w+$/, ".v1"), alias.slice("v1.".length), outer);
  const fields: Record<string, GoField> = {};
  for (const raw of own.structs.get(structName) ?? []) {
    const tags = raw.tag === undefined ? outer : [...outer, raw.tag];
    if (raw.inline) {
      if (raw.type.endsWith("TypeMeta")) Object.assign(fields, { kind: {}, apiVersion: {} });
      else {
        const name = raw.type.replace(/^\*/, "");
        Object.assign(fields, embed(fieldsOf(packages, short, name, tags), name.replace(/^.*\./, "")));
      }
      continue;
    }
    const goType = goTypeText(raw.type, own.goName);
    const base = raw.type.replace(/^\*|^\[\]|^map\[[^\]]*\]/, "");
    const values = enumValues(packages, own, base);
    const stated = statedDefault(raw.default, own);
    fields[raw.jsonName] = {
      ...(raw.type.startsWith("*") ? { pointer: true } : {}),
      ...(raw.omitEmpty || raw.omitZero ? {} : { keptEmpty: true }),
      ...(raw.omitZero ? { omitZero: true } : {}),
      ...(raw.required ? { required: true } : {}),
      ...(raw.mapType ? { mapType: raw.mapType } : {}),
      ...(raw.tag === undefined ? {} : { tags }),
      ...(isPlain(goType) ? {} : { goType }),
      ...(stated === undefined ? {} : { default: stated }),
      ...(values ? { enum: [...new Set(values)].sort() } : {}),
    };
  }
  return fields;
}

/** Folders of the API's Go modules below `root`, by short package name. */
function packageFolders(root: string): Record<string, string> {
  const folders: Record<string, string> = {
    "meta.v1": "apimachinery/pkg/apis/meta/v1",
    version: "apimachinery/pkg/version",
    "apiextensions.v1": "apiextensions-apiserver/pkg/apis/apiextensions/v1",
    "apiregistration.v1": "kube-aggregator/pkg/apis/apiregistration/v1",
  };
  for (const group of readdirSync(join(root, "api"), { withFileTypes: true })) {
    if (!group.isDirectory()) continue;
    for (const version of readdirSync(join(root, "api", group.name)))
      if (existsSync(join(root, "api", group.name, version, "types.go")))
        folders[`${group.name}.${version}`] = `api/${group.name}/${version}`;
  }
  return folders;
}

/**
 * Reads the facts from the sources of the Go modules k8s.io/api, apimachinery, apiextensions-apiserver and
 * kube-aggregator of one version, unpacked side by side in `root` under those names.
 */
export function readGoFields(root: string): GoFields {
  const packages = new Map<string, GoPackage>();
  for (const [short, folder] of Object.entries(packageFolders(root)).sort(([a], [b]) => (a < b ? -1 : 1)))
    packages.set(short, readPackage(join(root, folder), folder.split("/").at(-1)!));
  const all: GoFields = {};
  for (const [short, own] of packages)
    for (const name of [...own.structs.keys(), ...own.aliases.keys()].sort())
      all[`${short}.${name}`] = fieldsOf(packages, short, name, []);
  return all;
}

/** Served by no API group of the server's own types: what discovery itself answers with. */
const DISCOVERY_GROUP = "apidiscovery.k8s.io";

/** `group/version` of everything that the Go modules register, in order; types of every group are listed for each. */
export function readGroupVersions(root: string): string[] {
  const parents = [
    "apiextensions-apiserver/pkg/apis/apiextensions",
    "kube-aggregator/pkg/apis/apiregistration",
    ...readdirSync(join(root, "api")).map((group) => `api/${group}`),
  ];
  const found: [group: string, version: string][] = [];
  for (const parent of parents)
    for (const version of globSync("*/register.go", { cwd: join(root, parent) }).map(dirname)) {
      const text = readFileSync(join(root, parent, version, "register.go"), "utf8");
      const group = /GroupName\s*=\s*"([^"]*)"/.exec(text)?.[1];
      if (group !== undefined && group !== DISCOVERY_GROUP) found.push([group, version]);
    }
  return found.sort(([a, v], [b, w]) => (a === b ? (v < w ? -1 : 1) : a < b ? -1 : 1)).map((names) => names.join("/"));
}
