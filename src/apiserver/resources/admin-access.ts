// SPDX-License-Identifier: Apache-2.0

import type { ResourceClaim, ResourceClaimTemplate } from "../../api/index.ts";
import { type DeepReadonly, type FieldError, fieldError, type KubeObject } from "../../apimachinery/index.ts";
import type { ResourceHooks } from "../resource-hooks.ts";
import type { ResourceStores } from "../resource-store.ts";

const LABEL = "resource.kubernetes.io/admin-access";
const NONE: readonly FieldError[] = [];

type Requests = DeepReadonly<ResourceClaim["spec"]["devices"]>;

/** Where a claim asks for access to devices that others use; alternatives cannot ask for it. */
function requestedAt(devices: Requests): string | undefined {
  const index = devices?.requests?.findIndex((request) => request.exactly?.adminAccess === true) ?? -1;
  return index < 0 ? undefined : `spec.devices.requests[${index}].adminAccess`;
}

/** Where such access was granted. */
function grantedAt(claim: DeepReadonly<ResourceClaim> | undefined): string | undefined {
  const index = claim?.status?.allocation?.devices?.results?.findIndex((result) => result.adminAccess === true) ?? -1;
  return index < 0 ? undefined : `status.allocation.devices.results[${index}].adminAccess`;
}

/** Only namespaces with the label may have such claims. */
function namespaceErrors(stores: ResourceStores, namespace: string, path: string): readonly FieldError[] {
  const labels = stores.find("", "namespaces")?.peekLabels("", namespace);
  if (!labels) {
    const why = `could not retrieve namespace to verify admin access: namespaces ${JSON.stringify(namespace)} not found`;
    return [{ type: "InternalError", field: path, body: `Internal error: ${why}` }];
  }
  if (labels[LABEL] === "true") return NONE;
  const why = `admin access to devices requires the \`${LABEL}: true\` label on the containing namespace`;
  return [fieldError.fieldForbidden(path, why)];
}

/** A claim that wants administrative access is refused outside the namespaces meant for it; so is a grant of it. */
export const claimHooks = (stores: ResourceStores): ResourceHooks => ({
  validate(object, old, { subresource }) {
    const claim = object as ResourceClaim;
    const namespace = claim.metadata.namespace ?? "";
    if (subresource === "status") {
      const granted = grantedAt(old as DeepReadonly<ResourceClaim>) === undefined ? grantedAt(claim) : undefined;
      return granted ? namespaceErrors(stores, namespace, granted) : NONE;
    }
    // The specification of a claim never changes: it was looked at when it was made.
    const requested = old ? undefined : requestedAt(claim.spec.devices);
    return requested ? namespaceErrors(stores, namespace, requested) : NONE;
  },
});

/** The same of templates, whose message names the field as a claim has it. */
export const claimTemplateHooks = (stores: ResourceStores): ResourceHooks => ({
  validate(object: KubeObject, old) {
    const template = object as ResourceClaimTemplate;
    const requested = old ? undefined : requestedAt(template.spec.spec.devices);
    return requested ? namespaceErrors(stores, template.metadata.namespace ?? "", requested) : NONE;
  },
});
