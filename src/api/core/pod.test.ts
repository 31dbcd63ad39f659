// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, Pod } from "../generated/v1.35/core-v1.ts";
import { KindSteps } from "../kind-steps.test.ts";

const steps = new KindSteps("Pod");
const podOf = (...containers: readonly object[]): object => ({
  spec: { containers: containers.map((container) => ({ name: "c", image: "nginx", ...container })) },
});
const containerOf = (container: object): Container => (steps.created(podOf(container)) as Pod).spec.containers[0]!;

test("a pod is filled as upstream fills it", () => {
  const { spec, status } = steps.created(podOf({})) as Pod;
  assert.equal(spec.restartPolicy, "Always");
  assert.equal(spec.dnsPolicy, "ClusterFirst");
  assert.equal(spec.terminationGracePeriodSeconds, 30);
  assert.equal(spec.schedulerName, "default-scheduler");
  assert.equal(spec.enableServiceLinks, true);
  assert.deepEqual(spec.securityContext, {});
  assert.deepEqual(status, { phase: "Pending", qosClass: "BestEffort" });
});

test("images are pulled by their tags, requests come of limits", () => {
  assert.equal(containerOf({ image: "nginx" }).imagePullPolicy, "Always");
  assert.equal(containerOf({ image: "nginx:latest" }).imagePullPolicy, "Always");
  assert.equal(containerOf({ image: "nginx:1.25" }).imagePullPolicy, "IfNotPresent");
  assert.equal(containerOf({ image: "registry:5000/nginx" }).imagePullPolicy, "Always");
  const { resources } = containerOf({ resources: { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "500m" } } });
  assert.deepEqual(resources!.requests, { cpu: "500m", memory: "1Gi" });
});

test("probes and ports are filled", () => {
  const { livenessProbe, ports } = containerOf({
    livenessProbe: { httpGet: { port: 80 } },
    ports: [{ containerPort: 80 }],
  });
  assert.deepEqual(livenessProbe, {
    httpGet: { path: "/", port: 80, scheme: "HTTP" },
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
  });
  assert.deepEqual(ports, [{ containerPort: 80, protocol: "TCP" }]);
});

const MISTAKES: readonly (readonly [pod: object, mistakes: readonly string[]])[] = [
  [podOf({}), []],
  [{ spec: { containers: [] } }, ["spec.containers: Required value"]],
  [podOf({ image: "" }), ["spec.containers[0].image: Required value"]],
  [podOf({}, {}), ['spec.containers[1].name: Duplicate value: "c"']],
  [podOf({ ports: [{ containerPort: 0 }] }), ["spec.containers[0].ports[0].containerPort: Required value"]],
  [
    podOf({ volumeMounts: [{ name: "v", mountPath: "/x" }] }),
    ['spec.containers[0].volumeMounts[0].name: Not found: "v"'],
  ],
  [
    podOf({ resources: { requests: { cpu: "2" }, limits: { cpu: "1" } } }),
    ['spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
  ],
  [
    podOf({ livenessProbe: { successThreshold: 2, exec: { command: ["a"] } } }),
    ["spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1"],
  ],
];

test("mistakes in new pods are told in upstream's words", () => {
  for (const [pod, mistakes] of MISTAKES) assert.deepEqual(steps.mistakes(pod), mistakes);
});

test("a pod changes its images and little else", () => {
  assert.deepEqual(steps.mistakesOfUpdate(podOf({}), podOf({ image: "nginx:2", imagePullPolicy: "Always" })), []);
  const [mistake = "", ...more] = steps.mistakesOfUpdate(podOf({}), podOf({ command: ["sh"] }));
  assert.match(
    mistake,
    /^spec: Forbidden: pod updates may not change fields other than `spec\.containers\[\*\]\.image`/,
  );
  assert.match(mistake, /\+\s+"Command": \[\n\+\s+"sh"/);
  assert.deepEqual(more, []);
});

test("doubtful pods are warned of", () => {
  const warnings = steps.warnings(
    podOf({
      env: [
        { name: "A", value: "1" },
        { name: "A", value: "2" },
      ],
    }),
  );
  assert.deepEqual(warnings, [
    'spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
  ]);
});

test("the table tells why a pod does not run", () => {
  const pod = steps.created(podOf({})) as Pod;
  pod.status!.containerStatuses = [
    {
      name: "c",
      image: "nginx",
      imageID: "",
      ready: false,
      restartCount: 2,
      state: { waiting: { reason: "CrashLoopBackOff" } },
    },
  ];
  assert.deepEqual(steps.cells(pod).slice(0, 4), ["a", "0/1", "CrashLoopBackOff", "2"]);
});

test("an update that only adds an empty struct counts as a change", () => {
  const [mistake = ""] = steps.mistakesOfUpdate(podOf({}), podOf({ lifecycle: {} }));
  assert.match(mistake, /^spec: Forbidden: pod updates may not change fields other than/);
  assert.match(mistake, /\+ {3}"Lifecycle": \{/);
});

const WARNINGS: readonly (readonly [pod: object, warnings: readonly string[]])[] = [
  [
    podOf(
      { ports: [{ name: "http", containerPort: 80 }] },
      { name: "d", ports: [{ name: "http", containerPort: 81 }] },
    ),
    [
      'spec.containers[1].ports[0]: duplicate port name "http" with spec.containers[0].ports[0], services and probes that select ports by name will use spec.containers[0].ports[0]',
    ],
  ],
  [podOf({ resources: { limits: { memory: "1e100" } } }), []],
  [
    podOf({ resources: { limits: { memory: "100m" } } }),
    [
      'spec.containers[0].resources.limits[memory]: fractional byte value "100m" is invalid, must be an integer',
      'spec.containers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer',
    ],
  ],
];

for (const [pod, warnings] of WARNINGS)
  test(`warnings about a pod: ${warnings.length}`, () => {
    assert.deepEqual(steps.warnings(pod), warnings);
  });

test("a pod names the image of a volume, a template may leave it open", () => {
  const volumes = [{ name: "v", image: {} }];
  const spec = { volumes, containers: [{ name: "c", image: "i" }] };
  assert.deepEqual(steps.mistakes({ spec }), ["spec.volumes[0].image.reference: Required value"]);
  assert.deepEqual(new KindSteps("PodTemplate").mistakes({ template: { spec } }), []);
});
