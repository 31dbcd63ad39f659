// SPDX-License-Identifier: Apache-2.0

/** Whether Go takes an escaped path as it stands. */
const VALID_ESCAPED = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@[\]/]|%[0-9A-Fa-f]{2})*$/;
/** What Go escapes in a path that it writes anew: all but these. */
const ESCAPED_BY_GO = /[^A-Za-z0-9\-._~$&+,/:;=@]/g;

const escapeCharacter = (character: string): string =>
  Array.from(
    new TextEncoder().encode(character),
    (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
  ).join("");

/** A path as Go writes it anew. */
export const escapePath = (path: string): string => path.replaceAll(ESCAPED_BY_GO, escapeCharacter);

/** The path behind escapes; undefined where an escape is none. */
export function unescapePath(path: string): string | undefined {
  if (!path.includes("%")) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** A path as Go prints it when nobody has changed it. */
export const printedPath = (path: string): string =>
  VALID_ESCAPED.test(path) ? path : escapePath(unescapePath(path) ?? path);

/** Joins paths as Go does: no doubled slashes, no `.` and `..`; a slash at the end of the last one is kept. */
export function joinPaths(...paths: readonly string[]): string {
  const joined = paths.filter((path) => path !== "").join("/");
  const kept: string[] = [];
  for (const segment of joined.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment !== "..") kept.push(segment);
    else kept.pop();
  }
  const path = `/${kept.join("/")}`;
  return joined.endsWith("/") && path !== "/" ? `${path}/` : path;
}
