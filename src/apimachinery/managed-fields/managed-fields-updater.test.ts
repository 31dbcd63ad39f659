// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { compactSchemaRegistry } from "../compact-schema.ts";
import { copyJson } from "../json-value.ts";
import type { KubeObject, ManagedFieldsEntry } from "../object.ts";
import { StatusError } from "../status-error.ts";
import { ManagedFieldsUpdater, type UpdateOptions } from "./managed-fields-updater.ts";

const registry = compactSchemaRegistry({
  version: "test",
  packages: { t: "t" },
  connectParameters: {},
  types: {
    "t.Raw": { scalar: "any" },
    "t.Thing": { fields: { apiVersion: "string", kind: "string", metadata: "Meta", spec: "Spec", status: "Status" } },
    "t.Meta": {
      fields: {
        name: "string",
        namespace: "string",
        uid: "string",
        resourceVersion: "string",
        labels: "{}string",
        annotations: "{}string",
        finalizers: "[]string list=set",
        managedFields: "[]Raw",
      },
    },
    "t.Spec": {
      fields: {
        replicas: "*int32",
        selector: "*Selector map=atomic",
        items: "[]Item list=name kept",
        ports: "[]Port list=port,protocol",
        args: "[]string",
        plain: "[]Plain list=key",
        template: "Template",
        data: "*Raw",
      },
    },
    "t.Selector": { fields: { labels: "{}string" } },
    "t.Template": { fields: { labels: "{}string", image: "string" } },
    "t.Item": { fields: { name: "string", value: "string", tags: "{}string", extra: "*Template" } },
    "t.Plain": { fields: { key: "string kept", note: "string" } },
    "t.Port": { fields: { port: "int32", protocol: 'string default="TCP"', note: "string" } },
    "t.Status": { fields: { phase: "string", ready: "boolean" } },
  },
});

const updater = new ManagedFieldsUpdater({
  registry,
  shape: { type: "ref", name: "t.Thing" },
  apiVersion: "t/v1",
  kind: "Thing",
});

const T1 = "2026-01-01T00:00:01Z";
const T2 = "2026-01-01T00:00:02Z";
const RESETS = [["status"]] as const;

const by = (manager: string, now = T1): UpdateOptions => ({ manager, now, resetFields: RESETS });

/** A thing as the server prints it: structs are always there. */
const thing = (spec: object = {}, metadata: object = {}): KubeObject => ({
  apiVersion: "t/v1",
  kind: "Thing",
  metadata: { name: "x", ...metadata },
  spec: { items: null, template: {}, ...spec },
  status: {},
});

/** A configuration that somebody applies. */
const configuration = (spec: object = {}, metadata: object = {}): KubeObject => ({
  apiVersion: "t/v1",
  kind: "Thing",
  metadata: { name: "x", ...metadata },
  ...(Object.keys(spec).length ? { spec } : {}),
});

function created(object: KubeObject, manager = "creator", now = T1): KubeObject {
  const copy = copyJson(object);
  updater.update(undefined, copy, by(manager, now));
  copy.metadata.uid = "1";
  return copy;
}

function updated(live: KubeObject, spec: object, options: UpdateOptions, metadata: object = {}): KubeObject {
  const object = copyJson(live);
  Object.assign(object.spec as object, copyJson(spec));
  Object.assign(object.metadata, copyJson(metadata));
  updater.update(live, object, options);
  return object;
}

/** The owners of an object in short: `manager operation` → fieldsV1 text. */
const ownersOf = ({ metadata }: KubeObject): Record<string, string> =>
  Object.fromEntries((metadata.managedFields ?? []).map((entry) => [nameOf(entry), JSON.stringify(entry.fieldsV1)]));

const nameOf = ({ manager, operation, subresource }: ManagedFieldsEntry): string =>
  [manager, operation, ...(subresource ? [subresource] : [])].join(" ");

const timesOf = ({ metadata }: KubeObject): Record<string, string | undefined> =>
  Object.fromEntries((metadata.managedFields ?? []).map((entry) => [nameOf(entry), entry.time]));

