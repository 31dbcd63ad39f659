// SPDX-License-Identifier: Apache-2.0

import { roomOf } from "./borders.ts";
import { declaredNames } from "./declared-names.ts";
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
  const isTest = file.path.endsWith(".test.ts");
  const atRim = room === "cli" || room === "dashboard";
  const declared = declaredNames(file.program);
  const findings: Finding[] = [];
  walk(file.program, (node, parent) => {
    const used = messageFor(node, parent, declared);
    if (!used || (atRim && used === "process")) return;
    // Waiting for one turn of the event loop is no waiting for time.
    if (isTest && used === "setImmediate") return;
    findings.push({
      path: file.path,
      line: file.lineOf(node.start),
      message: `uses ${used}; time, randomness, network and processes come in through ports`,
    });
  });
  return findings;
}
