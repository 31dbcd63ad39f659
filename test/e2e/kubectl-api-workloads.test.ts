// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Outcome, TestCluster } from "./support/test-cluster.ts";
import { waitFor } from "./support/wait-for.ts";

/** Real kubectl against simulated nodes: nodes, rollouts, waiting, access, certificates, what the server can do. */
let cluster: TestCluster;

before(() => {
  cluster = new TestCluster("kapiw");
  cluster.up("--nodes", "0", "--simulate", "2");
  cluster.kubectl("create", "namespace", "corner");
  cluster.kubectl("config", "set-context", "--current", "--namespace=corner");
});
after(() => cluster?.[Symbol.dispose]());

const kubectl = (line: string, ...more: string[]): string => cluster.kubectl(...line.split(" "), ...more);
const tryKubectl = (line: string, input?: string): Outcome => cluster.tryKubectl(line.split(" "), input);

function fails(line: string, message: RegExp, input?: string): void {
  const { code, stdout, stderr } = tryKubectl(line, input);
  assert.equal(code, 1, `${line}: ${stdout}`);
  assert.match(stderr, message);
}

const file = (name: string, content: string): string => {
  const path = join(cluster.home, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, content);
  return path;
};

test("rollouts: status, history, undo, pause, resume, restart", () => {
  kubectl("create deployment web --image=nginx:1 --replicas=3");
  assert.match(kubectl("rollout status deployment/web --timeout=60s"), /successfully rolled out/);
  kubectl("annotate deployment web kubernetes.io/change-cause=first");
  kubectl("set image deployment/web nginx=nginx:2");
  kubectl("annotate deployment web kubernetes.io/change-cause=second --overwrite");
  kubectl("rollout status deployment/web --timeout=60s");
  assert.match(kubectl("rollout history deployment/web"), /\n1 +first\n2 +second\n/);
  assert.match(kubectl("rollout history deployment/web --revision=2"), /revision #2\n[^]*Image:\tnginx:2/);
  assert.equal(kubectl("rollout undo deployment/web --to-revision=1"), "deployment.apps/web rolled back\n");
  kubectl("rollout status deployment/web --timeout=60s");
  assert.equal(kubectl("get deployment web -o jsonpath={..image}"), "nginx:1");
  kubectl("rollout pause deployment/web");
  fails("rollout restart deployment/web", /can't restart paused deployment/);
  kubectl("rollout resume deployment/web");
  kubectl("rollout restart deployment/web");
  kubectl("rollout status deployment/web --timeout=60s");
  fails("rollout undo deployment/web --to-revision=77", /unable to find specified revision 77/);
});

test("sets environment, resources, accounts, selectors and subjects", () => {
  kubectl("create configmap colours --from-literal=sky=blue");
  kubectl("create serviceaccount robot");
  kubectl("create service clusterip web --tcp=80");
  kubectl("create rolebinding looks --clusterrole=view --user=jane");
  for (const line of [
    "env deployment/web SIZE=big",
    "env deployment/web --from=configmap/colours",
    "resources deployment/web --limits=cpu=200m,memory=64Mi --requests=cpu=100m",
    "serviceaccount deployment/web robot",
    "selector service/web app=web,tier=front",
    "subject rolebinding/looks --user=joe --group=devs",
  ])
    assert.match(kubectl(`set ${line}`), / updated\n$/, line);
  assert.match(kubectl("set env deployment/web --list"), /\nSIZE=big\n# SKY from configmap colours, key sky\n/);
  assert.match(kubectl("describe deployment web"), /Limits:\n +cpu: +200m\n +memory: +64Mi\n/);
  assert.equal(kubectl("get rolebinding looks -o jsonpath={.subjects[*].name}"), "jane joe devs");
  kubectl("rollout status deployment/web --timeout=60s");
});

test("scales, autoscales, exposes and runs", () => {
  fails("scale deployment web --current-replicas=7 --replicas=2", /Expected replicas to be 7, was 3/);
  assert.equal(
    kubectl("scale deployment web --current-replicas=3 --replicas=2 --timeout=60s"),
    "deployment.apps/web scaled\n",
  );
  assert.equal(
    kubectl("scale deployment web --replicas=2 --resource-version=0 --dry-run=client"),
    "deployment.apps/web scaled (dry run)\n",
  );
  assert.match(kubectl("autoscale deployment web --min=2 --max=4 --cpu=50%"), / autoscaled\n/);
  assert.match(kubectl("get hpa"), /web +Deployment\/web +cpu: <unknown>\/50% +2 +4 +0/);
  kubectl("expose deployment web --name=door --port=80 --target-port=8080 --type=NodePort");
  kubectl("expose service door --name=second --port=81");
  assert.match(kubectl("get service door second"), /door +NodePort .* 80:3\d{4}\/TCP[^]*second +ClusterIP .* 81\/TCP/);
  kubectl("run solo --image=busybox --labels=a=b --env=A=B --port=80 --expose");
  assert.equal(kubectl("get service solo -o jsonpath={.spec.selector}"), '{"a":"b"}');
  assert.match(kubectl("run other --image=busybox --dry-run=server -o yaml"), /tolerations:\n/);
  kubectl("delete hpa web");
});

test("waits for conditions, for values, for what comes and what goes", async () => {
  kubectl("wait --for=condition=Ready pod/solo --timeout=60s");
  assert.match(
    kubectl("wait --for=condition=Available deployment --all --timeout=60s"),
    /deployment.apps\/web condition met/,
  );
  assert.match(kubectl("wait --for=jsonpath={.status.phase}=Running pod/solo"), /condition met/);
  fails("wait --for=condition=Ready=false pod/solo --timeout=1s", /timed out waiting for the condition on pods\/solo/);
  await using coming = cluster.start("wait", "--for=create", "configmap/late", "--timeout=30s");
  await using going = cluster.start("wait", "--for=delete", "pod/solo", "--timeout=30s");
  kubectl("create configmap late");
  kubectl("delete pod solo --now --wait=false");
  await waitFor("both ended", () => coming.ended && going.ended, { seen: () => coming.stderr + going.stderr });
  assert.deepEqual([coming.process.exitCode, going.process.exitCode], [0, 0]);
  const overrides = { metadata: { annotations: { "knarr.dev/run-for": "300ms", "knarr.dev/exit-code": "3" } } };
  kubectl("run ends --image=busybox --restart=Never --overrides", JSON.stringify(overrides));
  kubectl("wait --for=jsonpath={.status.phase}=Failed pod/ends --timeout=60s");
  assert.match(kubectl("get pod ends"), /ends +0\/1 +Error +0 /);
});

test("taints, cordons and drains", () => {
  assert.equal(kubectl("taint node sim-1 k=v:NoSchedule"), "node/sim-1 tainted\n");
  fails("taint node sim-1 k=w:NoSchedule", /already has k taint\(s\) with same effect\(s\) and --overwrite is false/);
  assert.equal(kubectl("taint node sim-1 k=w:NoSchedule --overwrite"), "node/sim-1 modified\n");
  assert.equal(kubectl("taint nodes -l kubernetes.io/hostname=sim-1 k-"), "node/sim-1 untainted\n");
  assert.equal(kubectl("cordon sim-1"), "node/sim-1 cordoned\n");
  assert.match(kubectl("get node sim-1"), /Ready,SchedulingDisabled/);
  kubectl("run bare --image=busybox --overrides", '{"spec":{"nodeName":"sim-1"}}');
  kubectl("wait --for=condition=Ready pod/bare --timeout=60s");
  fails("drain sim-1 --timeout=30s", /cannot delete .*declare no controller.* corner\/bare/);
  const drained = kubectl("drain sim-1 --force --ignore-daemonsets --delete-emptydir-data --timeout=60s");
  assert.match(drained, /pod\/bare evicted[^]*node\/sim-1 drained\n$/);
  assert.equal(kubectl("get pods --field-selector=spec.nodeName=sim-1,status.phase=Running -o name"), "");
  assert.equal(kubectl("uncordon sim-1"), "node/sim-1 uncordoned\n");
  kubectl("wait --for=condition=Available deployment/web --timeout=60s");
});

test("a disruption budget holds a drain up until it is gone", async () => {
  kubectl("create deployment kept --image=busybox");
  kubectl("wait --for=condition=Available deployment/kept --timeout=60s");
  kubectl("create pdb kept --selector=app=kept --min-available=1");
  const seen = { observedGeneration: 1, expectedPods: 1, currentHealthy: 1, desiredHealthy: 1, disruptionsAllowed: 0 };
  kubectl("patch pdb kept --subresource=status --type=merge -p", JSON.stringify({ status: seen }));
  const node = kubectl("get pods -l app=kept -o jsonpath={.items[0].spec.nodeName}");
  await using drain = cluster.start("drain", node, "--pod-selector=app=kept", "--timeout=60s");
  await waitFor(
    "the budget is told",
    () => /Cannot evict pod as it would violate the pod's disruption budget/.test(drain.stderr),
    {
      seen: () => drain.stdout + drain.stderr,
    },
  );
  kubectl("delete pdb kept");
  await waitFor("the drain ends", () => drain.ended, { seen: () => drain.stderr });
  assert.match(drain.stdout, /evicted/);
  kubectl(`uncordon ${node}`);
});

test("events are shown, of all and of one", () => {
  assert.match(
    kubectl("events --for deployment/web --types=Normal"),
    /ScalingReplicaSet +Deployment\/web +Scaled up replica set/,
  );
  assert.match(kubectl("get events --field-selector=reason=Scheduled -o wide"), /Successfully assigned corner\/web-/);
  assert.match(kubectl("get events.v1.events.k8s.io --sort-by=.metadata.creationTimestamp"), /SuccessfulCreate/);
  assert.match(kubectl("events -A -o json"), /"reason": "NodeReady"/);
});

test("says who may do what, and reconciles roles", () => {
  assert.match(kubectl("auth whoami"), /Username +kubernetes-admin\nGroups +\[.*system:authenticated/);
  assert.equal(kubectl("auth can-i * *"), "yes\n");
  assert.equal(kubectl("auth can-i get pods --subresource=log --as=jane"), "yes\n");
  assert.equal(tryKubectl("auth can-i get secrets --as=jane").stdout, "no\n");
  assert.equal(kubectl("auth can-i get /healthz --as=nobody"), "yes\n");
  const list = kubectl("auth can-i --list --as=jane");
  assert.match(list, /\nconfigmaps +\[\] +\[\] +\[get list watch\]\n/);
  assert.match(list, /selfsubjectreviews.authentication.k8s.io +\[\] +\[\] +\[create\]\n/);
  assert.match(list, /\n +\[\/healthz\] +\[\] +\[get\]\n/);
  const role = (verb: string) =>
    `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: rec}\nrules: [{apiGroups: [''], resources: [pods], verbs: [${verb}]}]\n`;
  const reconcile = (verb: string, ...more: string[]) => {
    const { code, stdout, stderr } = cluster.tryKubectl(["auth", "reconcile", "-f", "-", ...more], role(verb));
    assert.equal(code, 0, stderr);
    return stdout + stderr;
  };
  assert.match(reconcile("get"), /reconciliation required create\n\tmissing rules added/);
  assert.match(reconcile("list"), /reconciliation required update\n/);
  assert.equal(kubectl("get clusterrole rec -o jsonpath={.rules[*].verbs}"), '["get"] ["list"]');
  assert.match(reconcile("list", "--remove-extra-permissions"), /extra rules removed/);
  const forbidden = tryKubectl("get secrets -n kube-system --as=jane").stderr;
  assert.match(forbidden, /User "jane" cannot list resource "secrets" in API group "" in the namespace "kube-system"/);
});

test("certificates are approved and denied", () => {
  const { status } = spawnSync(
    "openssl",
    "req -new -newkey rsa:2048 -nodes -keyout u.key -out u.csr -subj /CN=jane/O=devs".split(" "),
    {
      cwd: cluster.home,
    },
  );
  assert.equal(status, 0);
  const request = readFileSync(join(cluster.home, "u.csr")).toString("base64");
  const spec = { request, signerName: "example.com/people", usages: ["client auth"] };
  const signing = (name: string) =>
    cluster.apply(
      JSON.stringify({
        apiVersion: "certificates.k8s.io/v1",
        kind: "CertificateSigningRequest",
        metadata: { name },
        spec,
      }),
    );
  for (const name of ["jane", "joe"]) signing(name);
  assert.match(kubectl("get csr"), /jane +\S+ +example.com\/people +kubernetes-admin +<none> +Pending/);
  assert.equal(kubectl("certificate approve jane"), "certificatesigningrequest.certificates.k8s.io/jane approved\n");
  assert.equal(kubectl("certificate deny joe"), "certificatesigningrequest.certificates.k8s.io/joe denied\n");
  fails("certificate deny jane", /certificate signing request "jane" is already Approved/);
  assert.match(kubectl("get csr"), /jane .* Approved\njoe .* Denied\n/);
  assert.match(kubectl("describe csr jane"), /Common Name: +jane\n[^]*Organization: +devs\n/);
});

test("explains every field of every kind, and lists what the server has", () => {
  const explained = kubectl("explain pod.spec");
  assert.match(explained, /activeDeadlineSeconds\t<integer>\n +Optional duration in seconds the pod may be active/);
  assert.match(
    kubectl("explain pod.spec --recursive"),
    /\n {2}affinity\t<Affinity>\n {4}nodeAffinity\t<NodeAffinity>\n/,
  );
  assert.match(kubectl("explain hpa.spec.metrics --api-version=autoscaling/v2"), /FIELD: metrics <\[\]MetricSpec>/);
  fails("explain deployment.spec.colour", /field "colour" does not exist/);
  const names = kubectl("api-resources --verbs=get -o name").trim().split("\n");
  const kinds = new Set(names.map((name) => name.split(".")[0]!));
  for (const kind of kinds) {
    const text = kubectl(`explain ${kind} --recursive`);
    assert.match(text, /\nDESCRIPTION:\n {4}\S[^]*\nFIELDS:\n/, kind);
    assert.doesNotMatch(text, /<no description>/, kind);
  }
  assert.match(
    kubectl("api-resources --api-group=apps --categories=all -o wide"),
    /deployments +deploy +apps\/v1 +true +Deployment +create,/,
  );
  assert.match(
    kubectl("api-resources --namespaced=false --sort-by=kind"),
    /NAME +SHORTNAMES[^]*nodes +no +v1 +false +Node\n/,
  );
  assert.match(kubectl("api-versions"), /^apps\/v1$/m);
  assert.match(kubectl("cluster-info"), /control plane.* is running at/);
  assert.match(kubectl("cluster-info dump --namespaces=corner"), /"kind": "NodeList"/);
});

test("kustomizations are built, applied, compared and deleted", () => {
  file("kz/base/kustomization.yaml", "resources: [d.yaml]\nconfigMapGenerator: [{name: conf, literals: [a=1]}]\n");
  file("kz/base/d.yaml", kubectl("create deployment kz --image=nginx --dry-run=client -o yaml"));
  const over = file(
    "kz/over/kustomization.yaml",
    "namePrefix: my-\nresources: [../base]\nreplicas: [{name: kz, count: 2}]\n",
  );
  const folder = join(over, "..");
  assert.match(kubectl(`kustomize ${folder}`), /name: my-conf-\w+\n/);
  assert.match(kubectl(`apply -k ${folder}`), /configmap\/my-conf-\w+ created\ndeployment.apps\/my-kz created\n/);
  assert.equal(tryKubectl(`diff -k ${folder}`).code, 0);
  assert.equal(kubectl(`get -k ${folder} -o name`).split("\n").length, 3);
  assert.match(kubectl(`delete -k ${folder}`), /deployment.apps "my-kz" deleted/);
});

test("deletes: selected, orphaned, in the foreground, whole namespaces", async () => {
  kubectl("delete deployment kept --cascade=foreground --timeout=60s");
  assert.equal(kubectl("get pods -l app=kept -o name"), "");
  kubectl("delete deployment web --cascade=orphan");
  assert.match(kubectl("get replicasets -l app=web -o name"), /replicaset/);
  assert.match(
    kubectl("delete replicasets --all --dry-run=server"),
    /deleted from corner namespace \(server dry run\)/,
  );
  kubectl("delete replicasets,pods -l app=web --timeout=60s");
  await using watch = cluster.start("get", "configmaps", "--watch-only", "--output-watch-events");
  let touched = 0;
  await waitFor("the watch runs", async () => {
    kubectl(`annotate configmap late touched=${(touched += 1)} --overwrite`);
    return /MODIFIED +late/.test(watch.stdout);
  });
  kubectl("delete namespace corner --timeout=60s");
  await waitFor("the watch sees it go", () => /DELETED +late/.test(watch.stdout), { seen: () => watch.stdout });
  fails("get namespace corner", /\(NotFound\): namespaces "corner" not found/);
});