function refusal(run: () => unknown): StatusError["status"] {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof StatusError, String(error));
    return error.status;
  }
  return assert.fail("nothing was refused");
}

test("the creator owns what it set, printed in the order of the original", () => {
  const object = created(
    thing(
      {
        replicas: 1,
        items: [{ name: "b", value: "1", tags: {} }, { name: "a" }],
        ports: [{ port: 443, protocol: "TCP" }, { port: 80, protocol: "TCP" }, { port: 9 }],
        args: ["x"],
        selector: { labels: { a: "b" } },
        data: { any: [1] },
      },
      { labels: { z: "1", a: "2" }, finalizers: ["f/2", "f/1"], namespace: "ns" },
    ),
  );
  assert.deepEqual(object.metadata.managedFields, [
    {
      manager: "creator",
      operation: "Update",
      apiVersion: "t/v1",
      time: T1,
      fieldsType: "FieldsV1",
      fieldsV1: object.metadata.managedFields![0]!.fieldsV1,
    },
  ]);
  assert.equal(
    ownersOf(object)["creator Update"],
    JSON.stringify({
      "f:metadata": {
        "f:finalizers": { ".": {}, 'v:"f/1"': {}, 'v:"f/2"': {} },
        "f:labels": { ".": {}, "f:a": {}, "f:z": {} },
      },
      "f:spec": {
        "f:args": {},
        "f:data": { ".": {}, "f:any": {} },
        "f:items": {
          'k:{"name":"a"}': { ".": {}, "f:name": {} },
          'k:{"name":"b"}': { ".": {}, "f:name": {}, "f:tags": {}, "f:value": {} },
        },
        "f:ports": {
          ".": {},
          'k:{"port":9,"protocol":"TCP"}': { ".": {}, "f:port": {} },
          'k:{"port":80,"protocol":"TCP"}': { ".": {}, "f:port": {}, "f:protocol": {} },
          'k:{"port":443,"protocol":"TCP"}': { ".": {}, "f:port": {}, "f:protocol": {} },
        },
        "f:replicas": {},
        "f:selector": {},
      },
    }),
  );
});

test("objects that look alike share one frozen set, whatever their values", () => {
  const first = created(thing({ replicas: 1, items: [{ name: "a", value: "1" }] }));
  const second = created(thing({ replicas: 2, items: [{ name: "a", value: "2" }] }), "other", T2);
  const fields = first.metadata.managedFields![0]!.fieldsV1!;
  assert.equal(second.metadata.managedFields![0]!.fieldsV1, fields);
  assert.ok(Object.isFrozen(fields) && Object.isFrozen(fields["f:spec"]));
});

test("nobody owns what the server prints of an empty object, what it fills itself, or what the write resets", () => {
  const object = thing({}, { uid: "u", resourceVersion: "3" });
  object.status = { phase: "Ready" };
  assert.equal(created(object).metadata.managedFields, undefined);
});

test("a writer takes what it changes from all others, and its time moves only then", () => {
  const live = created(thing({ replicas: 1, args: ["a"] }));
  const scaled = updated(live, { replicas: 2 }, by("scaler", T2));
  assert.deepEqual(ownersOf(scaled), {
    "creator Update": '{"f:spec":{"f:args":{}}}',
    "scaler Update": '{"f:spec":{"f:replicas":{}}}',
  });
  assert.deepEqual(timesOf(scaled), { "creator Update": T1, "scaler Update": T2 });
  const again = updated(scaled, { replicas: 2 }, by("creator", T2));
  assert.deepEqual(timesOf(again), { "creator Update": T1, "scaler Update": T2 });
  const rest = updated(scaled, { args: ["b"] }, by("scaler", T2));
  assert.deepEqual(ownersOf(rest), { "scaler Update": '{"f:spec":{"f:args":{},"f:replicas":{}}}' });
});

