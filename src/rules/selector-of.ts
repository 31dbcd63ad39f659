// SPDX-License-Identifier: Apache-2.0

import { LabelSelector, labelSelectorOf, SelectorError, type LabelSelectorFields } from "../apimachinery/index.ts";

const compiled = new WeakMap<LabelSelectorFields, LabelSelector>();

/**
 * The selector of a cached object's LabelSelector field, compiled once for each version of the object. A field that is no
 * selector selects nothing.
 */
export function selectorOf(fields: LabelSelectorFields | null | undefined): LabelSelector {
  if (!fields) return LabelSelector.nothing;
  const known = compiled.get(fields);
  if (known) return known;
  const selector = compile(fields);
  compiled.set(fields, selector);
  return selector;
}

function compile(fields: LabelSelectorFields): LabelSelector {
  try {
    return labelSelectorOf(fields);
  } catch (error) {
    if (error instanceof SelectorError) return LabelSelector.nothing;
    throw error;
  }
}
