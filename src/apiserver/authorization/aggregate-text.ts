// SPDX-License-Identifier: Apache-2.0

/** Several messages in one sentence, as upstream's aggregate prints them: each once, in brackets when there are several. */
export function aggregateText(messages: readonly string[]): string {
  const unique = [...new Set(messages)];
  return unique.length === 1 ? unique[0]! : `[${unique.join(", ")}]`;
}
