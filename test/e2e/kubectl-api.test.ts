// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Outcome, TestCluster } from "./support/test-cluster.ts";

/** Real kubectl against an API server with simulated nodes: commands and flags that need no container. */
let cluster: TestCluster;

before(() => {
  cluster = new TestCluster("kapi");
  cluster.up("--nodes", "0", "--simulate", "2");
  cluster.kubectl("create", "namespace", "corner");
  cluster.kubectl("config", "set-context", "--current", "--namespace=corner");
});
after(() => cluster?.[Symbol.dispose]());

/** Words are split at spaces; what holds spaces itself comes after. */
const kubectl = (line: string, ...more: string[]): string => cluster.kubectl(...line.split(" "), ...more);
const tryKubectl = (line: string, input?: string): Outcome => cluster.tryKubectl(line.split(" "), input);

function fails(line: string, message: RegExp, input?: string): void {
  const { code, stdout, stderr } = tryKubectl(line, input);
  assert.equal(code, 1, `${line}: ${stdout}`);
  assert.match(stderr, message);
}

function applies(manifest: object, ...args: string[]): string {
  return cluster.apply(JSON.stringify(manifest), ...args);
}

const file = (name: string, content: string): string => {
  const path = join(cluster.home, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, content);
  return path;
};

/** An editor that runs sed with one expression. */
function editor(name: string, expression: string): Record<string, string> {
  const path = file(name, `#!/bin/sh\nsed -i '${expression}' "$1"\n`);
  chmodSync(path, 0o755);
  return { KUBE_EDITOR: path };
}

const configMap = (name: string, data: object, labels?: object) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, ...(labels ? { labels } : {}) },
  data,
});

function openssl(...args: string[]): void {
  const { status, stderr } = spawnSync("openssl", args, { cwd: cluster.home, encoding: "utf8" });
  assert.equal(status, 0, stderr);
}

test("every kind that kubectl can create is created", () => {
  openssl(..."req -x509 -newkey rsa:2048 -nodes -keyout tls.key -out tls.crt -subj /CN=x -days 1".split(" "));
  const at = (name: string) => join(cluster.home, name);
  const created: [line: string, ...more: string[]][] = [
    ["clusterrole reads --verb=get,list --resource=pods,deployments.apps,pods/log"],
    ["clusterrole logs --verb=get --non-resource-url=/logs/*"],
    ["clusterrole sums --aggregation-rule=example.com/sum=true"],
    ["clusterrole one --verb=get --resource=pods --resource-name=one"],
    ["clusterrolebinding reads --clusterrole=reads --user=jane --group=devs --serviceaccount=corner:default"],
    [`configmap files --from-literal=a=1 --from-file=${at("tls.crt")}`],
    ["cronjob ticks --image=busybox", "--schedule=*/5 * * * *"],
    ["deployment idle --image=busybox --replicas=0 --port=80"],
    ["job once --image=busybox -- date"],
    ["job again --from=cronjob/ticks"],
    ["ingress ways --rule=foo.com/bar=plain:8080,tls=pair --class=x --annotation=a=b --default-backend=d:80"],
    ["poddisruptionbudget least --selector=app=idle --min-available=1"],
    ["pdb most --selector=app=idle --max-unavailable=50%"],
    ["priorityclass high --value=1000 --description=x --preemption-policy=Never"],
    ["quota few --hard=configmaps=100,services.loadbalancers=5"],
    ["quota best --hard=pods=100 --scopes=BestEffort"],
    ["role reader --verb=get --verb=list --resource=pods --resource=services"],
    ["rolebinding reader --role=reader --user=jane"],
    ["rolebinding viewer --clusterrole=view --serviceaccount=corner:default"],
    ["secret generic door --from-literal=key=1 --type=example.com/x"],
    ["secret docker-registry hub --docker-username=u --docker-password=p --docker-email=e@x --docker-server=s"],
    [`secret tls pair --cert=${at("tls.crt")} --key=${at("tls.key")}`],
    ["service clusterip plain --tcp=80:8080"],
    ["service clusterip headless --clusterip=None"],
    ["service nodeport out --tcp=80:8080 --node-port=30123"],
    ["service loadbalancer spread --tcp=80:8080"],
    ["service externalname other --external-name=example.com"],
    ["serviceaccount robot"],
  ];
  for (const [line, ...more] of created) assert.match(kubectl(`create ${line}`, ...more), / created\n$/, line);
  const token = kubectl("create token robot --duration=1h --audience=x").split(".")[1]!;
  assert.deepEqual(JSON.parse(Buffer.from(token, "base64url").toString()).aud, ["x"]);
  assert.match(kubectl("get secret hub -o jsonpath={.type}"), /^kubernetes.io\/dockerconfigjson$/);
  assert.match(kubectl("get service out"), /NodePort +10\.\S+ +<none> +80:30123\/TCP/);
  fails("create configmap files", /failed to create configmap: configmaps "files" already exists/);
  fails("create service nodeport twice --tcp=80 --node-port=30123", /provided port is already allocated/);
});

