// SPDX-License-Identifier: Apache-2.0

import type { Kind } from "../../api/index.ts";
import {
  copyJson,
  type DeepReadonly,
  fieldError,
  invalidObject,
  isJsonObject,
  type JsonObject,
  type KubeObject,
} from "../../apimachinery/index.ts";

export const SCALE_IDENTITY = { group: "autoscaling", version: "v1", kind: "Scale" };
export const SCALE_TYPE = "io.k8s.api.autoscaling.v1.Scale";

const pathOf = (path: string): string[] => path.split(".").filter((segment) => segment !== "");

function valueAt(object: DeepReadonly<KubeObject>, path: string): unknown {
  let value: unknown = object;
  for (const segment of pathOf(path)) {
    if (!isJsonObject(value)) return undefined;
    value = value[segment];
  }
  return value;
}

/** Where the kind keeps its replicas, as field names. */
export const replicasPathOf = (kind: Kind): readonly string[] => pathOf(kind.scale!.specReplicasPath);

/** The Scale of an object, as its kind's paths say. */
export function scaleOf(kind: Kind, object: DeepReadonly<KubeObject>): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const scale = kind.scale!;
  const replicas = valueAt(object, scale.specReplicasPath);
  const selector = scale.selectorText(object as KubeObject);
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: replicas ? { replicas } : {},
    status: { replicas: valueAt(object, scale.statusReplicasPath) ?? 0, ...(selector ? { selector } : {}) },
  };
}

/** The object with the replicas of a Scale; throws 422 for a Scale that makes no sense. */
export function withScale(kind: Kind, object: DeepReadonly<KubeObject>, scale: KubeObject): KubeObject {
  const replicas = isJsonObject(scale["spec"]) ? Number(scale["spec"]["replicas"] ?? 0) : 0;
  if (replicas < 0) {
    throw invalidObject(SCALE_IDENTITY, object.metadata.name ?? "", [
      fieldError.invalid("spec.replicas", replicas, "must be greater than or equal to 0"),
    ]);
  }
  const changed = copyJson(object) as KubeObject;
  let at: JsonObject = changed;
  const path = replicasPathOf(kind);
  for (const segment of path.slice(0, -1)) {
    if (!isJsonObject(at[segment])) at[segment] = {};
    at = at[segment] as JsonObject;
  }
  at[path[path.length - 1]!] = replicas;
  if (scale.metadata.resourceVersion) changed.metadata.resourceVersion = scale.metadata.resourceVersion;
  return changed;
}
