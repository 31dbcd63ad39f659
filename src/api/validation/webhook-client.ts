// SPDX-License-Identifier: Apache-2.0

import { dns1123SubdomainErrors, fieldError as field, portNumberErrors } from "../../apimachinery/index.ts";
import type { Errors } from "./checks.ts";

const FORM = "; desired format: https://host[/path]";
const URL_PARTS = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#([\s\S]*))?$/;

/** Why Go cannot parse a URL. */
function parseMistake(url: string): string | undefined {
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u0020\u007f]/.test(url.split("#")[0]!.replaceAll(" ", "")))
    return "net/url: invalid control character in URL";
  if (url.startsWith(":")) return "missing protocol scheme";
  const [, scheme, authority, path = ""] = URL_PARTS.exec(url) ?? [];
  if (scheme === undefined && authority === undefined && path.split("/")[0]!.includes(":"))
    return "first path segment in URL cannot contain colon";
  const host = authority?.slice(authority.lastIndexOf("@") + 1) ?? "";
  if (host.includes(" ")) return `invalid character " " in host name`;
  const port = host.startsWith("[") ? host.slice(host.indexOf("]") + 1) : host.slice(host.search(/:|$/));
  return port === "" || /^:\d*$/.test(port) ? undefined : `invalid port ${JSON.stringify(port)} after host`;
}

/** The URL of a webhook: https, and nothing but a host and a path. */
export function checkWebhookUrl(url: string, path: string, errors: Errors): void {
  const mistake = parseMistake(url);
  if (mistake) {
    errors.push(field.required(path, `url must be a valid URL: parse ${JSON.stringify(url)}: ${mistake}${FORM}`));
    return;
  }
  const [, scheme = "", authority = "", , query, fragment] = URL_PARTS.exec(url) ?? [];
  const at = authority.lastIndexOf("@");
  const host = authority.slice(at + 1);
  if (scheme.toLowerCase() !== "https")
    errors.push(field.invalid(path, scheme.toLowerCase(), `'https' is the only allowed URL scheme${FORM}`));
  if (host === "") errors.push(field.invalid(path, host, `host must be specified${FORM}`));
  if (at >= 0) errors.push(field.invalid(path, authority.slice(0, at), "user information is not permitted in the URL"));
  if (fragment) errors.push(field.invalid(path, fragment, "fragments are not permitted in the URL"));
  if (query) errors.push(field.invalid(path, query, "query parameters are not permitted in the URL"));
}

/** The Service of a webhook. */
export interface WebhookService {
  readonly namespace?: string;
  readonly name?: string;
  readonly path?: string;
  readonly port?: number;
}

function checkServicePath(text: string, path: string, errors: Errors): void {
  if (text === "" || text === "/") return;
  const refuse = (why: string): number => errors.push(field.invalid(path, text, why));
  if (text === "//") {
    refuse("segment[0] may not be empty");
    return;
  }
  if (!text.startsWith("/")) refuse("must start with a '/'");
  for (const [i, segment] of text.slice(1).replace(/\/$/, "").split("/").entries())
    if (segment === "") refuse(`segment[${i}] may not be empty`);
    else for (const message of dns1123SubdomainErrors(segment)) refuse(`segment[${i}]: ${message}`);
}

/**
 * The Service of a webhook. Webhook configurations are checked with name and namespace `swapped` upstream, so that each
 * is missed by the other's name.
 */
export function checkWebhookService(service: WebhookService, path: string, errors: Errors, swapped = false): void {
  const { namespace, name, port = 0 } = service;
  if (!(swapped ? namespace : name)) errors.push(field.required(`${path}.name`));
  if (!(swapped ? name : namespace)) errors.push(field.required(`${path}.namespace`));
  const messages = portNumberErrors(port);
  if (messages.length > 0)
    errors.push(field.invalid(`${path}.port`, port, `port is not valid: ${messages.join(", ")}`));
  if (service.path !== undefined) checkServicePath(service.path, `${path}.path`, errors);
}
