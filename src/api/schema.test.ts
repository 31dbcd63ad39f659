// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeJson, objectCodec } from "../apimachinery/index.ts";
import { schemaRegistry } from "./schema.ts";

const pods = objectCodec(schemaRegistry(), "io.k8s.api.core.v1.Pod");
const services = objectCodec(schemaRegistry(), "io.k8s.api.core.v1.Service");
const json = (text: string): unknown => JSON.parse(encodeJson(pods.decodeJson(text).object));
const strict = (text: string): readonly string[] => pods.decodeJson(text).strictErrors;
const failure = (text: string): string => {
  try {
    pods.decodeJson(text);
  } catch (error) {
    return (error as Error).message;
  }
  return "";
};

test("the schema keeps what the document says of lists and patches, and the defaults of list-map keys", () => {
  const ports = schemaRegistry().type("io.k8s.api.core.v1.Container");
  assert(ports.type === "object");
  assert.deepEqual(ports.fields["ports"]?.shape, {
    type: "list",
    items: { type: "ref", name: "io.k8s.api.core.v1.ContainerPort" },
    listType: "map",
    mapKeys: ["containerPort", "protocol"],
    patchStrategy: "merge",
    patchMergeKey: "containerPort",
  });
  const port = schemaRegistry().type("io.k8s.api.core.v1.ServicePort");
  assert(port.type === "object");
  assert.equal(port.fields["protocol"]?.default, "TCP");
});

test("a decoded object has what the original writes always, and not what it leaves out", () => {
  assert.deepEqual(
    json(
      '{"kind":"Pod","metadata":{"creationTimestamp":null,"labels":{}},"spec":{"hostNetwork":false,"containers":[{"name":"c","command":[]}]}}',
    ),
    { kind: "Pod", metadata: {}, spec: { containers: [{ name: "c", resources: {} }] }, status: {} },
  );
  assert.deepEqual(json('{"status":{"conditions":[{"type":"Ready","status":"True"}]}}'), {
    metadata: {},
    spec: { containers: null },
    status: { conditions: [{ type: "Ready", status: "True", lastProbeTime: null, lastTransitionTime: null }] },
  });
  const service = services.decodeJson('{"spec":{"ports":[{"port":80,"nodePort":0}],"sessionAffinity":""}}').object;
  assert.deepEqual(JSON.parse(encodeJson(service)), {
    metadata: {},
    spec: { ports: [{ port: 80, targetPort: 0 }] },
    status: { loadBalancer: {} },
  });
});

test("a pointer tells zero from absent", () => {
  const deployment = objectCodec(schemaRegistry(), "io.k8s.api.apps.v1.Deployment").decodeJson(
    '{"spec":{"replicas":0,"minReadySeconds":0}}',
  );
  const spec = JSON.parse(encodeJson(deployment.object)).spec as Record<string, unknown>;
  assert.equal(spec["replicas"], 0);
  assert.equal("minReadySeconds" in spec, false);
  assert.deepEqual(spec["strategy"], {});
});

test("quantities and times come out in canonical form", () => {
  assert.deepEqual(
    json(
      '{"metadata":{"creationTimestamp":"2026-01-01T01:00:00+01:00"},"spec":{"containers":[{"name":"c","resources":{"limits":{"cpu":"1000m","memory":1048576}}}]}}',
    ),
    {
      metadata: { creationTimestamp: "2026-01-01T00:00:00Z" },
      spec: { containers: [{ name: "c", resources: { limits: { cpu: "1", memory: "1048576" } } }] },
      status: {},
    },
  );
});

