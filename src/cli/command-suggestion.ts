// SPDX-License-Identifier: Apache-2.0

/** What other tools call it. */
const KNOWN_AS: Readonly<Record<string, string>> = {
  start: "up",
  create: "up",
  run: "up",
  stop: "down",
  delete: "down --purge",
  destroy: "down --purge",
  ps: "status",
  list: "status",
  ls: "status",
};
/** One slip of the finger for every so many letters is a slip; more is another word. */
const LETTERS_PER_SLIP = 3;

/** Slips between two words: letters left out, put in, changed, or swapped with the next. */
function slips(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(Math.min(change, last[j]! + 1, row[j - 1]! + 1, isSwap ? beforeLast[j - 2]! + 1 : Infinity));
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}

/** The command that an unknown word was meant for; undefined where only a guess would be left. */
export function suggestedCommand(word: string, commands: readonly string[]): string | undefined {
  if (Object.hasOwn(KNOWN_AS, word)) return KNOWN_AS[word];
  const unfinished = word.length > 1 ? commands.filter((command) => command.startsWith(word)) : [];
  if (unfinished.length === 1) return unfinished[0];
  const near = commands
    .map((command) => ({ command, distance: slips(word, command) }))
    .filter(({ command, distance }) => distance <= Math.max(1, Math.floor(command.length / LETTERS_PER_SLIP)))
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.command;
}
