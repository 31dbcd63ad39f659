// SPDX-License-Identifier: Apache-2.0

const HOST_PART = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const HOST = `(?:${HOST_PART}(?:\\.${HOST_PART})*|\\[(?:[a-fA-F0-9:]+)\\])(?::[0-9]+)?`;
const PATH_PART = "[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*";
const REFERENCE = new RegExp(
  `^((?:${HOST}/)?${PATH_PART}(?:/${PATH_PART})*)` +
    "(?::([\\w][\\w.-]{0,127}))?(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$",
);
const IDENTIFIER = /^[a-f0-9]{64}$/;
const MAX_NAME_LENGTH = 255;

function parseTag(image: string): string | undefined {
  const match = REFERENCE.exec(image);
  if (!match || match[1]!.length > MAX_NAME_LENGTH || IDENTIFIER.test(image)) return undefined;
  const [, , tag, digest] = match;
  return tag ?? (digest === undefined ? "latest" : "");
}

const CACHE_LIMIT = 1024;
const tags = new Map<string, string | undefined>();

/** The pull policy of an image that states none: always for `latest`, else when absent. */
export function defaultPullPolicy(image: string | undefined): "Always" | "IfNotPresent" {
  if (!image) return "IfNotPresent";
  let tag = tags.get(image);
  if (tag === undefined && !tags.has(image)) {
    tag = parseTag(image);
    if (tags.size >= CACHE_LIMIT) tags.clear();
    tags.set(image, tag);
  }
  return tag === "latest" ? "Always" : "IfNotPresent";
}
