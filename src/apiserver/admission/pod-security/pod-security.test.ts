// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { get, send, startServer, type Answer, type TestServer } from "../../server-fixture.test.ts";
import { detailsText, findingsOf } from "./evaluate.ts";
import type { PodForm } from "./finding.ts";
import { levelVersionText, type LevelVersion, policyOf } from "./policy.ts";

const LABEL = "pod-security.kubernetes.io";
const namespaced = (mode: Record<string, string>) =>
  Object.fromEntries(Object.entries(mode).map(([key, value]) => [`${LABEL}/${key}`, value]));

const BASELINE: LevelVersion = { level: "baseline", minor: "latest" };
const RESTRICTED: LevelVersion = { level: "restricted", minor: "latest" };

type Spec = Partial<PodForm["spec"]>;
const pod = (spec: Spec, annotations: Record<string, string> = {}): PodForm => ({
  annotations,
  spec: { containers: [{ name: "a", image: "i" }], ...spec },
});
const container = (securityContext: object, name = "a") => ({ name, image: "i", securityContext });
const SAFE = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  runAsNonRoot: true,
  seccompProfile: { type: "RuntimeDefault" as const },
};

const told = (form: PodForm, level: LevelVersion): string => detailsText(findingsOf(form, level));

test("a policy is read out of labels; warnings follow what is enforced", () => {
  const text = (labels: Record<string, string>) => {
    const { enforce, audit, warn } = policyOf(namespaced(labels));
    return [enforce, audit, warn].map(levelVersionText).join(" ");
  };
  const open = "privileged:latest";
  assert.equal(text({}), `${open} ${open} ${open}`);
  assert.equal(text({ enforce: "baseline" }), `baseline:latest ${open} baseline:latest`);
  assert.equal(text({ enforce: "baseline", "enforce-version": "v1.22" }), `baseline:v1.22 ${open} baseline:v1.22`);
  assert.equal(text({ enforce: "baseline", "warn-version": "v1.23" }), `baseline:latest ${open} baseline:v1.23`);
  assert.equal(text({ enforce: "baseline", warn: "privileged" }), `baseline:latest ${open} ${open}`);
  assert.equal(text({ audit: "restricted", warn: "baseline" }), `${open} restricted:latest baseline:latest`);
  assert.equal(text({ enforce: "foo" }), `restricted:latest ${open} ${open}`);
  assert.deepEqual(
    policyOf(namespaced({ enforce: "foo", "warn-version": "v2.0" })).errors.map(({ body }) => body),
    [
      'Invalid value: "foo": must be one of privileged, baseline, restricted',
      'Invalid value: "v2.0": must be "latest" or "v1.x"',
    ],
  );
});

