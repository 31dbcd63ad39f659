// SPDX-License-Identifier: Apache-2.0

import { type CompactSchema, compactSchemaRegistry, type SchemaRegistry } from "../apimachinery/index.ts";
import v135 from "./generated/v1.35/schema.json" with { type: "json" };

/** The Kubernetes version that is served unless another one is asked for. */
export const DEFAULT_KUBERNETES_VERSION = "v1.35";

const SCHEMAS: Readonly<Record<string, CompactSchema>> = { "v1.35": v135 as unknown as CompactSchema };
const registries = new Map<string, SchemaRegistry>();

/** The versions that this build knows. */
export const kubernetesVersions = (): string[] => Object.keys(SCHEMAS);

/** The compact schema as generated, for what needs more than shapes: OpenAPI documents, kinds, enums. */
export function compactSchema(version: string = DEFAULT_KUBERNETES_VERSION): CompactSchema {
  const found = SCHEMAS[version];
  if (!found) throw new Error(`Kubernetes ${version} is not built in; there is ${kubernetesVersions().join(", ")}`);
  return found;
}

/**
 * All types of a Kubernetes version; each is read on first use.
 *
 * @example
 * const deployment = schemaRegistry().type("io.k8s.api.apps.v1.Deployment");
 */
export function schemaRegistry(version: string = DEFAULT_KUBERNETES_VERSION): SchemaRegistry {
  let registry = registries.get(version);
  if (!registry) registries.set(version, (registry = compactSchemaRegistry(compactSchema(version))));
  return registry;
}
