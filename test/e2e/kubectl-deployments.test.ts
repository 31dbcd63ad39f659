// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startRealNode } from "./support/real-node.ts";
import { noRealNodes, type TestCluster } from "./support/test-cluster.ts";

/** A container that ends at once when it is told to. */
const WAITS = `trap "exit 0" TERM; echo started; while :; do sleep 1 & wait $!; done`;

describe("kubectl with deployments", { skip: noRealNodes() ?? false }, () => {
  let cluster: TestCluster;
  before(async () => {
    cluster = await startRealNode("kdep");
  });
  after(() => cluster?.[Symbol.dispose]());

  const kubectl = (line: string, ...more: string[]) => cluster.kubectl(...line.split(" "), ...more);
  const rolledOut = (name: string) =>
    assert.match(kubectl(`rollout status deployment/${name} --timeout=90s`), /successfully rolled out/);
  const imageOf = (name: string) =>
    kubectl(`get deployment ${name} -o jsonpath={.spec.template.spec.containers[0].image}`);

  test("creates a deployment, whose pods run", () => {
    assert.equal(
      kubectl("create deployment web --image=busybox:1.36 --replicas=2 --", "sh", "-c", WAITS),
      "deployment.apps/web created\n",
    );
    rolledOut("web");
    assert.equal(
      kubectl("wait --for=condition=Available deployment/web --timeout=60s"),
      "deployment.apps/web condition met\n",
    );
    kubectl("wait --for=jsonpath={.status.readyReplicas}=2 deployment/web --timeout=60s");
  });

  test("gets objects in every form", () => {
    assert.match(kubectl("get deployment web"), /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +2\/2 +2 +2 +\d+s\n$/);
    assert.match(kubectl("get pods -l app=web -o wide --no-headers"), /(web-\S+ +1\/1 +Running .* node-1 .*\n){2}/);
    assert.match(kubectl("get pods --field-selector=status.phase=Running -o name"), /(pod\/web-\S+\n){2}/);
    assert.match(kubectl("get deployment web -o yaml"), /^apiVersion: apps\/v1\nkind: Deployment\nmetadata:\n/);
    assert.equal(JSON.parse(kubectl("get deployment web -o json")).spec.replicas, 2);
    assert.equal(kubectl("get deployments -o jsonpath={.items[*].metadata.name}"), "web");
    assert.match(
      kubectl("get deployment -o custom-columns=NAME:.metadata.name,WANTED:.spec.replicas"),
      /^NAME +WANTED\nweb +2\n$/,
    );
    assert.match(kubectl("get deployment web --show-labels"), /LABELS\n.* app=web\n/);
    assert.match(
      kubectl("get all"),
      /pod\/web-[^]*service\/kubernetes[^]*deployment.apps\/web[^]*replicaset.apps\/web-/,
    );
    assert.match(kubectl("get pods -A --sort-by=.metadata.name"), /default +web-/);
    assert.match(kubectl("get events --field-selector=reason=ScalingReplicaSet"), /Scaled up replica set web-/);
    assert.match(kubectl("events --for deployment/web"), /ScalingReplicaSet/);
    assert.equal(kubectl("get --raw /readyz"), "ok");
    const missing = cluster.tryKubectl(["get", "pod", "nobody"]);
    assert.equal(missing.stderr, 'Error from server (NotFound): pods "nobody" not found\n');
    assert.equal(missing.code, 1);
  });

  test("describes pods, nodes, deployments and services", () => {
    assert.match(kubectl("describe deployment web"), /Replicas: +2 desired \| 2 updated \| 2 total \| 2 available/);
    assert.match(
      kubectl("describe pods -l app=web"),
      /Controlled By: +ReplicaSet\/web-[^]*Scheduled .*default-scheduler/,
    );
    assert.match(kubectl("describe node node-1"), /Non-terminated Pods: +\(2 in total\)/);
    assert.match(kubectl("describe service kubernetes"), /Endpoints: +\d+\.\d+\.\d+\.\d+:\d+\n/);
  });

  test("scales, and waits for what is deleted", () => {
    assert.equal(kubectl("scale deployment web --replicas=3"), "deployment.apps/web scaled\n");
    rolledOut("web");
    const [pod] = kubectl("get pods -l app=web -o name").trim().split("\n");
    kubectl(`delete ${pod} --wait=false`);
    kubectl(`wait --for=delete ${pod} --timeout=60s`);
    kubectl("scale deployment web --current-replicas=3 --replicas=1");
    kubectl("wait --for=jsonpath={.status.replicas}=1 deployment/web --timeout=60s");
  });

  test("rolls out, pauses, resumes, restarts and undoes", () => {
    assert.equal(
      kubectl("set image deployment/web busybox=company/payments-api:v2.1.4"),
      "deployment.apps/web image updated\n",
    );
    rolledOut("web");
    assert.match(
      kubectl("rollout history deployment/web"),
      /^deployment.apps\/web ?\nREVISION +CHANGE-CAUSE\n1 +<none>\n2 +<none>\n/,
    );
    assert.match(kubectl("rollout history deployment/web --revision=2"), /Image:\tcompany\/payments-api:v2.1.4/);
    assert.equal(kubectl("rollout undo deployment/web"), "deployment.apps/web rolled back\n");
    rolledOut("web");
    assert.equal(imageOf("web"), "busybox:1.36");
    assert.equal(kubectl("rollout pause deployment/web"), "deployment.apps/web paused\n");
    kubectl("set env deployment/web COLOUR=blue");
    assert.match(
      cluster.tryKubectl(["rollout", "undo", "deployment/web"]).stderr,
      /cannot rollback a paused deployment/,
    );
    assert.equal(kubectl("rollout resume deployment/web"), "deployment.apps/web resumed\n");
    rolledOut("web");
    assert.equal(kubectl("rollout restart deployment/web"), "deployment.apps/web restarted\n");
    rolledOut("web");
    assert.match(kubectl("describe deployment web"), /kubectl.kubernetes.io\/restartedAt/);
    assert.match(kubectl("get replicasets -l app=web -o wide --no-headers"), /(web-\S+ .*\n){4}/);
  });

  test("edits with the user's editor", () => {
    const editor = join(cluster.home, "editor.sh");
    writeFileSync(editor, `#!/bin/sh\nsed -i 's/revisionHistoryLimit: .*/revisionHistoryLimit: 2/' "$1"\n`);
    chmodSync(editor, 0o755);
    const { code, stdout, stderr } = cluster.tryKubectl(["edit", "deployment", "web"], undefined, {
      KUBE_EDITOR: editor,
    });
    assert.equal(code, 0, stderr);
    assert.equal(stdout, "deployment.apps/web edited\n");
    assert.equal(kubectl("get deployment web -o jsonpath={.spec.revisionHistoryLimit}"), "2");
  });

  test("patches in three ways", () => {
    const patch = (type: string, body: unknown) =>
      kubectl(`patch deployment web --type=${type} -p`, JSON.stringify(body));
    const container = { name: "busybox", env: [{ name: "SIZE", value: "big" }] };
    assert.equal(
      patch("strategic", { spec: { template: { spec: { containers: [container] } } } }),
      "deployment.apps/web patched\n",
    );
    assert.equal(
      kubectl("get deployment web -o jsonpath={.spec.template.spec.containers[0].env[*].name}"),
      "SIZE COLOUR",
    );
    assert.equal(patch("merge", { spec: { minReadySeconds: 0 } }), "deployment.apps/web patched (no change)\n");
    assert.equal(patch("json", [{ op: "replace", path: "/spec/replicas", value: 2 }]), "deployment.apps/web patched\n");
    assert.match(
      cluster.tryKubectl(["patch", "deployment", "web", "--type=merge", "-p", '{"spec":{"replicas":-1}}']).stderr,
      /The Deployment "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0/,
    );
    rolledOut("web");
  });

  test("labels and annotates", () => {
    assert.equal(kubectl("label deployment web tier=front"), "deployment.apps/web labeled\n");
    assert.match(cluster.tryKubectl(["label", "deployment", "web", "tier=back"]).stderr, /--overwrite is false/);
    kubectl("label deployment web tier=back --overwrite");
    assert.equal(kubectl("get deployment -l tier=back -o name"), "deployment.apps/web\n");
    assert.equal(kubectl("label deployment web tier-"), "deployment.apps/web unlabeled\n");
    assert.equal(kubectl("annotate deployment web owner=me"), "deployment.apps/web annotated\n");
    assert.equal(kubectl("get deployment web -o jsonpath={.metadata.annotations.owner}"), "me");
  });

  test("exposes", () => {
    assert.equal(kubectl("expose deployment web --port=80 --target-port=8080"), "service/web exposed\n");
    assert.match(kubectl("get service web"), /web +ClusterIP +10\.\S+ +<none> +80\/TCP/);
    kubectl("expose deployment web --name=web-out --port=80 --type=NodePort");
    assert.match(kubectl("get service web-out"), /NodePort .* 80:3\d{4}\/TCP/);
    assert.equal(kubectl("delete service web web-out").match(/deleted/g)?.length, 2);
  });
});
