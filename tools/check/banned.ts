// SPDX-License-Identifier: Apache-2.0

import { roomOf } from "./borders.ts";
import { TIME_ROOMS } from "./rooms.ts";
import { type Finding, type SourceFile, type SyntaxNode, walk } from "./source-file.ts";

/** Globals that reach the machine past a port. */
const GLOBALS: ReadonlySet<string> = new Set([
  "setTimeout",
  "setInterval",
  "setImmediate",
  "fetch",
  "performance",
  "crypto",
  "process",
  "require",
  "XMLHttpRequest",
  "WebSocket",
]);
/** Members of otherwise harmless globals. */
const MEMBERS: Readonly<Record<string, ReadonlySet<string>>> = {
  Date: new Set(["now"]),
  Math: new Set(["random"]),
};
/** Objects through which any global can be reached. */
const ROOTS: ReadonlySet<string> = new Set(["globalThis", "global", "window", "self"]);

const nameOf = (node: unknown): string | undefined => {
  const n = node as SyntaxNode | undefined;
  if (n?.type === "Identifier") return n["name"] as string;
  if (n?.type === "Literal" && typeof n["value"] === "string") return n["value"];
  return undefined;
};

/** Identifiers that are no reads of a variable: property names, keys, labels, declarations of members. */
function isReference(node: SyntaxNode, parent: SyntaxNode | undefined): boolean {
  if (!parent) return false;
  if (parent.type === "MemberExpression") return parent["object"] === node || parent["computed"] === true;
  if (parent.type === "Property") return parent["value"] === node;
  return !/^(TS(PropertySignature|MethodSignature|TypeReference|QualifiedName|TypeQuery|EnumMember)|MethodDefinition|PropertyDefinition|ImportSpecifier|ExportSpecifier|LabeledStatement)$/.test(
    parent.type,
  );
}

/** Names that the file itself declares or imports: those are not the globals. */
function declaredNames(program: SyntaxNode): ReadonlySet<string> {
  const names = new Set<string>();
  const bind = (node: unknown): void => {
    const n = node as SyntaxNode | null | undefined;
    if (!n) return;
    if (n.type === "Identifier") names.add(n["name"] as string);
    else if (n.type === "ObjectPattern")
      for (const p of n["properties"] as SyntaxNode[]) bind(p["value"] ?? p["argument"]);
    else if (n.type === "ArrayPattern") for (const e of n["elements"] as SyntaxNode[]) bind(e);
    else if (n.type === "AssignmentPattern") bind(n["left"]);
    else if (n.type === "RestElement") bind(n["argument"]);
  };
  walk(program, (node) => {
    if (node.type === "VariableDeclarator" || /Function|^ClassDeclaration$/.test(node.type)) bind(node["id"]);
    if (/^Import(Default|Namespace)?Specifier$/.test(node.type)) bind(node["local"]);
    const params = node["params"];
    if (Array.isArray(params)) for (const param of params) bind(param);
  });
  return names;
}

function messageFor(
  node: SyntaxNode,
  parent: SyntaxNode | undefined,
  declared: ReadonlySet<string>,
): string | undefined {
  if (node.type === "MemberExpression") {
    const object = nameOf(node["object"]);
    const member = nameOf(node["property"]);
    if (object && member && MEMBERS[object]?.has(member)) return `${object}.${member}`;
    if (object && ROOTS.has(object) && !declared.has(object)) return `${object}.${member ?? "…"}`;
    return undefined;
  }
  if (node.type !== "Identifier" || !isReference(node, parent)) return undefined;
  const name = node["name"] as string;
  if (declared.has(name)) return undefined;
  if (GLOBALS.has(name)) return name;
  // Only members of Date are harmless: the constructor and the bare name reach the clock.
  if (name === "Date" && parent?.type !== "MemberExpression") return "Date";
  return undefined;
}

/** Uses of time, timers, randomness, network and process outside the rooms of the machine. */
export function checkBanned(file: SourceFile): Finding[] {
  const room = roomOf(file.path);
  if (!room || TIME_ROOMS.has(room)) return [];
  const atRim = room === "cli" || room === "dashboard";
  const declared = declaredNames(file.program);
  const findings: Finding[] = [];
  walk(file.program, (node, parent) => {
    const used = messageFor(node, parent, declared);
    if (!used || (atRim && used === "process")) return;
    findings.push({
      path: file.path,
      line: file.lineOf(node.start),
      message: `uses ${used}; time, randomness, network and processes come in through ports`,
    });
  });
  return findings;
}
