// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { realClient } from "../../tools/real-clients.ts";
import { type Outcome, TestCluster } from "./support/test-cluster.ts";

const HOOKS = ["install", "upgrade", "rollback", "delete"].flatMap((event) => [`pre-${event}`, `post-${event}`]);

/** A chart with hooks at every event and a test, as Pods that end by themselves on a simulated node. */
const CHART: Readonly<Record<string, string>> = {
  "Chart.yaml": "apiVersion: v2\nname: parts\nversion: 0.1.0\nappVersion: '1'\n",
  "values.yaml": "replicas: 1\ngreeting: hello\nextra: ''\nhookExit: '0'\ntestExit: '0'\n",
  "templates/parts.yaml": `apiVersion: v1
kind: ConfigMap
metadata: { name: {{ .Release.Name }} }
data:
  greeting: {{ .Values.greeting | quote }}
  {{- if .Values.extra }}
  extra: {{ .Values.extra | quote }}
  {{- end }}
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: {{ .Release.Name }} }
spec:
  replicas: {{ .Values.replicas }}
  selector: { matchLabels: { app: {{ .Release.Name }} } }
  template:
    metadata: { labels: { app: {{ .Release.Name }} } }
    spec: { containers: [{ name: main, image: busybox }] }
---
apiVersion: v1
kind: Service
metadata: { name: {{ .Release.Name }} }
spec: { selector: { app: {{ .Release.Name }} }, ports: [{ port: 80 }] }
`,
  "templates/hooks.yaml": HOOKS.map(
    (hook) => `---
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}-${hook}
  labels: { hook: ${hook} }
  annotations:
    helm.sh/hook: ${hook}
    helm.sh/hook-delete-policy: before-hook-creation
    knarr.dev/run-for: 100ms
    knarr.dev/exit-code: {{ .Values.hookExit | quote }}
spec: { restartPolicy: Never, containers: [{ name: main, image: busybox }] }
`,
  ).join(""),
  "templates/tests/answers.yaml": `apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}-test
  annotations:
    helm.sh/hook: test
    helm.sh/hook-delete-policy: before-hook-creation
    knarr.dev/run-for: 100ms
    knarr.dev/exit-code: {{ .Values.testExit | quote }}
spec: { restartPolicy: Never, containers: [{ name: main, image: busybox }] }
`,
};

let cluster: TestCluster;
let chart: string;

before(() => {
  cluster = new TestCluster("helmapi");
  cluster.up("--nodes", "0", "--simulate", "1");
  chart = join(cluster.home, "parts");
  for (const [path, text] of Object.entries(CHART)) {
    mkdirSync(dirname(join(chart, path)), { recursive: true });
    writeFileSync(join(chart, path), text);
  }
});
after(() => cluster?.[Symbol.dispose]());

function tryHelm(line: string, env: Readonly<Record<string, string>> = {}): Outcome {
  const { status, stdout, stderr } = spawnSync(realClient("helm"), line.split(" "), {
    env: { ...cluster.env, ...env },
    encoding: "utf8",
  });
  return { code: status ?? 1, stdout, stderr };
}

function helm(line: string, env: Readonly<Record<string, string>> = {}): string {
  const { code, stdout, stderr } = tryHelm(line, env);
  assert.equal(code, 0, `helm ${line}: ${stderr}${stdout}`);
  return stdout;
}

const kubectl = (line: string): string => cluster.kubectl(...line.split(" "));
const data = (name: string): object => cluster.json<{ data: object }>("get", "configmap", name).data;

