// SPDX-License-Identifier: Apache-2.0

import type { AuthConfig } from "../cri.ts";
import type { Secret } from "../types.ts";

interface DockerAuth {
  readonly username?: string;
  readonly password?: string;
  readonly auth?: string;
  readonly identitytoken?: string;
}

type DockerAuths = Readonly<Record<string, DockerAuth>>;

interface Credential {
  /** Registry and path without scheme: `registry.example.com/team`. */
  readonly scope: string;
  readonly auth: AuthConfig;
}

const decoder = new TextDecoder();
const decodeBase64 = (text: string): string => decoder.decode(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)));

function authsOf(secret: Secret): DockerAuths {
  const data = secret.data ?? {};
  const modern = data[".dockerconfigjson"];
  const legacy = data[".dockercfg"];
  try {
    if (secret.type === "kubernetes.io/dockerconfigjson" && modern)
      return (JSON.parse(decodeBase64(modern)) as { auths?: DockerAuths }).auths ?? {};
    if (secret.type === "kubernetes.io/dockercfg" && legacy) return JSON.parse(decodeBase64(legacy)) as DockerAuths;
  } catch {
    // A secret that is not JSON holds no credentials; the registry will say what is missing.
  }
  return {};
}

function toAuth(entry: DockerAuth, serverAddress: string): AuthConfig {
  let { username, password } = entry;
  if (!username && entry.auth) {
    const text = decodeBase64(entry.auth);
    const colon = text.indexOf(":");
    username = text.slice(0, colon);
    password = text.slice(colon + 1).replace(/\0+$/, "");
  }
  return { username, password, identityToken: entry.identitytoken, serverAddress };
}

function scopeOf(server: string): string {
  const bare = server.replace(/^https?:\/\//, "").replace(/\/+$/, "");
  if (bare === "index.docker.io/v1" || bare === "index.docker.io") return "docker.io";
  return bare.replace(/\/v[12]$/, "");
}

/** `*.example.com` matches one label each. */
function hostMatches(pattern: string, host: string): boolean {
  const want = pattern.split(".");
  const have = host.split(".");
  if (want.length !== have.length) return false;
  return want.every((label, i) => {
    if (!label.includes("*")) return label === have[i];
    const parts = label.split("*");
    const text = have[i]!;
    return text.startsWith(parts[0]!) && text.endsWith(parts[parts.length - 1]!);
  });
}

function matches(scope: string, repository: string): boolean {
  const [scopeHost = "", ...scopePath] = scope.split("/");
  const [host = "", ...path] = repository.split("/");
  return hostMatches(scopeHost, host) && path.join("/").startsWith(scopePath.join("/"));
}

/** The credentials that a pod's pull secrets hold for a repository, the most specific first. */
export function credentialsFor(repository: string, secrets: readonly Secret[]): readonly AuthConfig[] {
  const found: Credential[] = [];
  for (const secret of secrets) {
    const auths = authsOf(secret);
    for (const server of Object.keys(auths)) {
      const scope = scopeOf(server);
      if (matches(scope, repository)) found.push({ scope, auth: toAuth(auths[server]!, server) });
    }
  }
  return found.sort((a, b) => (a.scope < b.scope ? 1 : a.scope > b.scope ? -1 : 0)).map((c) => c.auth);
}