test("who changes the same fields again keeps the same set with a new time", () => {
  const live = created(thing({ replicas: 1, args: ["a"] }));
  const again = updated(live, { replicas: 2 }, by("creator", T2));
  assert.deepEqual(timesOf(again), { "creator Update": T2 });
  assert.equal(again.metadata.managedFields![0]!.fieldsV1, live.metadata.managedFields![0]!.fieldsV1);
});

test("removing a field takes it from everybody and makes nobody its owner", () => {
  const live = created(thing({ replicas: 1, items: [{ name: "a", value: "1" }, { name: "b" }] }));
  const object = updated(live, { items: [{ name: "b" }] }, by("remover", T2));
  assert.deepEqual(ownersOf(object), {
    "creator Update": JSON.stringify({
      "f:spec": { "f:items": { 'k:{"name":"b"}': { ".": {}, "f:name": {} } }, "f:replicas": {} },
    }),
  });
  assert.deepEqual(timesOf(object), { "creator Update": T1 });
});

test("writes to a subresource have an owner of their own and cannot set managed fields", () => {
  const live = created(thing({ replicas: 1 }));
  const object = copyJson(live);
  object.status = { phase: "Ready" };
  object.metadata.managedFields = [];
  updater.update(live, object, { manager: "creator", now: T2, subresource: "status", resetFields: [["spec"]] });
  assert.deepEqual(ownersOf(object), {
    "creator Update": '{"f:spec":{"f:replicas":{}}}',
    "creator Update status": '{"f:status":{"f:phase":{}}}',
  });
  assert.equal(object.metadata.managedFields?.[1]?.subresource, "status");
});

test("a client may set managed fields, reset them, and not lose them by ignorance", () => {
  const live = created(thing({ replicas: 1 }));
  const fieldsV1 = { "f:spec": { "f:replicas": {}, "f:args": {} } };
  const entry = { manager: "m", operation: "Update", apiVersion: "t/v1", fieldsType: "FieldsV1", fieldsV1 } as const;
  const set = updated(live, {}, by("x"), { managedFields: [entry] });
  assert.deepEqual(ownersOf(set), { "m Update": '{"f:spec":{"f:args":{},"f:replicas":{}}}' });
  assert.equal(updated(live, {}, by("x"), { managedFields: [] }).metadata.managedFields, undefined);
  assert.equal(updated(live, { replicas: 5 }, by("x"), { managedFields: [{}] }).metadata.managedFields, undefined);
  const broken = updated(live, {}, by("x"), { managedFields: [{ ...entry, apiVersion: "" }] });
  assert.deepEqual(ownersOf(broken), { "creator Update": '{"f:spec":{"f:replicas":{}}}' });
  const unknowing = copyJson(live);
  delete unknowing.metadata.managedFields;
  updater.update(live, unknowing, by("x"));
  assert.deepEqual(ownersOf(unknowing), { "creator Update": '{"f:spec":{"f:replicas":{}}}' });
});

test("an object without managers stays without them until somebody applies", () => {
  const live = thing({ replicas: 1, args: ["a"] }, { uid: "1" });
  assert.equal(updated(live, { replicas: 2 }, by("x")).metadata.managedFields, undefined);
  const applied = updater.apply(live, configuration({ replicas: 1 }), by("applier", T2));
  assert.deepEqual(ownersOf(applied), {
    "applier Apply": '{"f:spec":{"f:replicas":{}}}',
    "before-first-apply Update": '{"f:spec":{"f:args":{},"f:replicas":{}}}',
  });
});

test("more than ten updaters are put together, the oldest first", () => {
  let object = created(thing({ replicas: 0 }), "m00", T1);
  for (let i = 1; i <= 12; i++) {
    const now = `2026-01-01T00:01:${String(i).padStart(2, "0")}Z`;
    object = updated(object, {}, by(`m${String(i).padStart(2, "0")}`, now), { labels: labels(i) });
  }
  const owners = ownersOf(object);
  assert.equal(Object.keys(owners).length, 10);
  assert.equal(
    owners["ancient-changes Update"],
    '{"f:metadata":{"f:labels":{".":{},"f:l1":{},"f:l2":{},"f:l3":{}}},"f:spec":{"f:replicas":{}}}',
  );
  assert.equal(timesOf(object)["ancient-changes Update"], "2026-01-01T00:01:03Z");
});

