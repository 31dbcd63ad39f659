// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { curl, startRealNode } from "./support/real-node.ts";
import { noRealNodes, type TestCluster } from "./support/test-cluster.ts";
import { waitFor } from "./support/wait-for.ts";

const CHART: Readonly<Record<string, string>> = {
  "Chart.yaml": "apiVersion: v2\nname: greeter\nversion: 0.1.0\nappVersion: '1'\n",
  "values.yaml": "greeting: hello\nreplicas: 1\nimage: company/payments-api:v2.1.4\n",
  "templates/config-map.yaml": `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
data:
  greeting: {{ .Values.greeting | quote }}
`,
  "templates/deployment.yaml": `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels: { app: {{ .Release.Name }} }
  template:
    metadata:
      labels: { app: {{ .Release.Name }} }
      annotations: { checksum: {{ include (print $.Template.BasePath "/config-map.yaml") . | sha256sum }} }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: web
          image: {{ .Values.image }}
          readinessProbe:
            httpGet: { path: /greeting, port: 8080 }
            periodSeconds: 1
          volumeMounts:
            - { name: data, mountPath: /www }
      volumes:
        - name: data
          configMap: { name: {{ .Release.Name }} }
`,
  "templates/service.yaml": `apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}
spec:
  selector: { app: {{ .Release.Name }} }
  ports:
    - { port: 80, targetPort: 8080 }
`,
};

interface Release {
  readonly name: string;
  readonly revision: string;
  readonly status: string;
}

describe("helm", { skip: noRealNodes() ?? false }, () => {
  let cluster: TestCluster;
  let chart: string;
  before(async () => {
    cluster = await startRealNode("helm");
    chart = join(cluster.home, "greeter");
    mkdirSync(join(chart, "templates"), { recursive: true });
    for (const [path, text] of Object.entries(CHART)) writeFileSync(join(chart, path), text);
  });
  after(() => cluster?.[Symbol.dispose]());

  const helm = (line: string) => cluster.helm(...line.split(" "));
  const releases = () => JSON.parse(helm("list -o json")) as Release[];
  const greets = (greeting: string) => {
    const address = cluster.kubectl("get", "service", "demo", "-o", "jsonpath={.spec.clusterIP}");
    return waitFor(`the Service says ${greeting}`, () => curl(`http://${address}/greeting`) === greeting);
  };

  test("installs a chart and waits until it is ready", async () => {
    assert.match(helm(`install demo ${chart} --wait --timeout 90s`), /STATUS: deployed\nREVISION: 1\n/);
    assert.deepEqual(
      releases().map(({ name, revision, status }) => [name, revision, status]),
      [["demo", "1", "deployed"]],
    );
    await greets("hello");
  });

  test("upgrades, and rolls back", async () => {
    helm(`upgrade demo ${chart} --set greeting=good-day,replicas=2 --wait --timeout 90s`);
    assert.equal(cluster.kubectl("get", "deployment", "demo", "-o", "jsonpath={.status.readyReplicas}"), "2");
    await greets("good-day");
    assert.match(helm("rollback demo 1 --wait --timeout 90s"), /Rollback was a success/);
    await greets("hello");
    assert.match(helm("history demo"), /1 .*superseded[^]*2 .*superseded[^]*3 .*deployed .*Rollback to 1/);
    assert.equal(helm("get values demo --revision 2 -o json").trim(), '{"greeting":"good-day","replicas":2}');
  });

  test("uninstalls everything", () => {
    assert.match(helm("uninstall demo --wait --timeout 90s"), /release "demo" uninstalled/);
    assert.deepEqual(releases(), []);
    assert.equal(cluster.kubectl("get", "deployments,services,configmaps", "-o", "name").includes("demo"), false);
    assert.equal(cluster.kubectl("get", "secrets", "-o", "name"), "");
  });
});
