// SPDX-License-Identifier: Apache-2.0

import { quantityMilliValue, quantityValue } from "../../apimachinery/index.ts";
import type { Container, ResourceFieldSelector } from "../types.ts";

/** What the node offers: the limit of a container that sets none. */
export interface NodeAllocatable {
  readonly cpuMillis: number;
  readonly memoryBytes: number;
  readonly ephemeralStorageBytes: number;
}

const nodeDefault = (resource: string, node: NodeAllocatable): number | undefined => {
  if (resource === "cpu") return node.cpuMillis / 1000;
  if (resource === "memory") return node.memoryBytes;
  return resource === "ephemeral-storage" ? node.ephemeralStorageBytes : undefined;
};

const isSet = (divisor: string | undefined): divisor is string =>
  divisor !== undefined && divisor !== "" && divisor !== "0";

/** A container's request or limit in units of the divisor, rounded up; undefined when the resource is none that can be referred to. */
export function resourceField(
  container: Container,
  selector: ResourceFieldSelector,
  node: NodeAllocatable,
): string | undefined {
  const dot = selector.resource.indexOf(".");
  const kind = selector.resource.slice(0, dot);
  const name = selector.resource.slice(dot + 1);
  if (kind !== "limits" && kind !== "requests") return undefined;
  const list = container.resources?.[kind];
  const quantity = list?.[name];
  const divisor = isSet(selector.divisor) ? selector.divisor : "1";
  if (quantity === undefined) {
    const value = kind === "limits" ? nodeDefault(name, node) : name.startsWith("hugepages-") ? 0 : 0;
    if (value === undefined) return name.startsWith("hugepages-") ? "0" : undefined;
    return String(Math.ceil((value * 1000) / quantityMilliValue(divisor)));
  }
  // cpu is compared in thousandths, the rest in whole units.
  if (name === "cpu") return String(Math.ceil(quantityMilliValue(quantity) / quantityMilliValue(divisor)));
  return String(Math.ceil(quantityValue(quantity) / quantityValue(divisor)));
}
