// SPDX-License-Identifier: Apache-2.0

import type { DeepReadonly } from "../../apimachinery/index.ts";
import type { Container, EphemeralContainer, Pod, ServiceAccount } from "../../api/index.ts";

type AnyContainer = Pick<Container | EphemeralContainer, "name" | "env" | "envFrom">;

const notReferenced = (accountName: string): string =>
  `is not allowed because service account ${accountName} does not reference that secret`;

/** The first secret in a container's environment that the account does not list, in words. */
function foreignSecret(
  kind: string,
  containers: readonly AnyContainer[] | undefined,
  { metadata, secrets = [] }: DeepReadonly<ServiceAccount>,
): string | undefined {
  const isMountable = (wanted: string): boolean => secrets.some(({ name }) => name === wanted);
  const because = notReferenced(metadata.name ?? "");
  for (const { name, env = [], envFrom = [] } of containers ?? []) {
    for (const { name: envName, valueFrom } of env) {
      const secret = valueFrom?.secretKeyRef?.name;
      if (secret === undefined || isMountable(secret)) continue;
      return `${kind} ${name} with envVar ${envName} referencing secret.secretName="${secret}" ${because}`;
    }
    for (const { secretRef } of envFrom) {
      if (!secretRef || isMountable(secretRef.name ?? "")) continue;
      return `${kind} ${name} with envFrom referencing secret.secretName="${secretRef.name ?? ""}" ${because}`;
    }
  }
  return undefined;
}

/** Which of a pod's secrets its account, which says so by annotation, does not list; undefined when it lists all. */
export function foreignPodSecret({ spec }: Pod, account: DeepReadonly<ServiceAccount>): string | undefined {
  const because = notReferenced(account.metadata.name ?? "");
  const mountable = new Set((account.secrets ?? []).map(({ name }) => name));
  for (const { secret } of spec.volumes ?? []) {
    if (!secret || mountable.has(secret.secretName)) continue;
    return `volume with secret.secretName="${secret.secretName ?? ""}" ${because}`;
  }
  const inContainer =
    foreignSecret("init container", spec.initContainers, account) ??
    foreignSecret("container", spec.containers, account);
  if (inContainer) return inContainer;
  const pullSecrets = new Set((account.imagePullSecrets ?? []).map(({ name }) => name));
  const index = (spec.imagePullSecrets ?? []).findIndex(({ name }) => !pullSecrets.has(name));
  if (index < 0) return undefined;
  const { name = "" } = spec.imagePullSecrets![index]!;
  return `imagePullSecrets[${index}].name="${name}" is not allowed because service account ${account.metadata.name} does not reference that imagePullSecret`;
}

/** The same of its ephemeral containers alone. */
export const foreignEphemeralSecret = ({ spec }: Pod, account: DeepReadonly<ServiceAccount>): string | undefined =>
  foreignSecret("ephemeral container", spec.ephemeralContainers, account);