test("unknown and duplicate fields are told in the order of the source", () => {
  assert.deepEqual(
    strict('{"metadata":{"bar":1,"name":"a","name":"b"},"spec":{"containers":[{},{"x":{"y":1}}]},"foo":{"a":1}}'),
    [
      'unknown field "metadata.bar"',
      'duplicate field "metadata.name"',
      'unknown field "spec.containers[1].x"',
      'unknown field "foo"',
    ],
  );
  assert.deepEqual(strict('{"metadata":{"labels":{"a":"1","a":"2"}}}'), ['duplicate field "metadata.labels.a"']);
  assert.deepEqual(strict('{"Metadata":{}}'), ['unknown field "Metadata"']);
  assert.deepEqual(pods.decodeJson('{"foo":1}', { strict: false }).strictErrors, []);
});

test("wrong types are refused in the words of Go's decoder", () => {
  const prefix = "json: cannot unmarshal";
  const CASES: readonly (readonly [text: string, message: string])[] = [
    ['{"spec":{"hostname":1}}', `${prefix} number into Go struct field PodSpec.spec.hostname of type string`],
    [
      '{"metadata":{"labels":"x"}}',
      `${prefix} string into Go struct field ObjectMeta.metadata.labels of type map[string]string`,
    ],
    ['{"spec":{"priority":1.5}}', `${prefix} number 1.5 into Go struct field PodSpec.spec.priority of type int32`],
    [
      '{"spec":{"priority":3000000000}}',
      `${prefix} number 3000000000 into Go struct field PodSpec.spec.priority of type int32`,
    ],
    [
      '{"spec":{"restartPolicy":true}}',
      `${prefix} bool into Go struct field PodSpec.spec.restartPolicy of type v1.RestartPolicy`,
    ],
    [
      '{"spec":{"volumes":[{"emptyDir":1}]}}',
      `${prefix} number into Go struct field Volume.spec.volumes.VolumeSource.emptyDir of type v1.EmptyDirVolumeSource`,
    ],
    [
      '{"spec":{"containers":{}}}',
      `${prefix} object into Go struct field PodSpec.spec.containers of type []v1.Container`,
    ],
    ["[]", `${prefix} array into Go value of type v1.Pod`],
    ['{"spec":{', "unexpected end of JSON input"],
    ['{"spec":x}', "invalid character 'x' looking for beginning of value"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    [
      '{"spec":{"hostname":1},"metadata":{"creationTimestamp":""}}',
      'parsing time "" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "2006"',
    ],
  ];
  for (const [text, message] of CASES) assert.equal(failure(text), message, text);
});

test("half a character is read as U+FFFD, and a text that nests too deep is refused as Go refuses it", () => {
  const { metadata } = pods.decodeJson(
    String.raw`{"metadata":{"name":"a\ud800b\udc00","namespace":"\ud83d\ude00\\ud800"}}`,
  ).object;
  assert.deepEqual([metadata.name, metadata.namespace], ["a\ufffdb\ufffd", "\u{1f600}\\ud800"]);
  const deep = (open: string, close: string): string => open.repeat(100_000) + close.repeat(100_000);
  assert.equal(failure(`{"spec":${deep("[", "]")}}`), "invalid character '[' exceeded max depth");
  assert.equal(failure(`{"spec":${deep('{"a":', "")}`), "invalid character '{' exceeded max depth");
});

test("64-bit integers are kept to the last digit", () => {
  const text = '{"metadata":{"generation":9007199254740993},"spec":{"containers":null},"status":{}}';
  assert.equal(encodeJson(pods.decodeJson(text).object), text);
  assert.match(
    failure('{"metadata":{"generation":9223372036854775808}}'),
    /number 9223372036854775808 into .* of type int64$/,
  );
});

test("__proto__ is an unknown field, and a label like any other", () => {
  const { object, strictErrors } = pods.decodeJson('{"__proto__":{"x":1},"metadata":{"labels":{"__proto__":"y"}}}');
  assert.deepEqual(strictErrors, ['unknown field "__proto__"']);
  assert.equal(Object.getOwnPropertyDescriptor(object.metadata.labels, "__proto__")?.value, "y");
  assert.equal(({} as Record<string, unknown>)["x"], undefined);
});
