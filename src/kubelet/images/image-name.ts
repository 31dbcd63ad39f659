// SPDX-License-Identifier: Apache-2.0

const COMPONENT = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const DOMAIN =
  "(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::[0-9]+)?";
const IPV6_DOMAIN = "\\[[a-fA-F0-9:]+\\](?::[0-9]+)?";
const REFERENCE = new RegExp(
  `^(?:(?:${DOMAIN}|${IPV6_DOMAIN})/)?(${COMPONENT}(?:/${COMPONENT})*)(:[\\w][\\w.-]{0,127})?(@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$`,
);
const IDENTIFIER = /^[a-f0-9]{64}$/;
const NAME_LENGTH_MAX = 255;

/** Why an image reference is not one, in the words of the reference library; undefined when it is. */
export function imageNameError(image: string): string | undefined {
  if (IDENTIFIER.test(image))
    return `couldn't parse image name "${image}": invalid repository name (${image}), cannot specify 64-byte hexadecimal strings`;
  const found = REFERENCE.exec(image);
  if (!found) {
    const lower = REFERENCE.test(image.toLowerCase());
    const why = lower ? "invalid reference format: repository name must be lowercase" : "invalid reference format";
    return `couldn't parse image name "${image}": ${why}`;
  }
  if ((found[1] ?? "").length > NAME_LENGTH_MAX)
    return `couldn't parse image name "${image}": repository name must not be more than ${NAME_LENGTH_MAX} characters`;
  return undefined;
}

/** An image without tag and digest means the tag "latest". */
export function withDefaultTag(image: string): string {
  const found = REFERENCE.exec(image);
  return found && !found[2] && !found[3] ? `${image}:latest` : image;
}

/** The registry and repository that credentials are looked up for: `docker.io/library/busybox`. */
export function repositoryOf(image: string): string {
  const at = image.indexOf("@");
  let name = at >= 0 ? image.slice(0, at) : image;
  const colon = name.lastIndexOf(":");
  if (colon > name.lastIndexOf("/")) name = name.slice(0, colon);
  const slash = name.indexOf("/");
  const first = slash >= 0 ? name.slice(0, slash) : "";
  const isRegistry = first.includes(".") || first.includes(":") || first === "localhost";
  if (isRegistry) return name;
  return `docker.io/${slash < 0 ? "library/" : ""}${name}`;
}
