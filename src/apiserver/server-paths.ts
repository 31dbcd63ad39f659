// SPDX-License-Identifier: Apache-2.0

import type { ApiResponse } from "../client/transport.ts";
import type { JsonWebKey } from "./authentication/token-ports.ts";
import type { Advertised } from "./bootstrap/kubernetes-service.ts";
import type { PathRouter } from "./chain/path-router.ts";
import { plainResponse } from "./chain/status-response.ts";
import type { HealthMetrics } from "./health/health-metrics.ts";
import type { ProcessFigures } from "./metrics/process-metrics.ts";
import type { ServerMetrics } from "./metrics/server-metrics.ts";
import type { DiscoveryPaths } from "./discovery/discovery-paths.ts";
import { routedPath } from "./endpoints/routed-path.ts";
import { serverVersion } from "./server-version.ts";

export interface ServerPathParts {
  readonly metrics: ServerMetrics;
  readonly health: HealthMetrics;
  readonly figures?: (() => ProcessFigures) | undefined;
  readonly discovery: DiscoveryPaths;
  readonly issuer: string;
  readonly keys: readonly JsonWebKey[];
  readonly advertise: Advertised;
}

const encoder = new TextEncoder();
const ISSUER_MAX_AGE = "public, max-age=3600";

const document = (value: unknown, headers: Readonly<Record<string, string>>): ApiResponse => ({
  status: 200,
  headers,
  body: { type: "bytes", bytes: encoder.encode(JSON.stringify(value)) },
});

/** What Go's indented encoder prints; /version and / are read by people. */
const indented = (value: unknown): ApiResponse => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: { type: "bytes", bytes: encoder.encode(JSON.stringify(value, undefined, 2)) },
});

/** Prometheus' text format, with the time when the counting began. */
const exposition = (text: string, startedAtSeconds: number | undefined): ApiResponse => ({
  status: 200,
  headers: {
    "content-type": "text/plain; version=0.0.4; charset=utf-8; escaping=underscores",
    ...(startedAtSeconds === undefined ? {} : { "process-start-time-unix": String(Math.floor(startedAtSeconds)) }),
  },
  body: { type: "bytes", bytes: encoder.encode(text) },
});

/** What `/` lists: everything but itself. */
function listedPaths(router: PathRouter, discovery: DiscoveryPaths): string[] {
  const paths = new Set([...router.paths, ...discovery.paths, "/apis/", "/openapi/v3/"]);
  paths.delete("/");
  return [...paths].sort();
}

function signingAlgorithms(keys: readonly JsonWebKey[]): string[] {
  return [...new Set(keys.map(({ alg = "RS256" }) => alg))];
}

/** The paths that are neither resources, discovery nor health. */
export function serverPaths(
  router: PathRouter,
  { metrics, health, discovery, issuer, keys, advertise, figures }: ServerPathParts,
): void {
  const startedAt = (): number | undefined => figures?.().startTimeSeconds;
  router.exact("/metrics", ({ request }) => {
    if (request.method !== "DELETE") return exposition(metrics.text(), startedAt());
    metrics.reset();
    return plainResponse("metrics reset\n");
  });
  router.exact("/metrics/slis", () => exposition(health.text(), startedAt()));
  router.withSlashes(
    "/version",
    routedPath("json", () => indented(serverVersion)),
  );
  const configuration = () =>
    document(
      {
        issuer,
        jwks_uri: `https://${advertise.address}:${advertise.port}/openid/v1/jwks`,
        response_types_supported: ["id_token"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: signingAlgorithms(keys),
      },
      { "content-type": "application/json", "cache-control": ISSUER_MAX_AGE },
    );
  router.withSlashes("/.well-known/openid-configuration", routedPath("json", configuration));
  const keySet = () =>
    document({ keys }, { "content-type": "application/jwk-set+json", "cache-control": ISSUER_MAX_AGE });
  router.withSlashes("/openid/v1/jwks", routedPath("jwks", keySet));
  const index = () => indented({ paths: listedPaths(router, discovery) });
  router.exact("/", index);
  router.unlisted("/index.html", index);
}