test("the baseline level forbids what reaches the node, in upstream's words", () => {
  const cases: [form: PodForm, text: string][] = [
    [pod({ hostNetwork: true, hostIPC: true }), "host namespaces (hostNetwork=true, hostIPC=true)"],
    [
      pod({ containers: [container({ privileged: true }), container({ privileged: true }, "b")] }),
      'privileged (containers "a", "b" must not set securityContext.privileged=true)',
    ],
    [
      pod({ containers: [container({ capabilities: { add: ["NET_ADMIN", "CHOWN", "BPF"] } })] }),
      'non-default capabilities (container "a" must not include "BPF", "NET_ADMIN" in securityContext.capabilities.add)',
    ],
    [pod({ volumes: [{ name: "v", hostPath: { path: "/" } }] }), 'hostPath volumes (volume "v")'],
    [
      pod({
        containers: [
          {
            name: "a",
            image: "i",
            ports: [
              { containerPort: 1, hostPort: 80 },
              { containerPort: 2, hostPort: 443 },
            ],
          },
        ],
      }),
      'hostPort (container "a" uses hostPorts 443, 80)',
    ],
    [
      pod({
        containers: [{ name: "a", image: "i", livenessProbe: { httpGet: { port: 1, host: "h" } } }],
      }),
      'probe or lifecycle host (container "a" uses probe or lifecycle host "h")',
    ],
    [
      pod({ containers: [container({ procMount: "Unmasked" })] }),
      'procMount (container "a" must not set securityContext.procMount to "Unmasked")',
    ],
    [
      pod({ securityContext: { seLinuxOptions: { type: "spc_t", user: "u" } } }),
      'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set)',
    ],
    [
      pod({
        securityContext: { seccompProfile: { type: "Unconfined" } },
        containers: [container({ seccompProfile: { type: "Unconfined" } })],
      }),
      'seccompProfile (pod and container "a" must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
    [
      pod({ securityContext: { sysctls: [{ name: "kernel.msgmax", value: "1" }] } }),
      "forbidden sysctls (kernel.msgmax)",
    ],
    [
      pod({ securityContext: { windowsOptions: { hostProcess: true } } }),
      "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)",
    ],
    [
      pod({}, { "container.apparmor.security.beta.kubernetes.io/a": "unconfined" }),
      'forbidden AppArmor profile (annotation must not set AppArmor profile type to "container.apparmor.security.beta.kubernetes.io/a="unconfined"")',
    ],
    [pod({ volumes: [{ name: "v", nfs: { server: "s", path: "/" } }] }), ""],
  ];
  for (const [form, text] of cases) assert.equal(told(form, BASELINE), text);
});

test("the restricted level asks for more, and lets a careful pod pass", () => {
  assert.equal(
    told(pod({}), RESTRICTED),
    'allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false), ' +
      'unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"]), ' +
      'runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true), ' +
      'seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
  );
  assert.equal(told(pod({ containers: [container(SAFE)] }), RESTRICTED), "");
  assert.equal(
    told(
      pod({ securityContext: { runAsUser: 0 }, containers: [container({ ...SAFE, runAsNonRoot: false })] }),
      RESTRICTED,
    ),
    'runAsNonRoot != true (container "a" must not set securityContext.runAsNonRoot=false), runAsUser=0 (pod must not set runAsUser=0)',
  );
  assert.equal(
    told(pod({ containers: [container(SAFE)], volumes: [{ name: "v", nfs: { server: "s", path: "/" } }] }), RESTRICTED),
    'restricted volume types (volume "v" uses restricted volume type "nfs")',
  );
});

test("a version asks for what it knew", () => {
  const at = (minor: number): LevelVersion => ({ level: "restricted", minor });
  const windows = pod({ os: { name: "windows" }, securityContext: { runAsNonRoot: true } });
  assert.equal(told(windows, RESTRICTED), "");
  assert.match(told(windows, at(24)), /^allowPrivilegeEscalation != false /);
  assert.equal(told(pod({ securityContext: { runAsNonRoot: true } }), at(7)), "");
  const keepAlive = pod({ securityContext: { sysctls: [{ name: "net.ipv4.tcp_keepalive_time", value: "1" }] } });
  assert.equal(told(keepAlive, { level: "baseline", minor: 28 }), "forbidden sysctls (net.ipv4.tcp_keepalive_time)");
  assert.equal(told(keepAlive, { level: "baseline", minor: 99 }), "");
  const rootInside = pod({ hostUsers: false, containers: [container({ ...SAFE, runAsNonRoot: false, runAsUser: 0 })] });
  assert.equal(told(rootInside, RESTRICTED), "");
  assert.match(told(rootInside, at(34)), /runAsUser=0/);
});

const messageOf = ({ body }: Answer): string => (body as { message: string }).message;

async function warningsOf(server: TestServer, path: string, body: object, method?: string): Promise<string[]> {
  const headers: Record<string, string> = method === "PATCH" ? { "content-type": "application/merge-patch+json" } : {};
  const response = await send(server, path, { body, headers, ...(method ? { method } : {}) });
  assert.ok(response.status < 300, String(response.status));
  const value = response.headers["warning"];
  return (Array.isArray(value) ? value : value ? [value] : []).flatMap((text) => String(text).split(/, (?=299)/));
}

const bare = {
  metadata: { name: "p" },
  spec: { containers: [{ name: "a", image: "i", securityContext: { privileged: true } }] },
};

async function startWithNamespace(labels: Record<string, string>): Promise<TestServer> {
  const server = await startServer({});
  await get(server, "/api/v1/namespaces", { body: { metadata: { name: "n", labels: namespaced(labels) } } });
  await get(server, "/api/v1/namespaces/n/serviceaccounts", { body: { metadata: { name: "default" } } });
  return server;
}

test("pods that do not fit the namespace are refused; controllers are only warned", async () => {
  await using server = await startWithNamespace({ enforce: "baseline" });
  const refused = await get(server, "/api/v1/namespaces/n/pods", { body: bare });
  assert.equal(refused.status, 403);
  assert.equal(
    messageOf(refused),
    'pods "p" is forbidden: violates PodSecurity "baseline:latest": privileged (container "a" must not set securityContext.privileged=true)',
  );
  const template = { metadata: { labels: { a: "b" } }, spec: bare.spec };
  const deployment = { metadata: { name: "d" }, spec: { selector: { matchLabels: { a: "b" } }, template } };
  const [warning] = await warningsOf(server, "/apis/apps/v1/namespaces/n/deployments", deployment);
  assert.match(warning!, /would violate PodSecurity \\"baseline:latest\\": privileged \(container \\"a\\" must not/);
});

test("a namespace with a label that says nothing is refused", async () => {
  await using server = await startServer({});
  const refused = await get(server, "/api/v1/namespaces", {
    body: { metadata: { name: "n", labels: namespaced({ enforce: "strict" }) } },
  });
  assert.equal(refused.status, 422);
  assert.equal(
    messageOf(refused),
    'Namespace "n" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted',
  );
});

test("a level that rises tells which pods it would refuse, and lets them be", async () => {
  await using server = await startWithNamespace({ warn: "privileged" });
  for (const name of ["p", "q", "r"])
    assert.equal(
      (await get(server, "/api/v1/namespaces/n/pods", { body: { ...bare, metadata: { name } } })).status,
      201,
    );
  const labels = namespaced({ enforce: "baseline" });
  const warnings = await warningsOf(server, "/api/v1/namespaces/n", { metadata: { labels } }, "PATCH");
  assert.equal(warnings.length, 2);
  assert.match(
    warnings[0]!,
    /existing pods in namespace \\"n\\" violate the new PodSecurity enforce level \\"baseline:latest\\"/,
  );
  assert.match(warnings[1]!, /p \(and 2 other pods\): privileged/);
  const patch = {
    body: { metadata: { labels: { x: "y" } } },
    method: "PATCH",
    headers: { "content-type": "application/merge-patch+json" },
  };
  assert.equal((await get(server, "/api/v1/namespaces/n/pods/p", patch)).status, 200);
  const image = { ...patch, body: { spec: { containers: [{ ...bare.spec.containers[0], image: "j" }] } } };
  assert.equal(
    (
      await get(server, "/api/v1/namespaces/n/pods/p", {
        ...image,
        headers: { "content-type": "application/strategic-merge-patch+json" },
      })
    ).status,
    403,
  );
});
