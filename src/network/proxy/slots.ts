// SPDX-License-Identifier: Apache-2.0

/**
 * Numbers backends from 0 without gaps, changing as few numbers as possible: one that stays keeps its number, a new one
 * takes that of one that went, and what is then missing at the end is filled from the end.
 */
export function assignSlots(old: readonly string[], wanted: readonly string[]): string[] {
  const isWanted = new Set(wanted);
  const slots: (string | undefined)[] = old.map((backend) => (isWanted.has(backend) ? backend : undefined));
  const kept = new Set(slots);
  const added = wanted.filter((backend) => !kept.has(backend));
  for (let i = 0; i < slots.length && added.length > 0; i++) if (slots[i] === undefined) slots[i] = added.shift();
  slots.push(...added);
  for (let i = 0; i < slots.length; i++) {
    while (slots.length > 0 && slots.at(-1) === undefined) slots.pop();
    if (i < slots.length && slots[i] === undefined) slots[i] = slots.pop();
  }
  return slots.filter((backend) => backend !== undefined);
}
