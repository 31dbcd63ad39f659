// SPDX-License-Identifier: Apache-2.0

import { posix } from "node:path";
import { declaredNames } from "./declared-names.ts";
import { PARTS, PURE_PACKAGES, RIM, ROOMS, STORE_USERS } from "./rooms.ts";
import { type Finding, type SourceFile, type SyntaxNode, walk } from "./source-file.ts";

/** The room of a file under src/, or undefined for the door of the whole (src/index.ts). */
export function roomOf(path: string): string | undefined {
  const parts = path.split("/");
  return parts[0] === "src" && parts.length > 2 ? parts[1] : undefined;
}

const isTest = (path: string): boolean => path.endsWith(".test.ts");

const literal = (node: unknown): string | undefined => {
  const value = (node as { value?: unknown } | undefined)?.value;
  return typeof value === "string" ? value : undefined;
};

/** The module that a node names: import, import type, re-export, dynamic import, import type expression, require. */
function specifierOf(node: SyntaxNode): string | undefined {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
      return literal(node["source"]);
    case "ImportExpression":
      return literal(node["source"]) ?? "unknown";
    case "TSImportType":
      return literal(node["source"]) ?? literal((node["argument"] as SyntaxNode | undefined)?.["literal"]) ?? "unknown";
    case "TSExternalModuleReference":
      return literal(node["expression"]);
    case "CallExpression": {
      const callee = node["callee"] as SyntaxNode;
      if (callee.type !== "Identifier" || callee["name"] !== "require") return undefined;
      return literal((node["arguments"] as SyntaxNode[])[0]) ?? "unknown";
    }
    default:
      return undefined;
  }
}

/** Why a file may not import what it names; undefined when it may. */
function refusal(file: SourceFile, specifier: string): string | undefined {
  const room = roomOf(file.path);
  if (!room) return undefined;
  if (specifier === "unknown") return "imports a module whose name is computed; name it";
  if (specifier.startsWith(".")) return refuseRoom(file, room, posix.join(posix.dirname(file.path), specifier));
  return refusePackage(file, room, specifier);
}

function refuseRoom(file: SourceFile, room: string, target: string): string | undefined {
  const other = roomOf(target);
  if (!target.startsWith("src/")) return isTest(file.path) ? undefined : `imports ${target}, outside src/`;
  if (other === room) return undefined;
  if (!other) return `imports ${target}, which is the door for users`;
  // A test may build what it tests upon: the whole below composition.
  if (isTest(file.path)) return undefined;
  if (other === "store" && !STORE_USERS.has(room)) return `${room}/ may not touch a store: it talks to the API server`;
  if (PARTS.has(room) && PARTS.has(other)) return `${room}/ and ${other}/ are parts; they meet through the API only`;
  if (order(other) > order(room)) return `${room}/ stands below ${other}/ and may not import it`;
  return refuseDoor(target, other);
}

/** Rooms have one door. Doors of folders inside a room count too, since some rooms are large. */
function refuseDoor(target: string, other: string): string | undefined {
  if (posix.basename(target) === "index.ts" || OPEN_FILES.has(target)) return undefined;
  return `imports ${target} past the door of ${other}/; take it from an index.ts`;
}

/** Files that are doors by themselves: contracts that only hold types. */
const OPEN_FILES: ReadonlySet<string> = new Set(["src/client/transport.ts"]);

function order(room: string): number {
  const index = (ROOMS as readonly string[]).indexOf(room);
  return index < 0 ? Number.POSITIVE_INFINITY : index;
}

function refusePackage(file: SourceFile, room: string, specifier: string): string | undefined {
  if (RIM.has(room) || isTest(file.path)) return undefined;
  const name = specifier.startsWith("@") ? specifier.split("/").slice(0, 2).join("/") : specifier.split("/")[0]!;
  if (PURE_PACKAGES[name]?.includes(room)) return undefined;
  return `imports ${specifier}; what touches the machine lives in platform/, and comes in through a port`;
}

/** Imports that cross a border of the architecture. */
export function checkBorders(file: SourceFile): Finding[] {
  const findings: Finding[] = [];
  // A function of that name that the file declares or imports is not the one of CommonJS.
  const ownRequire = declaredNames(file.program).has("require");
  const room = roomOf(file.path);
  if (room && order(room) === Number.POSITIVE_INFINITY)
    findings.push({ path: file.path, line: 1, message: `src/${room}/ is no room of the architecture` });
  walk(file.program, (node) => {
    const specifier = specifierOf(node);
    if (specifier === undefined || (ownRequire && node.type === "CallExpression")) return;
    const message = refusal(file, specifier);
    if (message) findings.push({ path: file.path, line: file.lineOf(node.start), message });
  });
  return findings;
}
