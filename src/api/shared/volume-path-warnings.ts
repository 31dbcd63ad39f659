// SPDX-License-Identifier: Apache-2.0

import { goQuote } from "../../apimachinery/index.ts";
import { trimEnd } from "../../base/index.ts";
import type { ProjectedVolumeSource, Volume, VolumeProjection } from "../generated/v1.35/core-v1.ts";

/** A path in a volume, and what puts a file there where several sources share the volume. */
interface SourcePath {
  readonly path: string;
  readonly source: string;
}

const textOf = ({ path, source }: SourcePath): string => (source ? `${goQuote(path)} (${source})` : goQuote(path));

const pathsOf = (items: readonly { readonly path: string }[] | undefined, source = ""): SourcePath[] =>
  (items ?? []).map(({ path }) => ({ path, source }));

/** Paths of one volume that are compared with each other: a warning is not worth more time than that. */
export const MAX_PATHS_COMPARED = 1000;
/** Overlaps of one volume that are told of: more do not fit into an answer. */
export const MAX_OVERLAPS = 100;

const isWithin = (inner: string, outer: string): boolean =>
  inner.startsWith(outer) && (inner.length === outer.length || inner[outer.length] === "/");

/** Tells of each pair of which one path is, or lies in, the other. */
class PathOverlaps {
  private readonly taken: SourcePath[] = [];
  private told = 0;

  /** Takes a path; answers what it overlaps with. */
  add({ path: given, source }: SourcePath): string[] {
    if (this.taken.length >= MAX_PATHS_COMPARED || this.told >= MAX_OVERLAPS) return [];
    const own = { path: trimEnd(given, "/"), source };
    const others = this.taken.filter(
      ({ path }) => own.path && path && (isWithin(path, own.path) || isWithin(own.path, path)),
    );
    this.taken.push(own);
    this.told += others.length;
    return others.map((other) => `${textOf(own)} with ${textOf(other)}`);
  }
}

/** What one source of a projected volume writes; of several in one, only the first counts. */
function projectedPaths(projection: VolumeProjection): SourcePath[] {
  const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } = projection;
  if (configMap?.items) return pathsOf(configMap.items, `ConfigMap ${goQuote(configMap.name ?? "")}`);
  if (secret?.items) return pathsOf(secret.items, `Secret ${goQuote(secret.name ?? "")}`);
  if (downwardAPI?.items) return pathsOf(downwardAPI.items, "DownwardAPI");
  if (serviceAccountToken) return pathsOf([serviceAccountToken], "ServiceAccountToken");
  if (clusterTrustBundle) {
    const name = clusterTrustBundle.name ?? clusterTrustBundle.signerName ?? "";
    return pathsOf([clusterTrustBundle], `ClusterTrustBundle ${goQuote(name)}`);
  }
  if (!podCertificate) return [];
  return [
    { path: podCertificate.certificateChainPath ?? "", source: "PodCertificate chain" },
    { path: podCertificate.keyPath ?? "", source: "PodCertificate key" },
    { path: podCertificate.credentialBundlePath ?? "", source: "PodCertificate credential bundle" },
  ].filter(({ path }) => path !== "");
}

function projectedWarnings(name: string, { sources }: ProjectedVolumeSource): string[] {
  const overlaps = new PathOverlaps();
  return (sources ?? []).flatMap((source) =>
    Object.keys(source).length === 0
      ? [`volume ${goQuote(name)} (Projected) has no sources provided`]
      : projectedPaths(source).flatMap((path) => overlaps.add(path).map((text) => described(name, "Projected", text))),
  );
}

const described = (name: string, what: string, overlap: string): string =>
  `volume ${goQuote(name)} (${what}): overlapping paths: ${overlap}`;

function itemWarnings(name: string, what: string, items: readonly { readonly path: string }[] | undefined): string[] {
  const overlaps = new PathOverlaps();
  return pathsOf(items).flatMap((path) => overlaps.add(path).map((text) => described(name, what, text)));
}

/** Warnings about volumes in which one file hides another. */
export function volumePathWarnings(volumes: readonly Volume[] | undefined): string[] {
  return (volumes ?? []).flatMap(({ name, configMap, secret, downwardAPI, projected }) => [
    ...itemWarnings(name, `ConfigMap ${goQuote(configMap?.name ?? "")}`, configMap?.items),
    ...itemWarnings(name, `Secret ${goQuote(secret?.secretName ?? "")}`, secret?.items),
    ...itemWarnings(name, "DownwardAPI", downwardAPI?.items),
    ...(projected ? projectedWarnings(name, projected) : []),
  ]);
}
