// SPDX-License-Identifier: Apache-2.0

import type { DeepReadonly } from "../../apimachinery/index.ts";
import type { Container, EphemeralContainer, Pod, ServiceAccount } from "../../api/index.ts";
import type { AdmissionAttributes } from "../admission-plugin.ts";
import { admissionForbidden } from "./attributes.ts";

type AnyContainer = Pick<Container | EphemeralContainer, "name" | "env">;

/** Refuses secrets that the account, which says so by annotation, does not list. */
export function limitSecretReferences(attributes: AdmissionAttributes, account: DeepReadonly<ServiceAccount>): void {
  const { spec } = attributes.object as Pod;
  const accountName = account.metadata.name;
  const mountable = new Set((account.secrets ?? []).map(({ name }) => name));
  const refuse = (why: string) => admissionForbidden(attributes, why);
  for (const { secret } of spec.volumes ?? []) {
    if (secret?.secretName && !mountable.has(secret.secretName)) {
      throw refuse(
        `volume with secret.secretName="${secret.secretName}" is not allowed because service account ${accountName} does not reference that secret`,
      );
    }
  }
  const check = (kind: string, containers: readonly AnyContainer[] | undefined): void => {
    for (const { name, env } of containers ?? []) {
      for (const { name: envName, valueFrom } of env ?? []) {
        const secretName = valueFrom?.secretKeyRef?.name;
        if (!secretName || mountable.has(secretName)) continue;
        throw refuse(
          `${kind} ${name} with envVar ${envName} referencing secret.secretName="${secretName}" is not allowed because service account ${accountName} does not reference that secret`,
        );
      }
    }
  };
  check("init container", spec.initContainers);
  check("container", spec.containers);
  check("ephemeral container", spec.ephemeralContainers);
  const pullSecrets = new Set((account.imagePullSecrets ?? []).map(({ name }) => name));
  (spec.imagePullSecrets ?? []).forEach(({ name }, index) => {
    if (pullSecrets.has(name)) return;
    throw refuse(
      `imagePullSecrets[${index}].name="${name}" is not allowed because service account ${accountName} does not reference that imagePullSecret`,
    );
  });
}
