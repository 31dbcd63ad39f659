// SPDX-License-Identifier: Apache-2.0

import { copyJson, type DeepReadonly, type KubeObject } from "../../apimachinery/index.ts";
import type { CertificateSigningRequest } from "../../api/index.ts";
import type { Clock } from "../../base/index.ts";
import { formatTime } from "../../apimachinery/index.ts";
import type { ResourceHooks } from "../resource-hooks.ts";

type Conditions = NonNullable<NonNullable<CertificateSigningRequest["status"]>["conditions"]>;

/** New conditions get their times from the server. */
function stamp(conditions: Conditions, old: DeepReadonly<CertificateSigningRequest>, now: string): void {
  for (const condition of conditions) {
    const before = old.status?.conditions?.find(({ type }) => type === condition.type);
    condition.lastUpdateTime ??= now;
    condition.lastTransitionTime ??= before && before.status === condition.status ? before.lastTransitionTime : now;
  }
}

/** An approval changes the conditions of a request, and nothing else. */
export const signingRequestHooks = (clock: Clock): ResourceHooks => ({
  /** Who asks for the certificate is what the server knows, not what the request says. */
  beginCreate(object, { user }) {
    const { spec } = object as CertificateSigningRequest;
    spec.username = user.name;
    spec.groups = [...user.groups];
    if (user.uid) spec.uid = user.uid;
    else delete spec.uid;
    if (user.extra)
      spec.extra = Object.fromEntries(Object.entries(user.extra).map(([key, values]) => [key, [...values]]));
    else delete spec.extra;
    return undefined;
  },
  prepareSubresource(subresource, object: KubeObject, before) {
    if (subresource !== "approval") return;
    const request = object as CertificateSigningRequest;
    const old = before as DeepReadonly<CertificateSigningRequest>;
    const conditions = request.status?.conditions;
    const kept = copyJson(old) as CertificateSigningRequest;
    request.spec = kept.spec;
    request.status = { ...kept.status };
    if (conditions) {
      stamp(conditions, old, formatTime(clock.nowMs()));
      request.status.conditions = conditions;
    } else delete request.status.conditions;
  },
});
