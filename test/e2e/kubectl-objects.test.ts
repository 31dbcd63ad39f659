// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { TestCluster } from "./support/test-cluster.ts";
import { waitFor } from "./support/wait-for.ts";

const configMap = (data: Readonly<Record<string, string>>, options: { name?: string; labels?: object } = {}) =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: options.name ?? "settings", ...(options.labels ? { labels: options.labels } : {}) },
    data,
  });

describe("kubectl with objects that need no node", () => {
  let cluster: TestCluster;
  before(() => {
    cluster = new TestCluster("kobj");
    cluster.up("--nodes", "0");
  });
  after(() => cluster?.[Symbol.dispose]());

  const kubectl = (line: string, ...more: string[]) => cluster.kubectl(...line.split(" "), ...more);
  const tryKubectl = (line: string, input?: string) => cluster.tryKubectl(line.split(" "), input);

  test("creates each kind that it has a command for", () => {
    const created = (line: string) => assert.match(kubectl(`create ${line}`), / created\n$/);
    for (const line of [
      "namespace corner",
      "priorityclass high --value=1000",
      "clusterrole looks --verb=get --resource=nodes",
      "clusterrolebinding robot-looks --clusterrole=looks --serviceaccount=corner:robot",
    ])
      created(line);
    for (const line of [
      "configmap colours --from-literal=sky=blue",
      "secret generic keys --from-literal=door=1234",
      "secret docker-registry hub --docker-username=u --docker-password=p",
      "service clusterip plain --tcp=80:8080",
      "service nodeport out --tcp=80:8080",
      "service externalname other --external-name=example.com",
      "serviceaccount robot",
      "role reader --verb=get,list --resource=pods",
      "rolebinding robot-reads --role=reader --serviceaccount=corner:robot",
      "deployment nothing --image=busybox:1.36 --replicas=0",
    ])
      created(`${line} -n corner`);
    assert.equal(kubectl("get secret keys -n corner -o jsonpath={.data.door}"), "MTIzNA==");
    assert.match(tryKubectl("create namespace corner").stderr, /\(AlreadyExists\): namespaces "corner" already exists/);
  });

  test("says who may do what, and service accounts are held to it", () => {
    assert.match(kubectl("auth whoami"), /Username +\S+\n/);
    assert.equal(kubectl("auth can-i create deployments"), "yes\n");
    const robot = "--as=system:serviceaccount:corner:robot";
    assert.equal(kubectl(`auth can-i list pods -n corner ${robot}`), "yes\n");
    assert.deepEqual(
      [tryKubectl(`auth can-i list pods ${robot}`)].map(({ code, stdout }) => [code, stdout]),
      [[1, "no\n"]],
    );
    assert.match(kubectl(`auth can-i --list -n corner ${robot}`), /\npods +\[\] +\[\] +\[get list\]\n/);
    const token = kubectl("create token robot -n corner").trim();
    const asRobot = (line: string) => tryKubectl(`${line} --kubeconfig=/dev/null --token=${token} ${connection()}`);
    assert.equal(asRobot("get pods -n corner").stderr, "No resources found in corner namespace.\n");
    assert.match(
      asRobot("get secrets -n corner").stderr,
      /\(Forbidden\): secrets is forbidden: User "system:serviceaccount:corner:robot" cannot list resource "secrets" in API group "" in the namespace "corner"/,
    );
    assert.match(asRobot("auth whoami").stdout, /system:serviceaccount:corner:robot/);
  });

  test("a secret that names a service account holds a token of it", () => {
    const annotations = { "kubernetes.io/service-account.name": "robot" };
    const metadata = { name: "robot-key", namespace: "corner", annotations };
    const type = "kubernetes.io/service-account-token";
    const secret = JSON.stringify({ apiVersion: "v1", kind: "Secret", metadata, type });
    assert.equal(tryKubectl("create -f -", secret).stdout, "secret/robot-key created\n");
    kubectl("wait secret/robot-key -n corner --for=jsonpath={.data.token} --timeout=30s");
    const token = atob(kubectl("get secret robot-key -n corner -o jsonpath={.data.token}"));
    const whoami = tryKubectl(`auth whoami --kubeconfig=/dev/null --token=${token} ${connection()}`);
    assert.match(whoami.stdout, /system:serviceaccount:corner:robot/, whoami.stderr);
  });

  const connection = () => {
    const server = kubectl("config view --minify -o jsonpath={.clusters[0].cluster.server}");
    return `--server=${server} --insecure-skip-tls-verify`;
  };

  test("applies on the client's side: three sides are merged", () => {
    assert.equal(cluster.apply(configMap({ a: "1", b: "2" })), "configmap/settings created\n");
    assert.equal(cluster.apply(configMap({ a: "1", b: "2" })), "configmap/settings unchanged\n");
    kubectl("patch configmap settings --type=merge -p", '{"data":{"other":"kept"}}');
    assert.equal(cluster.apply(configMap({ a: "2" })), "configmap/settings configured\n");
    assert.deepEqual(cluster.json<{ data: object }>("get", "configmap", "settings").data, { a: "2", other: "kept" });
    assert.equal(kubectl("apply view-last-applied configmap/settings").includes("a:"), true);
  });

  test("applies on the server's side: conflicts are told, and can be forced", () => {
    const asManager = (name: string) => ["--server-side", `--field-manager=${name}`];
    const text = (size: string) => configMap({ size }, { name: "shared" });
    assert.equal(cluster.apply(text("small"), ...asManager("first")), "configmap/shared serverside-applied\n");
    const other = cluster.tryKubectl(["apply", ...asManager("second"), "-f", "-"], text("big"));
    assert.equal(other.code, 1);
    assert.match(other.stderr, /Apply failed with 1 conflict: conflict with "first": \.data\.size/);
    cluster.apply(text("big"), ...asManager("second"), "--force-conflicts");
    assert.equal(kubectl("get configmap shared -o jsonpath={.data.size}"), "big");
    assert.match(kubectl("get configmap shared -o yaml --show-managed-fields"), /manager: second\n +operation: Apply/);
    assert.match(cluster.apply(text("big"), "--dry-run=server"), /serverside-applied|configured/);
  });

  test("prunes what is applied no more", () => {
    const part = (name: string) => configMap({}, { name, labels: { set: "pruned" } });
    const prune = ["--prune", "--prune-allowlist=core/v1/ConfigMap", "-l", "set=pruned"];
    cluster.apply(`${part("one")}\n---\n${part("two")}`, ...prune);
    assert.match(cluster.apply(part("one"), ...prune), /configmap\/two pruned/);
    assert.equal(kubectl("get configmaps -l set=pruned -o name"), "configmap/one\n");
  });

  test("shows what an apply would change", () => {
    assert.equal(tryKubectl("diff -f -", configMap({ a: "2" })).code, 0);
    const { code, stdout } = tryKubectl("diff -f -", configMap({ a: "3" }));
    assert.equal(code, 1);
    assert.match(stdout, /\n-  a: "2"\n\+  a: "3"\n/);
    const shared = configMap({ size: "big" }, { name: "shared" });
    assert.equal(tryKubectl("diff --server-side --field-manager=second -f -", shared).code, 0);
  });

  test("replaces, and refuses what is unknown or out of date", () => {
    const [stale] = [cluster.json<object>("get", "configmap", "settings")];
    kubectl("annotate configmap settings touched=yes");
    assert.match(
      tryKubectl("replace -f -", JSON.stringify(stale)).stderr,
      /\(Conflict\).*the object has been modified/,
    );
    assert.equal(tryKubectl("replace -f -", configMap({ a: "4" })).stdout, "configmap/settings replaced\n");
    const strange = JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "x" }, dta: {} });
    assert.match(tryKubectl("create -f -", strange).stderr, /strict decoding error: unknown field "dta"/);
  });

  test("follows changes", async () => {
    await using watch = cluster.start("get", "configmaps", "-l", "set=watched", "-w", "--output-watch-events");
    await using names = cluster.start("get", "configmaps", "-l", "set=watched", "-w", "-o", "name");
    cluster.apply(configMap({}, { name: "seen", labels: { set: "watched" } }));
    await waitFor("the new object is shown", () => /ADDED +seen/.test(watch.stdout), { seen: () => watch.stdout });
    kubectl("label configmap seen more=1");
    await waitFor("the change is shown", () => /MODIFIED +seen/.test(watch.stdout), { seen: () => watch.stdout });
    kubectl("label configmap seen set=other --overwrite");
    await waitFor("what matches no more is shown", () => /DELETED +seen/.test(watch.stdout), {
      seen: () => watch.stdout,
    });
    assert.match(watch.stdout, /^EVENT +NAME +DATA +AGE\n/);
    await waitFor("names are shown", () => names.stdout.includes("configmap/seen\n"));
  });

  test("pages through long lists", () => {
    const items = Array.from({ length: 25 }, (_, i) => configMap({}, { name: `page-${i}`, labels: { set: "paged" } }));
    cluster.apply(items.join("\n---\n"));
    const list = kubectl("get configmaps -l set=paged -o name --chunk-size=10");
    assert.equal(list.trim().split("\n").length, 25);
    assert.match(kubectl("delete configmaps -l set=paged"), /(configmap "page-\d+" deleted.*\n){25}/);
  });

  test("explains kinds and lists what the server has", () => {
    assert.match(
      kubectl("explain deployment.spec.strategy"),
      /GROUP: +apps\nKIND: +Deployment\nVERSION: +v1\n\nFIELD: strategy <DeploymentStrategy>/,
    );
    assert.match(kubectl("explain pod.spec.containers --recursive"), /livenessProbe\t<Probe>/);
    assert.match(tryKubectl("explain pod.spec.nothing").stderr, /field "nothing" does not exist/);
    assert.match(kubectl("api-resources"), /\ndeployments +deploy +apps\/v1 +true +Deployment\n/);
    assert.match(kubectl("api-resources --namespaced=false --verbs=list -o name"), /\nnodes\n/);
    assert.match(kubectl("api-versions"), /\nrbac.authorization.k8s.io\/v1\n/);
    assert.match(kubectl("version"), /Server Version: v1\.35\.\d+\+knarr\n/);
    assert.match(kubectl("cluster-info"), /Kubernetes control plane.* is running at/);
  });

  test("deletes, orphans, and waits for finalizers", async () => {
    kubectl("create deployment parent --image=busybox:1.36");
    await waitFor("its pod is made", () => kubectl("get pods -l app=parent -o name").includes("pod/"), {
      seen: () => cluster.state(),
    });
    kubectl("delete deployment parent --cascade=orphan");
    assert.match(kubectl("get replicasets -l app=parent -o name"), /replicaset.apps\/parent-/);
    kubectl("delete replicaset -l app=parent --cascade=foreground --timeout=60s");
    assert.equal(kubectl("get pods -l app=parent -o name"), "");
    kubectl("patch configmap settings --type=merge -p", '{"metadata":{"finalizers":["example.com/hold"]}}');
    kubectl("delete configmap settings --wait=false");
    assert.match(kubectl("get configmap settings -o jsonpath={.metadata.deletionTimestamp}"), /^2\d{3}-/);
    kubectl("patch configmap settings --type=merge -p", '{"metadata":{"finalizers":null}}');
    kubectl("wait --for=delete configmap/settings --timeout=30s");
    kubectl("delete namespace corner --timeout=60s");
    assert.match(tryKubectl("get namespace corner").stderr, /\(NotFound\)/);
  });
});
