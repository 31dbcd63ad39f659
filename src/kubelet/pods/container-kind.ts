// SPDX-License-Identifier: Apache-2.0

import type { Container, EphemeralContainer, Pod } from "../types.ts";

/** All containers of a pod in the order in which they start. */
export function* allContainers(pod: Pod): Generator<Container | EphemeralContainer> {
  const spec = pod.spec;
  if (!spec) return;
  for (const c of spec.initContainers ?? []) yield c;
  yield* spec.containers;
  for (const c of spec.ephemeralContainers ?? []) yield c;
}

export function findContainerSpec(pod: Pod, name: string): Container | undefined {
  for (const c of allContainers(pod)) if (c.name === name) return c;
  return undefined;
}

/** Whether a container that ended with that code starts again, while its pod lives. */
export function restartsAfterExit(pod: Pod, container: Container, exitCode: number): boolean {
  for (const rule of container.restartPolicyRules ?? []) {
    const values = rule.exitCodes?.values ?? [];
    const isIn = values.includes(exitCode);
    const matches = rule.exitCodes?.operator === "NotIn" ? !isIn : isIn;
    if (matches) return rule.action === "Restart";
  }
  const policy = container.restartPolicy ?? pod.spec?.restartPolicy ?? "Always";
  if (policy === "Never") return false;
  return policy !== "OnFailure" || exitCode !== 0;
}
