// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";

import type { CriImage } from "../cri.ts";
import type { Container, Pod } from "../types.ts";
import { containerSecurityContext, namespaceOptions, verifyNonRoot } from "./security-context.ts";

const podOf = (spec: object, securityContext: object = {}): Pod =>
  ({
    metadata: { name: "p", namespace: "n", uid: "u" },
    spec: { containers: [{ name: "c", securityContext }], ...spec },
  }) as unknown as Pod;

const contextOf = (pod: Pod, image?: CriImage) =>
  containerSecurityContext({ pod, container: pod.spec!.containers[0]!, image, root: "/k", targetId: undefined });

const image = (more: Partial<CriImage>): CriImage => ({ id: "i", size: 1, ...more });

test("a container's settings come before its pod's, and its image's come last", () => {
  const pod = podOf(
    { securityContext: { runAsUser: 1, runAsGroup: 2, fsGroup: 3, supplementalGroups: [4] } },
    { runAsUser: 5 },
  );
  const context = contextOf(pod);
  assert.deepEqual(context.runAsUser, { value: 5 });
  assert.deepEqual(context.runAsGroup, { value: 2 });
  assert.deepEqual(context.supplementalGroups, [3, 4]);
  assert.equal(contextOf(podOf({}), image({ username: "app" })).runAsUsername, "app");
  assert.deepEqual(contextOf(podOf({}), image({ uid: { value: 7 } })).runAsUser, { value: 7 });
});

test("paths are masked unless a container is privileged", () => {
  assert.ok((contextOf(podOf({})).maskedPaths ?? []).includes("/proc/kcore"));
  assert.deepEqual(contextOf(podOf({}, { privileged: true })).maskedPaths, []);
});

test("system calls are unconfined unless a profile is asked for", () => {
  assert.deepEqual(contextOf(podOf({})).seccomp, { profileType: "Unconfined" });
  assert.deepEqual(contextOf(podOf({ securityContext: { seccompProfile: { type: "RuntimeDefault" } } })).seccomp, {
    profileType: "RuntimeDefault",
  });
  const local = { seccompProfile: { type: "Localhost", localhostProfile: "a.json" } };
  assert.deepEqual(contextOf(podOf({}, local)).seccomp, {
    profileType: "Localhost",
    localhostRef: "/k/seccomp/a.json",
  });
});

test("new privileges are refused only when that is asked for", () => {
  assert.equal(contextOf(podOf({})).noNewPrivs, false);
  assert.equal(contextOf(podOf({}, { allowPrivilegeEscalation: false })).noNewPrivs, true);
});

test("namespaces are shared as the pod says", () => {
  assert.deepEqual(namespaceOptions(podOf({})), { network: "POD", ipc: "POD", pid: "CONTAINER" });
  assert.equal(namespaceOptions(podOf({ shareProcessNamespace: true })).pid, "POD");
  assert.deepEqual(namespaceOptions(podOf({ hostNetwork: true, hostPID: true, hostIPC: true })), {
    network: "NODE",
    ipc: "NODE",
    pid: "NODE",
  });
});

test("a container that must not be root is refused when it would be, or might be", () => {
  const strict = (securityContext: object) => podOf({}, { runAsNonRoot: true, ...securityContext });
  const verify = (pod: Pod, found?: CriImage) => () => verifyNonRoot(pod, pod.spec!.containers[0] as Container, found);
  assert.throws(
    verify(strict({ runAsUser: 0 })),
    /^StartError: container's runAsUser breaks non-root policy \(pod: "p_n\(u\)", container: c\)$/,
  );
  assert.throws(verify(strict({}), image({ uid: { value: 0 } })), /image will run as root/);
  assert.throws(verify(strict({}), image({ username: "app" })), /image has non-numeric user \(app\)/);
  assert.doesNotThrow(verify(strict({ runAsUser: 1 })));
  assert.doesNotThrow(verify(strict({}), image({ uid: { value: 9 } })));
});
