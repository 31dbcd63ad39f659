// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { copyJson, objectCodec } from "../../apimachinery/index.ts";
import { schemaRegistry } from "../schema.ts";
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
  JSONSchemaProps,
} from "../generated/v1.35/apiextensions-v1.ts";
import { validateDefinition, validateDefinitionUpdate } from "./custom-resource-definition-validation.ts";
import { defaultDefinition, definitionWarnings } from "./definition-strategy.ts";

function definitionOf(
  schema: JSONSchemaProps | undefined,
  version: Partial<CustomResourceDefinitionVersion> = {},
): CustomResourceDefinition {
  const definition: CustomResourceDefinition = {
    metadata: { name: "things.example.com" },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { plural: "things", kind: "Thing" },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          ...(schema && { schema: { openAPIV3Schema: schema } }),
          ...version,
        },
      ],
    },
  };
  defaultDefinition(definition);
  return definition;
}

const linesOf = (definition: CustomResourceDefinition): string[] =>
  validateDefinition(definition).map(({ field, body }) => `${field}: ${body}`);
const within = (properties: Record<string, JSONSchemaProps>): string[] =>
  linesOf(definitionOf({ type: "object", properties })).map((line) =>
    line.replace("spec.validation.openAPIV3Schema.properties", ""),
  );

test("a definition that leaves out what can be told is completed and right", () => {
  const definition = definitionOf({ type: "object" });
  assert.deepEqual(definition.spec.names, {
    plural: "things",
    kind: "Thing",
    singular: "thing",
    listKind: "ThingList",
  });
  assert.deepEqual(definition.spec.conversion, { strategy: "None" });
  assert.deepEqual(definition.status?.storedVersions, ["v1"]);
  assert.deepEqual(linesOf(definition), []);
});

test("names, group, scope and versions are checked", () => {
  const definition = definitionOf({ type: "object" });
  definition.spec.group = "example";
  definition.spec.scope = "Global";
  definition.spec.names.kind = "Th_ing";
  definition.spec.versions[0]!.name = "1";
  const lines = linesOf(definition).join("\n");
  assert.match(lines, /metadata.name: Invalid value: "things.example.com": must be spec.names.plural\+"."\+spec.group/);
  assert.match(lines, /spec.group: Invalid value: "example": should be a domain with at least one dot/);
  assert.match(lines, /spec.scope: Unsupported value: "Global": supported values: "Cluster", "Namespaced"/);
  assert.match(lines, /spec.names.kind: Invalid value: "Th_ing": may have mixed case, but should otherwise match/);
  assert.match(lines, /spec.versions\[0\].name: Invalid value: "1": a DNS-1035 label must consist/);
});

test("every version needs a schema", () => {
  assert.deepEqual(linesOf(definitionOf(undefined)), ["spec.versions[0].schema.openAPIV3Schema: Required value"]);
});

test("schemas must be structural", () => {
  assert.deepEqual(within({ a: {} }), ["[a].type: Required value: must not be empty for specified object fields"]);
  assert.deepEqual(within({ a: { type: "array" } }), ["[a].items: Required value: must be specified"]);
  assert.deepEqual(within({ a: { type: "object", anyOf: [{ type: "string" }] } }), [
    "[a].anyOf[0].type: Forbidden: must be empty to be structural",
  ]);
  assert.deepEqual(linesOf(definitionOf({ type: "object", allOf: [{ properties: { b: { pattern: "x" } } }] })), [
    "spec.validation.openAPIV3Schema.properties[b]: Required value: because it is defined in spec.validation.openAPIV3Schema.allOf[0].properties[b]",
  ]);
  const intOrString = { "x-kubernetes-int-or-string": true, anyOf: [{ type: "integer" }, { type: "string" }] };
  assert.deepEqual(within({ a: intOrString }), []);
  assert.deepEqual(within({ metadata: { type: "object", description: "x" } }), [
    "[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified",
  ]);
});

test("what OpenAPI allows and Kubernetes does not is refused", () => {
  assert.deepEqual(within({ a: { type: "array", items: { type: "string" }, uniqueItems: true } }), [
    "[a].uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
  ]);
  assert.deepEqual(within({ a: { $ref: "#/x" } }), ["[a].$ref: Forbidden: $ref is not supported"]);
  assert.deepEqual(
    within({ a: { type: "object", properties: { b: { type: "string" } }, additionalProperties: { type: "string" } } }),
    ["[a].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive"],
  );
});

test("lists that are maps have keys that are always there", () => {
  const list = (keys: string[], item: JSONSchemaProps): string[] =>
    within({
      a: { type: "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": keys, items: item },
    });
  assert.deepEqual(list(["k"], { type: "object", properties: { k: { type: "string" } } }), [
    "[a].items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
  ]);
  assert.deepEqual(list(["k"], { type: "object", required: ["k"], properties: { k: { type: "string" } } }), []);
  assert.deepEqual(list(["x"], { type: "object", properties: { k: { type: "string" } } }), [
    '[a].x-kubernetes-list-map-keys: Invalid value: ["x"]: entries must all be names of item properties',
  ]);
});

