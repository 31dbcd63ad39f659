// SPDX-License-Identifier: Apache-2.0

import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import type { ServiceAccount } from "../generated/v1.35/core-v1.ts";

/** Of the secrets, only their names are kept. */
function dropSecretFields(account: ServiceAccount): void {
  if (account.secrets) account.secrets = account.secrets.map(({ name }) => (name === undefined ? {} : { name }));
}

const MOUNTABLE_SECRETS = "kubernetes.io/enforce-mountable-secrets";

/** The annotation is warned of when it is new. */
function accountWarnings(account: ServiceAccount, old: ServiceAccount | undefined): string[] {
  if (account.metadata.annotations?.[MOUNTABLE_SECRETS] === undefined) return [];
  if (old?.metadata.annotations?.[MOUNTABLE_SECRETS] !== undefined) return [];
  return [
    `metadata.annotations[${MOUNTABLE_SECRETS}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`,
  ];
}

/** ServiceAccount. */
export const serviceAccount = defineKind<ServiceAccount>({
  group: "",
  version: "v1",
  kind: "ServiceAccount",
  resource: "serviceaccounts",
  singular: "serviceaccount",
  namespaced: true,
  shortNames: ["sa"],
  type: "io.k8s.api.core.v1.ServiceAccount",
  prepareForCreate: dropSecretFields,
  prepareForUpdate: dropSecretFields,
  warnings: accountWarnings,
  updateChecks: ["metadata change", "metadata", "object", "change"],
  returnDeletedObject: true,
  columns: [nameColumn, ageColumn],
});
