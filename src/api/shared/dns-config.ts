// SPDX-License-Identifier: Apache-2.0

import { byteLength, fieldError as field, underscoreDns1123SubdomainErrors } from "../../apimachinery/index.ts";
import type { PodDNSConfig } from "../generated/v1.35/core-v1.ts";
import { type Errors, pushInvalid } from "../validation/checks.ts";
import { checkLegacyIp } from "../validation/ip.ts";

/** Limits of the C library's resolver. */
const MAX_NAMESERVERS = 3;
const MAX_SEARCH_PATHS = 32;
const MAX_SEARCH_CHARACTERS = 2048;

function checkSearches(searches: readonly string[], path: string, errors: Errors): void {
  if (searches.length > MAX_SEARCH_PATHS)
    errors.push(field.invalid(path, searches, `must not have more than ${MAX_SEARCH_PATHS} search paths`));
  if (byteLength(searches.join(" ")) > MAX_SEARCH_CHARACTERS)
    errors.push(
      field.invalid(
        path,
        searches,
        `must not have more than ${MAX_SEARCH_CHARACTERS} characters (including spaces) in the search list`,
      ),
    );
  for (const [i, search] of searches.entries()) {
    if (search === ".") continue;
    const name = search.endsWith(".") ? search.slice(0, -1) : search;
    pushInvalid(underscoreDns1123SubdomainErrors(name), name, `${path}[${i}]`, errors);
  }
}

/** A pod's own resolver settings; with policy None there must be some. */
export function validateDnsConfig(
  config: PodDNSConfig | undefined,
  policy: string | undefined,
  path: string,
  errors: Errors,
): void {
  const nameservers = config?.nameservers ?? [];
  if (policy === "None") {
    if (!config) {
      errors.push(field.required(path, "must provide `dnsConfig` when `dnsPolicy` is None"));
      return;
    }
    if (nameservers.length === 0) {
      errors.push(
        field.required(`${path}.nameservers`, "must provide at least one DNS nameserver when `dnsPolicy` is None"),
      );
      return;
    }
  }
  if (!config) return;
  if (nameservers.length > MAX_NAMESERVERS)
    errors.push(
      field.invalid(`${path}.nameservers`, nameservers, `must not have more than ${MAX_NAMESERVERS} nameservers`),
    );
  for (const [i, server] of nameservers.entries()) checkLegacyIp(server, `${path}.nameservers[${i}]`, errors);
  checkSearches(config.searches ?? [], `${path}.searches`, errors);
  for (const [i, option] of (config.options ?? []).entries())
    if (!option.name) errors.push(field.required(`${path}.options[${i}]`, "must not be empty"));
}