test("defaults must fit their schema, and hold nothing unknown", () => {
  assert.deepEqual(within({ a: { type: "string", default: 1 } }), [
    '[a].default: Invalid value: "integer":  in body must be of type string: "integer"',
  ]);
  assert.deepEqual(within({ a: { type: "object", properties: { b: { type: "string" } }, default: { c: 1 } } }), [
    '[a].default: Invalid value: {"c":1}: must not have unknown fields',
  ]);
});

test("a root schema with a status subresource has only what survives without the status", () => {
  const schema: JSONSchemaProps = { type: "object", properties: { spec: { type: "object" } }, maxProperties: 3 };
  const [line = ""] = linesOf(definitionOf(schema, { subresources: { status: {} } }));
  assert.match(line, /^spec.validation.openAPIV3Schema: Invalid value: \{"ID":"","Schema":""/);
  assert.match(line, /only \[Description Type .* XValidations\] fields are allowed at the root of the schema/);
});

test("columns, scale and selectable fields point into the schema", () => {
  const schema: JSONSchemaProps = {
    type: "object",
    properties: { spec: { type: "object", properties: { n: { type: "integer" } } } },
  };
  const lines = linesOf(
    definitionOf(schema, {
      subresources: { scale: { specReplicasPath: ".spec.n", statusReplicasPath: ".spec.n" } },
      additionalPrinterColumns: [{ name: "N", type: "int", jsonPath: "spec.n" }],
      selectableFields: [{ jsonPath: ".spec.n" }, { jsonPath: ".spec.m" }, { jsonPath: ".spec" }],
    }),
  );
  assert.deepEqual(lines, [
    'spec.subresources.scale.statusReplicasPath: Invalid value: ".spec.n": should be a json path under .status',
    'spec.additionalPrinterColumns[0].type: Invalid value: "int": must be one of boolean,date,integer,number,string',
    'spec.additionalPrinterColumns[0].JSONPath: Invalid value: "spec.n": must be a simple json path starting with .',
    'spec.selectableFields[1].jsonPath: Invalid value: ".spec.m": is an invalid path: does not refer to a valid field',
    'spec.selectableFields[2].jsonPath: Invalid value: ".spec": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
  ]);
});

test("groups of Kubernetes need an approval", () => {
  const definition = definitionOf({ type: "object" });
  definition.metadata.name = "things.x.k8s.io";
  definition.spec.group = "x.k8s.io";
  assert.match(
    linesOf(definition)[0] ?? "",
    /protected groups must have approval annotation "api-approved.kubernetes.io"/,
  );
  definition.metadata.annotations = { "api-approved.kubernetes.io": "https://github.com/kubernetes/enhancements" };
  assert.deepEqual(linesOf(definition), []);
});

test("scope and kind stay once a definition is established, its old mistakes may", () => {
  const old = definitionOf({ type: "object", properties: { a: { type: "thing" } } });
  const changed = copyJson(old);
  changed.spec.scope = "Cluster";
  const errorsOf = (): string[] => validateDefinitionUpdate(changed, old).map(({ field }) => field);
  assert.deepEqual(errorsOf(), []);
  old.status = { ...old.status, conditions: [{ type: "Established", status: "True" }] };
  assert.deepEqual(errorsOf(), ["spec.scope"]);
});

test("formats that nothing is checked against are told of once", () => {
  const old = definitionOf({ type: "object", properties: { a: { type: "string", format: "x" } } });
  assert.deepEqual(definitionWarnings(old, undefined), ['unrecognized format "x"']);
  assert.deepEqual(definitionWarnings(old, old), []);
});

/** As a client's body is decoded. */
const sent = (definition: object): CustomResourceDefinition => {
  const type = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition";
  const { object } = objectCodec(schemaRegistry(), type).decodeJson(JSON.stringify(definition));
  return object as CustomResourceDefinition;
};
const sentWithin = (property: object): string[] => {
  const definition = definitionOf({ type: "object" });
  definition.spec.versions[0]!.schema!.openAPIV3Schema!.properties = { a: property as JSONSchemaProps };
  return linesOf(sent(definition)).map((line) => line.replace("spec.validation.openAPIV3Schema.properties", ""));
};

test("a part of a schema that may be one of several things is nothing when it is none of them", () => {
  assert.deepEqual(sentWithin({ type: "array", items: "x" }), ["[a].items: Required value: must be specified"]);
  assert.deepEqual(sentWithin({ type: "object", dependencies: { b: 7 } }), [
    "[a].dependencies: Forbidden: dependencies is not supported",
  ]);
  assert.throws(() => sentWithin({ type: "object", additionalProperties: "x" }), {
    message: "boolean or JSON schema expected",
  });
});

test("unknown fields of a schema within such a part are not told of", () => {
  const definition = definitionOf({ type: "object" });
  const items = { type: "string", bogus: 1 };
  const schema = definition.spec.versions[0]!.schema!.openAPIV3Schema!;
  schema.properties = {
    a: { type: "array", items } as JSONSchemaProps,
    b: { type: "string", bogus: 1 } as JSONSchemaProps,
  };
  const type = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition";
  const { strictErrors } = objectCodec(schemaRegistry(), type).decodeJson(JSON.stringify(definition));
  assert.deepEqual(strictErrors, ['unknown field "spec.versions[0].schema.openAPIV3Schema.properties.b.bogus"']);
});

test("empty collections that were sent count as set where fields are counted", () => {
  assert.deepEqual(sentWithin({ type: "object", dependencies: {} }), [
    "[a].dependencies: Forbidden: dependencies is not supported",
  ]);
  const definition = definitionOf({ type: "object" }, { subresources: { status: {} } });
  definition.spec.versions[0]!.schema!.openAPIV3Schema!.enum = [];
  assert.match(linesOf(sent(definition))[0]!, /"Enum":\[\].*fields are allowed at the root of the schema/);
});

test("versions that differ in an empty part keep theirs", () => {
  const definition = definitionOf({ type: "object" }, { storage: false, subresources: {} });
  const [first] = definition.spec.versions;
  definition.spec.versions.push({ ...first!, name: "v2", subresources: { status: {} } });
  assert.match(linesOf(definition)[0]!, /"Name":"v2".*"Subresources":\{"Status":\{\},"Scale":null\}/);
});

test("certificates of a conversion webhook must be readable", () => {
  const definition = definitionOf({ type: "object" });
  const client = { url: "https://example.com/", caBundle: "Zm9v" };
  definition.spec.conversion = {
    strategy: "Webhook",
    webhook: { conversionReviewVersions: ["v1"], clientConfig: client },
  };
  assert.deepEqual(linesOf(definition), [
    'spec.conversion.webhookClientConfig.caBundle: Invalid value: "Zm9v": unable to load root certificates: unable to parse bytes as PEM block',
  ]);
  const before = copyJson(definition);
  assert.deepEqual(validateDefinitionUpdate(definition, before), []);
});

test("of two versions with one name, the second is missed among the stored ones", () => {
  const definition = definitionOf({ type: "object" });
  definition.spec.versions.push({ ...definition.spec.versions[0]! });
  assert.equal(
    linesOf(definition).at(-1),
    'status.storedVersions: Invalid value: ["v1"]: must have the storage version v1',
  );
});

test("a default of metadata must make a resource with good metadata", () => {
  const resource = (metadata: JSONSchemaProps): string[] =>
    sentWithin({
      type: "object",
      "x-kubernetes-embedded-resource": true,
      "x-kubernetes-preserve-unknown-fields": true,
      properties: { metadata },
    });
  assert.deepEqual(resource({ type: "object", default: true }), [
    "[a].properties[metadata].default: Invalid value: true: must result in valid metadata: metadata: Invalid value: true: json: cannot unmarshal bool into Go value of type v1.ObjectMeta",
  ]);
  const labels: JSONSchemaProps = { type: "object", additionalProperties: { type: "string" }, default: { "a b": "" } };
  assert.match(
    resource({ type: "object", properties: { labels } })[0]!,
    /^\[a\]\.properties\[metadata\]\.properties\[labels\]\.default: Invalid value: \{"a b":""\}: must result in valid metadata: metadata\.labels: Invalid value: "a b": name part must consist/,
  );
  assert.deepEqual(resource({ type: "object", properties: { labels: { ...labels, default: { a: "b" } } } }), []);
});

test("resources within a default must have metadata that can be read", () => {
  const emb = { type: "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true };
  assert.deepEqual(sentWithin({ ...emb, default: { apiVersion: "v1", kind: "A", metadata: { name: 7 } } }), [
    '[a].default.metadata: Invalid value: {"name":7}: json: cannot unmarshal number into Go struct field ObjectMeta.name of type string',
  ]);
});

test("selectable fields of a schema that is not structural are told of with the reason", () => {
  const definition = definitionOf({ type: "object", $schema: "x" }, { selectableFields: [{ jsonPath: "a" }] });
  assert.deepEqual(linesOf(definition), [
    "spec.validation.openAPIV3Schema: Invalid value: \"\": OpenAPIV3Schema 'schema' is not supported",
    "spec.schema.openAPIV3Schema: Invalid value: \"\": OpenAPIV3Schema 'schema' is not supported",
    'spec.selectableFields[0].jsonPath: Invalid value: "a": is an invalid path: expected [ or . but got: a',
  ]);
});