test("what is created can be looked at as every table and described", () => {
  const all =
    "clusterroles,clusterrolebindings,configmaps,cronjobs,deployments,jobs,ingresses,pdb,priorityclasses,quota,roles,rolebindings,secrets,services,serviceaccounts,hpa,nodes,namespaces,endpointslices,leases,csr,storageclasses,pods,pv,pvc,replicasets,statefulsets,daemonsets,networkpolicies,limitranges,events,componentstatuses";
  for (const wide of ["", " -o wide"]) assert.match(kubectl(`get ${all}${wide} --show-labels --show-kind`), /LABELS/);
  assert.match(kubectl("get cs"), /controller-manager +Healthy +ok +\nscheduler +Healthy +ok +\netcd-0 +Healthy +ok/);
  assert.match(kubectl("get ingress"), /ways +x +foo.com +80, 443/);
  assert.match(kubectl("get pdb"), /least +1 +N\/A +0 .*\nmost +N\/A +50% +0/);
  assert.match(
    kubectl("describe ingress ways"),
    /Ingress Class: +x\nDefault backend: +d:80 \(<error: services "d" not found>/,
  );
  assert.match(kubectl("describe quota few"), /configmaps +2 +100\n/);
  assert.match(kubectl("describe secret door"), /Type: +example.com\/x\n\nData\n====\nkey: +1 bytes/);
  assert.match(kubectl("describe clusterrole reads"), /pods\/log +\[\] +\[\] +\[get list\]/);
  kubectl("describe cronjob,job,service,serviceaccount,role,rolebinding,priorityclass,namespace,node");
});

test("get prints every form", () => {
  const { metadata } = cluster.json<{ metadata: { uid: string } }>("get", "service", "plain");
  const forms: [form: string, text: RegExp][] = [
    ["name", /^service\/plain\n$/],
    ["json", new RegExp(`"uid": "${metadata.uid}"`)],
    ["yaml", /^ {2}ports:\n {2}- name: 80-8080\n {4}port: 80\n/m],
    ["kyaml", /^ {2}kind: "Service",$/m],
    ["jsonpath={.spec.ports[?(@.port==80)].targetPort}", /^8080$/],
    ["jsonpath-as-json={.spec.ports[0].port}", /^\[\n {4}80\n\]/],
    ["go-template={{.spec.type}}", /^ClusterIP$/],
    ["custom-columns=N:.metadata.name,P:.spec.ports[*].port", /^N +P\nplain +80\n$/],
    ["wide", /SELECTOR\nplain .* app=plain\n$/],
  ];
  for (const [form, text] of forms) assert.match(kubectl(`get service plain -o ${form}`), text, form);
  const template = file("t.tmpl", "{{range .items}}{{.metadata.name}} {{end}}");
  assert.match(kubectl(`get services -o go-template-file=${template}`), /headless .*plain/);
  assert.match(
    kubectl(`get services -o custom-columns-file=${file("c", "NAME\n.metadata.name\n")}`),
    /^NAME\nheadless/,
  );
  assert.equal(kubectl("get service plain --no-headers -o custom-columns=:metadata.name"), "plain\n");
  assert.match(kubectl("get deployment idle --subresource=scale -o yaml"), /^kind: Scale$/m);
  assert.match(kubectl("get configmap files -o yaml --show-managed-fields"), /manager: kubectl-create\n/);
  assert.equal(kubectl("get configmap nothing --ignore-not-found"), "");
  fails("get configmap nothing", /^Error from server \(NotFound\): configmaps "nothing" not found\n$/);
  fails("get strange", /the server doesn't have a resource type "strange"/);
  assert.equal(kubectl("get --raw /readyz"), "ok");
});

test("lists are sorted, selected and cut into chunks", () => {
  for (let i = 1; i <= 7; i++)
    applies(configMap(`n${i}`, { rank: String(9 - i) }, { odd: String(i % 2 === 1), i: `${i}` }));
  const names = (line: string) =>
    kubectl(`get configmaps -o name ${line}`).replaceAll("configmap/", "").trim().split("\n");
  assert.deepEqual(names("-l odd=true --sort-by={.data.rank}"), ["n7", "n5", "n3", "n1"]);
  assert.deepEqual(names("-l i --sort-by=.metadata.name --chunk-size=2"), ["n1", "n2", "n3", "n4", "n5", "n6", "n7"]);
  assert.equal(
    cluster.kubectl("get", "configmaps", "-o", "name", "-l", "i in (2,4),odd!=true,!x"),
    "configmap/n2\nconfigmap/n4\n",
  );
  assert.deepEqual(names("--field-selector=metadata.name=n3"), ["n3"]);
  assert.match(kubectl("get services --sort-by=.spec.type"), /other [^]*spread [^]*out /);
  assert.match(kubectl("get secrets --field-selector=type=kubernetes.io/tls"), /\npair /);
  assert.match(kubectl("get configmaps -l i=1 -L odd,i"), /ODD +I\nn1 .* true +1\n/);
  fails("get pods --field-selector=spec.colour=red", /field label not supported: spec.colour/);
  fails("get configmaps -l a~b", /unable to parse requirement: <nil>: Invalid value: "a~b": name part must consist/);
  assert.match(kubectl("get configmaps,secrets -A -l i=1"), /NAMESPACE +NAME/);
});

test("apply merges three sides, on the client's side and on the server's", () => {
  assert.match(applies(configMap("three", { a: "1", b: "2" })), / created/);
  kubectl("patch configmap three --type=merge -p", '{"data":{"other":"kept"}}');
  const path = file("three.json", JSON.stringify(configMap("three", { a: "3" })));
  const { code, stdout } = tryKubectl(`diff -f ${path}`);
  assert.equal(code, 1);
  assert.match(stdout, /\n-  a: "1"\n-  b: "2"\n\+  a: "3"\n/);
  assert.match(kubectl(`apply -f ${path} --dry-run=server -o jsonpath={.data}`), /^{"a":"3","other":"kept"}$/);
  assert.match(kubectl(`apply -f ${path} --dry-run=client`), /configured \(dry run\)/);
  assert.match(kubectl(`apply -f ${path}`), / configured/);
  assert.match(kubectl(`apply -f ${path}`), / unchanged/);
  assert.equal(tryKubectl(`diff -f ${path}`).code, 0);
  assert.equal(kubectl("apply view-last-applied configmap/three -o json").includes('"b"'), false);
  assert.match(kubectl(`apply -f ${path} --server-side`), / serverside-applied/);
  const owners = kubectl("get configmap three -o jsonpath={.metadata.managedFields[*].manager} --show-managed-fields");
  assert.match(owners, /kubectl( |$)/);
  const other = JSON.stringify(configMap("three", { a: "4" }));
  fails("apply --server-side --field-manager=two -f -", /conflict with "kubectl": .data.a/, other);
  cluster.apply(other, "--server-side", "--field-manager=two", "--force-conflicts");
  cluster.apply(JSON.stringify(configMap("three", {})), "--server-side", "--field-manager=two");
  assert.equal(kubectl("get configmap three -o jsonpath={.data}"), '{"other":"kept"}');
  assert.match(
    kubectl(`apply set-last-applied -f ${file("five.json", JSON.stringify(configMap("three", {})))}`),
    / configured/,
  );
  assert.match(kubectl(`replace -f ${path}`), / replaced/);
  assert.match(kubectl(`replace --force -f ${path}`), / replaced/);
});

test("what is applied no more is pruned: by labels, and by an applyset", () => {
  const label = { set: "p" };
  const allow = ["--prune", "--prune-allowlist=core/v1/ConfigMap", "-l", "set=p"];
  const [one, two] = [configMap("one", {}, label), configMap("two", {}, label)].map((o) => JSON.stringify(o));
  cluster.apply(`${one}\n---\n${two}`, ...allow);
  assert.match(cluster.apply(one!, ...allow), /configmap\/two pruned/);
  const set = ["apply", "--prune", "--applyset=configmaps/members", "-n", "corner", "-f", "-"];
  const inSet = (input: string) => cluster.tryKubectl(set, input, { KUBECTL_APPLYSET: "true" });
  const [three, four] = ["s3", "s4"].map((name) => JSON.stringify(configMap(name, {})));
  assert.equal(inSet(`${three}\n---\n${four}`).code, 0);
  const pruned = inSet(three!);
  assert.match(pruned.stdout, /configmap\/s4 pruned/, pruned.stderr);
  assert.equal(kubectl("get configmap s4 --ignore-not-found"), "");
});

test("edit changes what the editor changed, and opens again on what is refused", () => {
  const edits = (name: string, expression: string, ...args: string[]) =>
    cluster.tryKubectl(args, undefined, editor(name, expression));
  applies(configMap("edited", { k: "v1" }));
  assert.equal(edits("e1", "s/k: v1/k: v2/", "edit", "configmap", "edited").stdout, "configmap/edited edited\n");
  assert.equal(edits("e2", 's/"k": "v2"/"k": "v3"/', "edit", "configmap/edited", "-o", "json").code, 0);
  assert.match(edits("e3", "s/nothing//", "edit", "configmap", "edited").stderr, /no changes made/);
  const last = edits("e4", "s/k: v1/k: v9/", "apply", "edit-last-applied", "configmap/edited");
  assert.equal(last.stdout, "configmap/edited edited\n", last.stderr);
  const refused = edits("e5", "s/^  replicas: .*/  replicas: -1/", "edit", "deployment", "idle");
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /deployments.apps "idle" is invalid[^]*A copy of your changes has been stored/);
  const copy = readFileSync(/stored to "([^"]+)"/.exec(refused.stderr)![1]!, "utf8");
  assert.match(copy, /# \* spec.replicas: Invalid value: -1: must be greater than or equal to 0/);
  assert.equal(kubectl("get configmap edited -o jsonpath={.data.k}"), "v3");
});

test("patches in three types, and of subresources", () => {
  const patches = (line: string, body: unknown) => kubectl(`patch ${line} -p`, JSON.stringify(body));
  const env = { spec: { template: { spec: { containers: [{ name: "busybox", env: [{ name: "A", value: "1" }] }] } } } };
  assert.equal(patches("deployment idle", env), "deployment.apps/idle patched\n");
  assert.equal(patches("deployment idle", env), "deployment.apps/idle patched (no change)\n");
  assert.match(
    kubectl("get deployment idle -o jsonpath={.spec.template.spec.containers[0]}"),
    /"image":"busybox".*"ports"|"env".*"ports"/,
  );
  patches("deployment idle --type=merge", { spec: { paused: true, minReadySeconds: 3 } });
  patches("deployment idle --type=json", [
    { op: "remove", path: "/spec/paused" },
    { op: "test", path: "/spec/minReadySeconds", value: 3 },
  ]);
  assert.equal(kubectl("get deployment idle -o jsonpath={.spec.paused}{.spec.minReadySeconds}"), "3");
  assert.equal(
    patches("deployment idle --subresource=scale --type=merge", { spec: { replicas: 1 } }),
    "scale.autoscaling/idle patched\n",
  );
  assert.equal(kubectl("get deployment idle -o jsonpath={.spec.replicas}"), "1");
  const bad = cluster.tryKubectl([
    "patch",
    "deployment",
    "idle",
    "--type=json",
    "-p",
    '[{"op":"remove","path":"/spec/nothing"}]',
  ]);
  assert.match(bad.stderr, /the server rejected our request due to an error in our request/);
  const wrong = cluster.tryKubectl(["patch", "configmap", "files", "--type=merge", "-p", '{"data":{"a":1}}']);
  assert.match(wrong.stderr, /cannot unmarshal number into Go struct field ConfigMap.data of type string/);
  assert.match(
    kubectl(
      "patch deployment idle --type=merge --dry-run=server -o jsonpath={.spec.replicas} -p",
      '{"spec":{"replicas":7}}',
    ),
    /^7$/,
  );
});

test("labels and annotates: one, many, by file, with a revision", () => {
  assert.equal(kubectl("label configmaps -l i --overwrite x=y").match(/labeled/g)?.length, 7);
  assert.match(kubectl("label configmaps -l x=y x-"), /(configmap\/n\d unlabeled\n){7}/);
  assert.match(kubectl("label --list configmap n1"), /i=1\n/);
  fails("label configmap n1 i=2", /'i' already has a value \(1\), and --overwrite is false/);
  assert.equal(kubectl("label configmap n1 i=1"), "configmap/n1 not labeled\n");
  assert.equal(kubectl("annotate configmap n1 note=x"), "configmap/n1 annotated\n");
  fails("annotate configmap n1 note=z --overwrite --resource-version=1", /\(Conflict\): Operation cannot be fulfilled/);
  assert.match(kubectl("annotate --list configmap/n1"), /^note=x$/m);
  kubectl("annotate configmap n1 note-");
  const { stderr } = cluster.tryKubectl(["label", "configmap", "n1", "not right=1"]);
  assert.match(
    stderr,
    /metadata.labels: Invalid value: "not right": name part must consist of alphanumeric characters/,
  );
});
