// SPDX-License-Identifier: Apache-2.0

/** Replaces `$(NAME)` by what is known, `$$` by `$`, and leaves the rest as it is. */
export function expand(text: string, valueOf: (name: string) => string | undefined): string {
  if (!text.includes("$")) return text;
  let out = "";
  let i = 0;
  while (i < text.length) {
    const char = text[i]!;
    if (char !== "$" || i + 1 >= text.length) {
      out += char;
      i++;
      continue;
    }
    const next = text[i + 1]!;
    if (next === "(") {
      const end = text.indexOf(")", i + 2);
      if (end < 0) {
        out += "$(";
        i += 2;
        continue;
      }
      const name = text.slice(i + 2, end);
      out += valueOf(name) ?? `$(${name})`;
      i = end + 1;
      continue;
    }
    out += next === "$" ? "$" : `$${next}`;
    i += 2;
  }
  return out;
}
