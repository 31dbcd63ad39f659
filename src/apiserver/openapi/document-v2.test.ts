// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { builtInKinds, compactSchema } from "../../api/index.ts";
import { servedGroups } from "../discovery/resource-lists.ts";
import { DocumentV2 } from "./document-v2.ts";
import type { Json } from "./type-schemas.ts";
import { skipWithoutUpstream, upstreamJson } from "./upstream-documents.test.ts";

type Part = Record<string, unknown>;

/** The published document is of a later version: what it has of its own. */
const LATER_MEDIA_TYPES = /^application\/(?:apply-patch\+)?cbor/;
const LATER_PARAMETERS = /^#\/parameters\/shardSelector-/;
/** Types that v1.35 has otherwise, or alone: what must be given, fields that came or went, groups of all kinds. */
const OTHERWISE = [
  "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding",
  "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec",
  "io.k8s.api.authentication.v1.TokenRequest",
  "io.k8s.api.authentication.v1.TokenRequestSpec",
  "io.k8s.api.authentication.v1.TokenRequestStatus",
  "io.k8s.api.authentication.v1.TokenReviewSpec",
  "io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler",
  "io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler",
  "io.k8s.api.batch.v1.CronJob",
  "io.k8s.api.core.v1.PodSpec",
  "io.k8s.api.core.v1.PodStatus",
  "io.k8s.api.core.v1.ResourceHealth",
  "io.k8s.api.core.v1.VolumeMountStatus",
  "io.k8s.api.discovery.v1.EndpointSlice",
  "io.k8s.api.networking.v1.IPAddress",
  "io.k8s.api.policy.v1.PodDisruptionBudgetStatus",
  "io.k8s.api.rbac.v1.RoleRef",
  "io.k8s.api.resource.v1.Device",
  "io.k8s.api.resource.v1.DeviceAttribute",
  "io.k8s.api.scheduling.v1.PriorityClass",
  "io.k8s.api.storage.v1.CSIDriverSpec",
  "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions",
  "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta",
  "io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent",
];
/** Served by its features only, which are off unless asked for. */
const NOT_BY_DEFAULT =
  /v\d+(?:alpha|beta)\d|^\/logs|mutatingadmissionpolic|^\/apis\/(?:internal\.apiserver|storagemigration)\.k8s\.io\/$/;

const TEXTS = new Set(["description"]);
/** A server with its default features states the values of enums; the published document does not. */
const ENUM = "enum";

/** The document without texts and what is the later version's, with parameters in their places. */
function comparable(document: { readonly parameters: Part }): { readonly paths: Part; readonly definitions: Part } {
  const kept = ([key, value]: [string, unknown]): boolean =>
    !(TEXTS.has(key) && typeof value === "string") && !(key === ENUM && Array.isArray(value));
  const isLater = (value: unknown): boolean =>
    typeof value === "string"
      ? LATER_MEDIA_TYPES.test(value)
      : LATER_PARAMETERS.test(String((value as Json | null)?.["$ref"] ?? ""));
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.filter((item) => !isLater(item)).map(walk);
    if (typeof value !== "object" || value === null) return value;
    const ref = (value as Json)["$ref"];
    if (typeof ref === "string" && ref.startsWith("#/parameters/"))
      return walk(document.parameters[ref.slice("#/parameters/".length)]);
    return Object.fromEntries(
      Object.entries(value)
        .filter(kept)
        .map(([key, member]) => [key, walk(member)]),
    );
  };
  return walk(document) as ReturnType<typeof comparable>;
}

const made = (): { readonly parameters: Part } =>
  new DocumentV2(compactSchema(), {}).all(servedGroups(builtInKinds()), "1.35") as unknown as { parameters: Part };

const differing = (ours: Part, theirs: Part): string[] =>
  Object.keys(ours).filter((name) => name in theirs && !isDeepStrictEqual(ours[name], theirs[name]));

test("every path of the v2 document is the published one's", { skip: skipWithoutUpstream }, () => {
  const ours = comparable(made()).paths;
  const theirs = comparable(upstreamJson("openapi-v2.json")).paths;
  assert.deepEqual(
    Object.keys(ours).filter((path) => !(path in theirs)),
    [],
  );
  assert.deepEqual(
    Object.keys(theirs).filter((path) => !(path in ours) && !NOT_BY_DEFAULT.test(path)),
    [],
  );
  assert.deepEqual(differing(ours, theirs), []);
});

test("every type of the v2 document is the published one's, those apart that a later version changed", {
  skip: skipWithoutUpstream,
}, () => {
  const ours = comparable(made()).definitions;
  const theirs = comparable(upstreamJson("openapi-v2.json")).definitions;
  assert.deepEqual(differing(ours, theirs), OTHERWISE);
  assert.deepEqual(
    Object.keys(ours).filter((name) => !(name in theirs)),
    ["io.k8s.api.core.v1.WorkloadReference"],
  );
});

test("parameters that many operations have are stated once, under upstream's names", () => {
  const { parameters } = made();
  assert.deepEqual(parameters["body-2Y1dVQaQ"], {
    name: "body",
    in: "body",
    schema: { $ref: "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions" },
  });
  assert.ok(parameters["namespace-vgWSWtn3"]);
});