for (const [way, flag] of [
  ["server-side apply", "--server-side=true"],
  ["a three-way merge", "--server-side=false"],
] as const) {
  const name = flag.endsWith("true") ? "applied" : "merged";

  test(`installs, upgrades, rolls back, tests and uninstalls by ${way}`, () => {
    assert.match(helm(`install ${name} ${chart} ${flag} --wait --timeout 30s`), /STATUS: deployed\nREVISION: 1\n/);
    kubectl(`annotate service ${name} mine=kept`);
    assert.deepEqual(data(name), { greeting: "hello" });
    helm(`upgrade ${name} ${chart} ${flag} --set replicas=2,extra=more,greeting=bye --wait --timeout 30s`);
    assert.deepEqual(data(name), { greeting: "bye", extra: "more" });
    assert.equal(kubectl(`get deployment ${name} -o jsonpath={.status.readyReplicas}`), "2");
    helm(`rollback ${name} 1 ${flag} --wait --timeout 30s`);
    assert.deepEqual(data(name), { greeting: "hello" });
    assert.equal(kubectl(`get service ${name} -o jsonpath={.metadata.annotations.mine}`), "kept");
    assert.match(helm(`history ${name}`), /1 .*superseded[^]*2 .*superseded[^]*3 .*deployed .*Rollback to 1/);
    assert.match(helm(`test ${name}`), /TEST SUITE: +\S+-test\n[^]*Phase: +Succeeded/);
    const pods = kubectl("get pods -l hook -o jsonpath={.items[*].metadata.labels.hook}").split(" ");
    assert.deepEqual(pods.sort(), HOOKS.filter((hook) => !hook.endsWith("delete")).sort());
    assert.match(helm(`get manifest ${name}`), /kind: Deployment/);
    assert.match(helm(`status ${name} -o json`), /"status":"deployed"/);
    helm(`uninstall ${name} --wait --timeout 30s`);
    assert.equal(kubectl(`get deployments,services,configmaps -o name`).includes(name), false);
    kubectl("delete pods --all --now");
  });
}

test("a release goes from client-side to server-side apply", () => {
  helm(`install moved ${chart} --server-side=false --no-hooks`);
  helm(`upgrade moved ${chart} --server-side=true --set extra=x --no-hooks`);
  assert.deepEqual(data("moved"), { greeting: "hello", extra: "x" });
  helm(`upgrade moved ${chart} --server-side=true --reset-values --no-hooks`);
  assert.deepEqual(data("moved"), { greeting: "hello" });
  helm("uninstall moved --no-hooks");
});

test("releases are kept in Secrets, or in ConfigMaps", () => {
  helm(`install kept ${chart} --no-hooks`);
  assert.match(kubectl("get secrets -l owner=helm,name=kept"), /sh.helm.release.v1.kept.v1 +helm.sh\/release.v1 +1/);
  const inConfigMaps = { HELM_DRIVER: "configmap" };
  helm(`install other ${chart} --no-hooks`, inConfigMaps);
  assert.match(kubectl("get configmaps -l owner=helm,name=other"), /sh.helm.release.v1.other.v1 +1/);
  assert.match(helm("list -q"), /^kept\n$/);
  assert.match(helm("list -q", inConfigMaps), /^other\n$/);
  helm("uninstall other --no-hooks", inConfigMaps);
  helm("uninstall kept --no-hooks --keep-history");
  assert.match(helm("list --uninstalled -q"), /^kept\n$/);
  helm("uninstall kept");
  assert.equal(kubectl("get secrets,configmaps -l owner=helm -o name"), "");
});

test("what fails is told: hooks, tests, releases that are not ready in time", () => {
  const failed = tryHelm(`install broken ${chart} --set hookExit=1 --timeout 20s`);
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /pre-install hook.* failed|failed pre-install/);
  assert.match(helm("list --failed -q"), /broken/);
  helm("uninstall broken --no-hooks");
  helm(`install weak ${chart} --no-hooks --set testExit=1`);
  const tested = tryHelm("test weak --timeout 20s");
  assert.equal(tested.code, 1);
  assert.match(tested.stdout + tested.stderr, /Phase: +Failed/);
  const late = tryHelm(`upgrade weak ${chart} --no-hooks --set replicas=500 --rollback-on-failure --wait --timeout 3s`);
  assert.equal(late.code, 1);
  assert.match(helm("history weak"), /2 .*failed[^]*3 .*deployed .*Rollback to 1/);
  helm("uninstall weak --no-hooks");
});
