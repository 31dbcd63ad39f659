// SPDX-License-Identifier: Apache-2.0

/**
 * A text without the characters of one kind at its end. In linear time, which a pattern like `/x+$/` is not: it tries every
 * run anew.
 *
 * @example
 * trimEnd("a/b//", "/") // "a/b"
 */
export function trimEnd(text: string, character: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === character) end--;
  return text.slice(0, end);
}
