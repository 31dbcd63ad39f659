// SPDX-License-Identifier: Apache-2.0

import { identicalField } from "../../apimachinery/index.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import { defaultWebhook, validateWebhooks } from "./webhook-validation.ts";
import type { ValidatingWebhookConfiguration } from "../generated/v1.35/admissionregistration-v1.ts";

/** ValidatingWebhookConfiguration. */
export const validatingWebhookConfiguration = defineKind<ValidatingWebhookConfiguration>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingWebhookConfiguration",
  resource: "validatingwebhookconfigurations",
  singular: "validatingwebhookconfiguration",
  namespaced: false,
  categories: ["api-extensions"],
  type: "io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration",
  defaults({ webhooks }) {
    for (const webhook of webhooks ?? []) defaultWebhook(webhook);
  },
  validate: ({ webhooks }) => validateWebhooks(webhooks ?? [], undefined),
  updateChecks: ["metadata", "change"],
  validateUpdate: ({ webhooks }, old) => validateWebhooks(webhooks ?? [], old.webhooks ?? []),
  anyFinalizer: true,
  generation: (configuration, old) => !identicalField(configuration, old, "webhooks"),
  allowUnconditionalUpdate: false,
  columns: [
    nameColumn,
    {
      name: "Webhooks",
      type: "integer",
      description: "Webhooks indicates the number of webhooks registered in this configuration",
      cell: (o) => o.webhooks?.length ?? 0,
    },
    ageColumn,
  ],
});
