// SPDX-License-Identifier: Apache-2.0

import { identicalField } from "../../apimachinery/index.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import { defaultWebhook, validateWebhooks } from "./webhook-validation.ts";
import type { MutatingWebhookConfiguration } from "../generated/v1.35/admissionregistration-v1.ts";

/** MutatingWebhookConfiguration. */
export const mutatingWebhookConfiguration = defineKind<MutatingWebhookConfiguration>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingWebhookConfiguration",
  resource: "mutatingwebhookconfigurations",
  singular: "mutatingwebhookconfiguration",
  namespaced: false,
  categories: ["api-extensions"],
  type: "io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration",
  defaults({ webhooks }) {
    for (const webhook of webhooks ?? []) {
      defaultWebhook(webhook);
      webhook.reinvocationPolicy ??= "Never";
    }
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
