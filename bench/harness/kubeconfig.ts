// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from "node:fs";
import { load } from "js-yaml";

/** How a cluster is reached, read from a kubeconfig. */
export interface TargetAccess {
  readonly server: string;
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
  readonly token?: string;
}

interface Named {
  readonly name: string;
}

interface Kubeconfig {
  readonly "current-context": string;
  readonly contexts: readonly (Named & { readonly context: { readonly cluster: string; readonly user: string } })[];
  readonly clusters: readonly (Named & { readonly cluster: Readonly<Record<string, string>> })[];
  readonly users: readonly (Named & { readonly user: Readonly<Record<string, string>> })[];
}

function named<T extends Named>(list: readonly T[], name: string): T {
  const found = list.find((item) => item.name === name);
  if (!found) throw new Error(`The kubeconfig has no "${name}"`);
  return found;
}

/** A value that stands in the file itself, in base64, or in a file of its own. */
function material(fields: Readonly<Record<string, string>>, name: string): string | undefined {
  const data = fields[`${name}-data`];
  if (data) return Buffer.from(data, "base64").toString();
  return fields[name] ? readFileSync(fields[name], "utf8") : undefined;
}

/** Reads the current context of a kubeconfig. */
export function readKubeconfig(path: string): TargetAccess {
  const config = load(readFileSync(path, "utf8")) as Kubeconfig;
  const { context } = named(config.contexts, config["current-context"]);
  const { cluster } = named(config.clusters, context.cluster);
  const { user } = named(config.users, context.user);
  return {
    server: cluster["server"] ?? "",
    ca: material(cluster, "certificate-authority"),
    certificate: material(user, "client-certificate"),
    key: material(user, "client-key"),
    token: user["token"],
  };
}
