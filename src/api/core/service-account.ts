// SPDX-License-Identifier: Apache-2.0

import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import type { ServiceAccount } from "../generated/v1.35/core-v1.ts";

/** Of the secrets, only their names are kept. */
function dropSecretFields(account: ServiceAccount): void {
  if (account.secrets) account.secrets = account.secrets.map(({ name }) => (name === undefined ? {} : { name }));
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
  updateChecks: ["metadata change", "metadata", "object", "change"],
  returnDeletedObject: true,
  columns: [nameColumn, ageColumn],
});