const labels = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`l${i + 1}`, "x"]));

test("applying creates the object, and its applier owns the leaves, list items and map keys", () => {
  const config = configuration(
    { items: [{ name: "a", tags: { k: "v" } }], template: { image: "i" }, ports: [] },
    { labels: { a: "b" } },
  );
  const object = updater.apply(undefined, config, by("applier"));
  assert.deepEqual({ ...object, metadata: { name: "x", labels: { a: "b" } } }, config);
  assert.deepEqual(ownersOf(object), {
    "applier Apply": JSON.stringify({
      "f:metadata": { "f:labels": { "f:a": {} } },
      "f:spec": {
        "f:items": { 'k:{"name":"a"}': { ".": {}, "f:name": {}, "f:tags": { "f:k": {} } } },
        "f:template": { "f:image": {} },
      },
    }),
  });
});

test("an apply that would change what another owns is a conflict, unless forced", () => {
  const live = created(thing({ replicas: 1, args: ["a"] }), "kubectl-client-side-apply");
  const config = configuration({ replicas: 3 });
  assert.deepEqual(
    refusal(() => updater.apply(live, config, by("applier"))),
    {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: 'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using t/v1: .spec.replicas',
      reason: "Conflict",
      details: {
        causes: [
          {
            reason: "FieldManagerConflict",
            message: 'conflict with "kubectl-client-side-apply" using t/v1',
            field: ".spec.replicas",
          },
        ],
      },
      code: 409,
    },
  );
  const forced = updater.apply(live, config, { ...by("applier", T2), force: true });
  assert.deepEqual(ownersOf(forced), {
    "applier Apply": '{"f:spec":{"f:replicas":{}}}',
    "kubectl-client-side-apply Update": '{"f:spec":{"f:args":{}}}',
  });
  assert.equal((forced.spec as { replicas: number }).replicas, 3);
});

test("several conflicts are listed manager by manager", () => {
  const first = updater.apply(undefined, configuration({ replicas: 1, args: ["a"] }), by("one"));
  const second = updater.apply(first, configuration({ items: [{ name: "a", value: "1" }] }), by("two"));
  const live = copyJson(second);
  live.status = { phase: "x" };
  updater.update(second, live, { manager: "three", now: T1, subresource: "status" });
  const config = {
    ...configuration({ replicas: 2, args: ["b"], items: [{ name: "a", value: "2" }] }),
    status: { phase: "y" },
  };
  const status = refusal(() => updater.apply(live, config, { manager: "four", now: T2 }));
  assert.equal(
    status.message,
    `Apply failed with 4 conflicts: ${[
      'conflicts with "one":',
      "- .spec.args",
      "- .spec.replicas",
      'conflicts with "three" with subresource "status" using t/v1:',
      "- .status.phase",
      'conflicts with "two":',
      '- .spec.items[name="a"].value',
    ].join("\n")}`,
  );
  assert.equal(status.details?.causes?.length, 4);
});

test("appliers of one value own it together, and it goes when the last of them drops it", () => {
  const one = updater.apply(undefined, configuration({ replicas: 1, args: ["a"] }), by("one"));
  const both = updater.apply(one, configuration({ replicas: 1 }), by("two"));
  const dropped = updater.apply(both, configuration({ args: ["a"] }), by("one", T2));
  assert.equal((dropped.spec as { replicas?: number }).replicas, 1);
  assert.deepEqual(ownersOf(dropped), {
    "one Apply": '{"f:spec":{"f:args":{}}}',
    "two Apply": '{"f:spec":{"f:replicas":{}}}',
  });
  const gone = updater.apply(dropped, configuration({}), by("two", T2));
  assert.deepEqual(gone.spec, { args: ["a"] });
  assert.deepEqual(ownersOf(gone), { "one Apply": '{"f:spec":{"f:args":{}}}' });
});

