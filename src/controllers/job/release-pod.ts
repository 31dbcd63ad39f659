// SPDX-License-Identifier: Apache-2.0

import type { Pod } from "../../api/index.ts";
import { PODS, type Cached, type Client } from "../../client/index.ts";
import { TRACKING_FINALIZER } from "./job-pods.ts";

/** Takes the tracking finalizer off a pod. */
export async function releasePod(
  client: Client,
  pod: Cached<Pod>,
  options: { readonly signal: AbortSignal },
): Promise<void> {
  const { namespace = "", name, uid } = pod.metadata;
  const patch = { metadata: { uid, "$deleteFromPrimitiveList/finalizers": [TRACKING_FINALIZER] } };
  await client.resource(PODS).namespace(namespace).patch(name, "strategic", patch, options);
}
