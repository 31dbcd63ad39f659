// SPDX-License-Identifier: Apache-2.0

import { nameIsPathSegment } from "../../apimachinery/index.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import {
  defaultApiService,
  markLocalAvailable,
  validateApiService,
  validateApiServiceStatus,
} from "./api-service-validation.ts";
import type { APIService } from "../generated/v1.35/apiregistration-v1.ts";

function availableText(service: APIService): string {
  const condition = service.status?.conditions?.find((c) => c.type === "Available");
  if (!condition) return "Unknown";
  return condition.status === "True" ? "True" : `${condition.status} (${condition.reason ?? ""})`;
}

/** APIService. */
export const apiService = defineKind<APIService>({
  group: "apiregistration.k8s.io",
  version: "v1",
  kind: "APIService",
  resource: "apiservices",
  singular: "apiservice",
  namespaced: false,
  categories: ["api-extensions"],
  type: "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService",
  anyFinalizer: true,
  defaults: defaultApiService,
  prepareForCreate: markLocalAvailable,
  validate: validateApiService,
  updateChecks: ["metadata change", "metadata", "object", "change"],
  validateName: nameIsPathSegment,
  allowUnconditionalUpdate: false,
  status: { validateUpdate: validateApiServiceStatus },
  resetFields: [["status"]],
  statusResetFields: [["spec"], ["metadata"]],
  columns: [
    nameColumn,
    {
      name: "Service",
      type: "string",
      description: "The reference to the service that hosts this API endpoint.",
      cell: (o) => (o.spec?.service ? `${o.spec.service.namespace ?? ""}/${o.spec.service.name ?? ""}` : "Local"),
    },
    {
      name: "Available",
      type: "string",
      description: "Whether this service is available.",
      cell: (o) => availableText(o),
    },
    ageColumn,
  ],
});