test("list items that an applier drops go away with what it owned; items that another applied stay, with their own", () => {
  const config = configuration({ items: [{ name: "a", value: "1" }, { name: "b", value: "2" }, { name: "c" }] });
  const live = updater.apply(undefined, config, by("applier"));
  const tagged = updater.apply(live, configuration({ items: [{ name: "b", tags: { k: "v" } }] }), by("tagger"));
  const object = updater.apply(tagged, configuration({ items: [{ name: "c" }] }), by("applier", T2));
  assert.deepEqual((object.spec as { items: unknown }).items, [{ name: "b", tags: { k: "v" } }, { name: "c" }]);
  const updatedWithin = copyJson(live);
  (updatedWithin.spec as { items: { tags?: object }[] }).items[1]!.tags = { k: "v" };
  updater.update(live, updatedWithin, by("tagger"));
  const dropped = updater.apply(updatedWithin, configuration({ items: [{ name: "c" }] }), by("applier", T2));
  assert.deepEqual((dropped.spec as { items: unknown }).items, [{ name: "c" }]);
  assert.deepEqual(Object.keys(ownersOf(dropped)), ["applier Apply"]);
});

test("an apply that changes nothing changes no time", () => {
  const config = configuration({ replicas: 1 });
  const live = updater.apply(undefined, config, by("applier", T1));
  const again = updater.apply(live, config, by("applier", T2));
  assert.deepEqual(again, live);
  assert.notEqual(again, live);
});

test("items are ordered like the configuration's, the live object's own in between", () => {
  const names = (object: KubeObject) => (object.spec as { items: { name: string }[] }).items.map(({ name }) => name);
  const items = (...list: string[]) => ({ items: list.map((name) => ({ name })) });
  const live = created(thing(items("a", "own", "b", "c")));
  assert.deepEqual(names(updater.apply(live, configuration(items("c", "a")), by("x"))), ["own", "b", "c", "a"]);
  assert.deepEqual(names(updater.apply(live, configuration(items("a", "new", "c")), by("x"))), [
    "a",
    "own",
    "b",
    "new",
    "c",
  ]);
});

test("what cannot be applied is refused in the words of the original", () => {
  const message = (config: unknown) => refusal(() => updater.apply(undefined, config as KubeObject, by("x"))).message;
  assert.equal(
    message({ ...configuration(), foo: 1 }),
    "failed to create typed patch object (/x; t/v1, Kind=Thing): .foo: field not declared in schema",
  );
  assert.equal(
    message(configuration({ replicas: "3" }, { namespace: "ns" })),
    "failed to create typed patch object (ns/x; t/v1, Kind=Thing): .spec.replicas: expected numeric (int or float), got string",
  );
  assert.equal(
    message(configuration({ items: [{ name: "a" }, { name: "a" }, { value: "x" }] })),
    [
      "failed to create typed patch object (/x; t/v1, Kind=Thing): errors:",
      '  .spec.items: duplicate entries for key [name="a"]',
      '  .spec.items: element 2: associative list with keys has an element that omits all key fields ["name"] (and doesn\'t have default values for any key fields)',
    ].join("\n"),
  );
  assert.equal(message({ ...configuration(), kind: "Other" }), "invalid object type: t/v1, Kind=Other");
  assert.equal(message(configuration({}, { managedFields: [] })), "metadata.managedFields must be nil");
});

const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

test("kubectl takes over from its client-side apply without conflicts, and keeps its annotation fresh", () => {
  const last = JSON.stringify({ apiVersion: "t/v1", kind: "Thing", metadata: { name: "x" }, spec: { replicas: 1 } });
  const live = created(
    thing({ replicas: 1, args: ["a"] }, { annotations: { [LAST_APPLIED]: last } }),
    "kubectl-client-side-apply",
  );
  const config = configuration({ replicas: 3 });
  assert.equal(refusal(() => updater.apply(live, config, by("other"))).code, 409);
  const taken = updater.apply(live, config, by("kubectl"));
  assert.equal((taken.spec as { replicas: number }).replicas, 3);
  assert.equal(
    taken.metadata.annotations?.[LAST_APPLIED],
    '{"apiVersion":"t/v1","kind":"Thing","metadata":{"name":"x"},"spec":{"replicas":3}}\n',
  );
  const both = configuration({ replicas: 3, args: ["b"] });
  assert.equal(
    refusal(() => updater.apply(live, both, by("kubectl"))).message,
    'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using t/v1: .spec.args',
  );
});

