// SPDX-License-Identifier: Apache-2.0

import { goQuote, plainServerError } from "../../apimachinery/index.ts";

const MAX_UINT64 = 2n ** 64n - 1n;

/**
 * The revision that an object's metadata.resourceVersion states; zero for none. Throws what the original's number parser
 * says of a text that is no number, as an error without a reason.
 */
export function givenRevision(text: string | undefined): bigint {
  if (!text) return 0n;
  if (!/^\d+$/.test(text)) throw unparsable(text, "invalid syntax");
  const revision = BigInt(text);
  if (revision > MAX_UINT64) throw unparsable(text, "value out of range");
  return revision;
}

const unparsable = (text: string, why: string): Error =>
  plainServerError(`strconv.ParseUint: parsing ${goQuote(text)}: ${why}`);
