// SPDX-License-Identifier: Apache-2.0

import { type SyntaxNode, walk } from "./source-file.ts";

/** Names that the file itself declares or imports: those are not the globals. */
export function declaredNames(program: SyntaxNode): ReadonlySet<string> {
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