test("managers of versions that are not served any more are forgotten", () => {
  const live = created(thing({ replicas: 1, args: ["a"] }));
  const [entry] = live.metadata.managedFields!;
  live.metadata.managedFields = [entry!, { ...entry!, manager: "old", apiVersion: "t/v0" }];
  assert.deepEqual(Object.keys(ownersOf(updated(live, { replicas: 2 }, by("creator", T2)))), ["creator Update"]);
});

test("neither the live object nor the configuration is changed or shared", () => {
  const live = created(thing({ replicas: 1, items: [{ name: "a", tags: { k: "v" } }] }));
  const config = configuration({ items: [{ name: "a", extra: { labels: { l: "1" } } }] });
  const before = [copyJson(live), copyJson(config)];
  const object = updater.apply(live, config, by("x"));
  const { items } = object.spec as { items: { tags: Record<string, string>; extra: { labels: object } }[] };
  items[0]!.tags.k = "changed";
  Object.assign(items[0]!.extra.labels, { l: "changed" });
  assert.deepEqual([live, config], before);
});

test("a map that an applier empties stays with others who own it", () => {
  const first = updater.apply(undefined, configuration({}, { labels: { a: "1" } }), by("one"));
  const second = updater.apply(first, configuration({}, { labels: {} }), by("two"));
  assert.equal(ownersOf(second)["two Apply"], '{"f:metadata":{"f:labels":{}}}');
  const third = updater.apply(second, configuration({}, { labels: {} }), by("one"));
  assert.deepEqual(ownersOf(third), {
    "one Apply": '{"f:metadata":{"f:labels":{}}}',
    "two Apply": '{"f:metadata":{"f:labels":{}}}',
  });
});

test("a key that is null is no absent one: its default does not stand for it", () => {
  const applied = updater.apply(
    undefined,
    configuration({ ports: [{ port: 1, protocol: null }, { port: 1 }] }),
    by("one"),
  );
  assert.deepEqual(Object.keys(JSON.parse(ownersOf(applied)["one Apply"]!)["f:spec"]["f:ports"] as object), [
    'k:{"port":1,"protocol":"TCP"}',
    'k:{"port":1,"protocol":null}',
  ]);
});

test("owners of nothing that a client sends are dropped, and those of a version that cannot be read forget all", () => {
  const live = created(thing({ replicas: 1 }));
  const nothing = { manager: "none", operation: "Update", apiVersion: "t/v1", fieldsType: "FieldsV1", fieldsV1: {} };
  const own = live.metadata.managedFields![0]!;
  const kept = updated(live, {}, by("other"), { managedFields: [own, nothing] });
  assert.deepEqual(Object.keys(ownersOf(kept)), ["creator Update"]);
  const unreadable = { ...own, apiVersion: "a/b/c" };
  assert.equal(updated(live, {}, by("other"), { managedFields: [own, unreadable] }).metadata.managedFields, undefined);
});

test("a null among the fields of an owner is a path without paths below it", () => {
  const live = created(thing({ replicas: 1 }));
  const sent = [{ ...live.metadata.managedFields![0]!, fieldsV1: { "f:spec": { "f:replicas": null } } }];
  const kept = updated(live, {}, by("other"), { managedFields: sent });
  assert.deepEqual(ownersOf(kept), { "creator Update": '{"f:spec":{"f:replicas":{}}}' });
});

test("a key that is always written has its zero value where it is absent", () => {
  const applied = updater.apply(undefined, configuration({ plain: [{ note: "n" }] }), by("one"));
  assert.equal(ownersOf(applied)["one Apply"], '{"f:spec":{"f:plain":{"k:{\\"key\\":\\"\\"}":{".":{},"f:note":{}}}}}');
});
