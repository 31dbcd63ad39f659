// SPDX-License-Identifier: Apache-2.0

/** A user's way into a cluster. PEM texts. */
export interface KubeconfigEntry {
  /** Context, cluster and user are all named so: `knarr-NAME`. */
  readonly name: string;
  /** `https://127.0.0.1:6443`. */
  readonly server: string;
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

interface Named {
  name: string;
  [field: string]: unknown;
}

/** A kubeconfig file, as far as it is touched; everything else in it is kept. */
export interface Kubeconfig {
  apiVersion: string;
  kind: string;
  clusters: Named[];
  contexts: Named[];
  users: Named[];
  "current-context"?: string;
  [field: string]: unknown;
}

const base64 = (text: string): string => new TextEncoder().encode(text).toBase64();

export const emptyKubeconfig = (): Kubeconfig => ({
  apiVersion: "v1",
  kind: "Config",
  clusters: [],
  contexts: [],
  users: [],
});

const without = (list: readonly Named[] | null | undefined, name: string): Named[] =>
  (list ?? []).filter((entry) => entry.name !== name);

/** The file with the entry added or replaced, and made current. */
export function withEntry(config: Kubeconfig, entry: KubeconfigEntry): Kubeconfig {
  const { name, server, ca, certificate, key } = entry;
  return {
    ...config,
    clusters: [
      ...without(config.clusters, name),
      { name, cluster: { "certificate-authority-data": base64(ca), server } },
    ],
    contexts: [...without(config.contexts, name), { name, context: { cluster: name, user: name } }],
    users: [
      ...without(config.users, name),
      { name, user: { "client-certificate-data": base64(certificate), "client-key-data": base64(key) } },
    ],
    "current-context": name,
  };
}

/** The file without the entry; what was current before becomes current again if it is still there. */
export function withoutEntry(config: Kubeconfig, name: string, previousContext?: string): Kubeconfig {
  const contexts = without(config.contexts, name);
  const next: Kubeconfig = {
    ...config,
    clusters: without(config.clusters, name),
    contexts,
    users: without(config.users, name),
  };
  if (config["current-context"] !== name) return next;
  const back = contexts.some((context) => context.name === previousContext) ? previousContext : undefined;
  if (back) next["current-context"] = back;
  else next["current-context"] = "";
  return next;
}

/** Whether the file names an entry in any of its lists. */
export const hasEntry = (config: Kubeconfig, name: string): boolean =>
  [config.clusters, config.contexts, config.users].some((list) => list?.some((entry) => entry.name === name));

/** Whether nothing is left that a user would miss. */
export const isEmptyKubeconfig = (config: Kubeconfig): boolean =>
  config.clusters.length + config.contexts.length + config.users.length === 0;
