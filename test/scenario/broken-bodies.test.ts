// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { builtInKinds, type Kind, schemaRegistry } from "../../src/api/index.ts";
import { encodeJson, encodeProtobuf, formatYaml, type KubeObject, objectCodec } from "../../src/apimachinery/index.ts";
import { startServer, type TestServer, textOf } from "../../src/apiserver/server-fixture.test.ts";
import { macrotask } from "../../src/platform/index.ts";
import { SeededRandom } from "../../src/simulation/index.ts";
import { fullObject } from "../fixtures/schema-objects.ts";
import { validObjects } from "../fixtures/valid-objects.ts";

const SEED = 20_26;
const NAMESPACE = "default";
/** Broken forms of every kind's full object in each encoding, and of each valid object. */
const OF_A_FULL_OBJECT = 16;
const OF_A_VALID_OBJECT = 60;
const LARGEST_PIECE = 12;

const ENCODINGS = {
  json: "application/json",
  yaml: "application/yaml",
  protobuf: "application/vnd.kubernetes.protobuf",
} as const;
type Encoding = keyof typeof ENCODINGS;

/** What a writer of text may put in the place of something else. */
const WORDS = [
  "null",
  "{}",
  "[]",
  "-1",
  "1e999",
  "99999999999999999999",
  '"',
  "\\ud800",
  "\0",
  "&a *a",
  "true",
  "\t",
  ":",
];

function encode(kind: Kind, object: KubeObject, encoding: Encoding): Buffer {
  if (encoding === "json") return Buffer.from(encodeJson(object));
  if (encoding === "yaml") return Buffer.from(formatYaml(object));
  return Buffer.from(encodeProtobuf(schemaRegistry(), kind.type, object));
}

/** One way to break bytes. */
type Break = (bytes: Buffer, random: SeededRandom, other: Buffer) => Buffer;

const below = (random: SeededRandom, limit: number): number => Math.floor(random.next() * limit);

/** A piece out of the middle: where it begins and ends. */
function piece(bytes: Buffer, random: SeededRandom): [start: number, end: number] {
  const start = below(random, bytes.length);
  return [start, Math.min(bytes.length, start + 1 + below(random, LARGEST_PIECE))];
}

const spliced = (bytes: Buffer, [start, end]: [number, number], middle: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, start), middle, bytes.subarray(end)]);

const BREAKS: Readonly<Record<string, Break>> = {
  truncated: (bytes, random) => Buffer.from(bytes.subarray(0, below(random, bytes.length))),
  "a bit flipped": (bytes, random) => {
    const broken = Buffer.from(bytes);
    const at = below(random, bytes.length);
    broken[at] = broken[at]! ^ (1 << below(random, 8));
    return broken;
  },
  "a byte replaced": (bytes, random) => {
    const broken = Buffer.from(bytes);
    broken[below(random, bytes.length)] = below(random, 256);
    return broken;
  },
  "a piece missing": (bytes, random) => spliced(bytes, piece(bytes, random), Buffer.alloc(0)),
  "a piece twice": (bytes, random) => {
    const [start, end] = piece(bytes, random);
    return spliced(bytes, [end, end], bytes.subarray(start, end));
  },
  "a piece of another object": (bytes, random, other) => {
    const [start, end] = piece(other, random);
    return spliced(bytes, piece(bytes, random), other.subarray(start, end));
  },
  "the end of another object": (bytes, random, other) =>
    Buffer.concat([bytes.subarray(0, below(random, bytes.length)), other.subarray(below(random, other.length))]),
  "a word put in": (bytes, random) => {
    const at = below(random, bytes.length);
    return spliced(bytes, [at, at + below(random, 4)], Buffer.from(WORDS[below(random, WORDS.length)]!));
  },
};

const pathOf = (kind: Kind, name = ""): string => {
  const root = kind.group ? `/apis/${kind.group}/${kind.version}` : `/api/${kind.version}`;
  const place = kind.namespaced ? `${root}/namespaces/${NAMESPACE}` : root;
  return `${place}/${kind.resource}${name ? `/${name}` : ""}`;
};

interface Attempt {
  readonly kind: Kind;
  readonly method: "POST" | "PUT";
  readonly path: string;
  readonly encoding: Encoding;
  readonly body: Buffer;
}

const PATIENCE_TURNS = 50;

/** Lets time pass for a request that waits for something (a pod's service account) until it is answered. */
async function answered<T>(server: TestServer, request: Promise<T>): Promise<T> {
  let waiting = true;
  const stop = (): void => void (waiting = false);
  request.then(stop, stop);
  while (waiting) {
    for (let turn = 0; waiting && turn < PATIENCE_TURNS; turn++) await macrotask();
    if (waiting) await server.clock.advance(1_000);
  }
  return request;
}

async function ask(server: TestServer, method: string, path: string, body?: Buffer, type?: string) {
  const request = server.api.handler.handle({
    method,
    path,
    headers: type ? { "content-type": type } : {},
    body,
    signal: server.signal,
    peer: { address: "test", certificate: { commonName: "admin", organizations: ["system:masters"] } },
  });
  const response = await answered(server, request);
  return { status: response.status, text: await textOf(response) };
}

/** The keys that were written: the server writes objects of its own at the same time, of other resources. */
class WrittenKeys {
  readonly #store: TestServer["store"];
  #keys: string[] = [];
  #seen: number;

  constructor({ store }: TestServer) {
    this.#store = store;
    this.#seen = store.localRevision!;
    store.watch(this.#seen, {
      onEvents: (events) => {
        for (const { key, revision } of events) {
          this.#keys.push(key);
          this.#seen = revision;
        }
      },
    });
  }

  /** Those of one resource since the last call. */
  async take(resource: string): Promise<string[]> {
    while (this.#seen < this.#store.localRevision!) await macrotask();
    const keys = this.#keys.filter((key) => key.startsWith(`/registry/${resource}/`));
    this.#keys = [];
    return keys;
  }
}

interface Run {
  readonly server: TestServer;
  readonly written: WrittenKeys;
  readonly random: SeededRandom;
  /** Answers by their status. */
  readonly counts: Map<number, number>;
}

const runOn = (server: TestServer): Run => ({
  server,
  written: new WrittenKeys(server),
  random: new SeededRandom(SEED),
  counts: new Map(),
});

/** An error changes nothing; a success has stored exactly what it answers. */
async function check({ server, written }: Run, { kind, method, path, encoding, body }: Attempt): Promise<number> {
  const resource = kind.storage?.resource ?? kind.resource;
  await written.take(resource);
  const { status, text } = await ask(server, method, path, body, ENCODINGS[encoding]);
  const answer = JSON.parse(text) as KubeObject & { readonly code?: number; readonly reason?: string };
  // Of some mistakes (a revision in a new object) upstream says nothing but the message and 500.
  assert.ok(status < 500 || answer.reason === undefined, `${status} ${text}`);
  if (status >= 400) {
    assert.deepEqual([answer.kind, answer.code], ["Status", status]);
    assert.deepEqual(await written.take(resource), [], "an error changed the store");
    return status;
  }
  // Reviews are answered and not stored.
  if (kind.verbs && !kind.verbs.includes("get")) return status;
  const stored = await ask(server, "GET", pathOf(kind, encodeURIComponent(answer.metadata.name!)));
  assert.deepEqual([stored.status, JSON.parse(stored.text)], [200, answer], "what was answered is not what is stored");
  return status;
}

/** Sends broken forms of an object. */
async function sendBroken(
  run: Run,
  attempt: Omit<Attempt, "body">,
  bodies: { readonly good: Buffer; readonly other: Buffer; readonly count: number },
): Promise<void> {
  const { random, counts } = run;
  const names = Object.keys(BREAKS);
  for (let i = 0; i < bodies.count; i++) {
    const name = names[i % names.length]!;
    const body = BREAKS[name]!(bodies.good, random, bodies.other);
    try {
      const status = await check(run, { ...attempt, body });
      counts.set(status, (counts.get(status) ?? 0) + 1);
    } catch (error) {
      const place = `seed ${SEED}: ${attempt.method} ${attempt.path} as ${attempt.encoding}, ${name}`;
      throw new Error(`${place}\n${body.toString("latin1")}`, { cause: error });
    }
  }
}

const encodings = Object.keys(ENCODINGS) as Encoding[];
const total = (counts: ReadonlyMap<number, number>): number => [...counts.values()].reduce((sum, n) => sum + n, 0);

test("a broken body of any kind in any encoding is refused and changes nothing, or is stored as it was answered", async () => {
  await using server = await startServer({});
  const run = runOn(server);
  const kinds = builtInKinds().filter(({ verbs }) => !verbs || verbs.includes("create"));
  let other: Buffer = Buffer.from("{}");
  for (const kind of kinds) {
    const object = fullObject(kind);
    for (const encoding of encodings) {
      const good = encode(kind, object, encoding);
      const attempt = { kind, method: "POST", path: pathOf(kind), encoding } as const;
      await sendBroken(run, attempt, { good, other, count: OF_A_FULL_OBJECT });
      other = good;
    }
  }
  const { counts } = run;
  assert.equal(total(counts), kinds.length * encodings.length * OF_A_FULL_OBJECT);
  assert.ok(counts.get(400)! > total(counts) / 4, "broken encodings");
  assert.ok(counts.get(422)! > total(counts) / 20, "mistakes in objects");
});

test("broken creates and updates of valid objects", async () => {
  await using server = await startServer({});
  const run = runOn(server);
  for (const { kind, object } of validObjects()) {
    const name = object.metadata.name!;
    const created = await ask(server, "POST", pathOf(kind), encode(kind, object, "json"), ENCODINGS.json);
    assert.equal(created.status, 201, created.text);
    const { object: stored } = objectCodec(schemaRegistry(), kind.type).decodeJson(created.text);
    delete stored.metadata.resourceVersion;
    const fresh = { ...object, metadata: { ...object.metadata, name: `${name}-2` } };
    for (const encoding of encodings) {
      const [good, other] = [encode(kind, stored, encoding), encode(kind, object, encoding)];
      const put = { kind, method: "PUT", path: pathOf(kind, name), encoding } as const;
      await sendBroken(run, put, { good, other, count: OF_A_VALID_OBJECT });
      const post = { kind, method: "POST", path: pathOf(kind), encoding } as const;
      await sendBroken(run, post, { good: encode(kind, fresh, encoding), other: good, count: OF_A_VALID_OBJECT });
    }
  }
  for (const status of [200, 201, 400, 409, 422]) {
    assert.ok(run.counts.get(status)! > 20, `${status}: ${run.counts.get(status)}`);
  }
});

const DEEP = 100_000;
const nested = (open: string, close: string, middle = ""): Buffer =>
  Buffer.from(open.repeat(DEEP) + middle + close.repeat(DEEP));

/** Messages of one field inside of one another, innermost first. */
function nestedMessage(field: number, depth: number): Buffer {
  const parts: Buffer[] = [];
  let length = 0;
  for (let i = 0; i < depth; i++) {
    const head: number[] = [field * 8 + 2];
    for (let rest = length; ; rest >>>= 7) {
      head.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
      if (rest <= 0x7f) break;
    }
    parts.push(Buffer.from(head));
    length += head.length;
  }
  return Buffer.concat(parts.reverse());
}

test("bodies made to exhaust the server are refused", async () => {
  await using server = await startServer({});
  const path = pathOf(builtInKinds().find(({ kind }) => kind === "ConfigMap")!);
  const laughs = `a: &a [${"x,".repeat(9)}x]\n${"bcdefghij"
    .split("")
    .map((name, i) => `${name}: &${name} [${`*${"abcdefghi"[i]},`.repeat(9)}*${"abcdefghi"[i]}]\n`)
    .join("")}`;
  const message = nestedMessage(1, DEEP);
  const bodies: readonly [encoding: Encoding, body: Buffer][] = [
    ["json", nested("[", "]")],
    ["json", nested("[", "")],
    ["json", nested('{"a":', "}", "1")],
    ["json", Buffer.concat([Buffer.from('{"data":'), nested('{"a":', "}", "1"), Buffer.from("}")])],
    ["yaml", nested("[", "]")],
    ["yaml", nested("{a: ", "}", "1")],
    ["yaml", nested("- ", "", "x")],
    ["yaml", Buffer.from(laughs)],
    ["protobuf", Buffer.concat([Buffer.from("k8s\0"), message])],
    ["protobuf", Buffer.from("k8s\0\x12\xff\xff\xff\xff\x0f", "latin1")],
  ];
  const written = new WrittenKeys(server);
  const values = ["[".repeat(DEEP) + "]".repeat(DEEP), `${'{"a":'.repeat(DEEP)}1${"}".repeat(DEEP)}`];
  const patches: readonly [type: string, body: string][] = values.flatMap((value) => [
    ["application/merge-patch+json", `{"metadata":{"name":${value}},"data":${value}}`],
    ["application/strategic-merge-patch+json", `{"metadata":{"annotations":${value}},"data":${value}}`],
    ["application/json-patch+json", `[{"op":"add","path":"/data","value":${value}}]`],
    ["application/json-patch+json", value],
    ["application/apply-patch+yaml", `{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"},"data":${value}}`],
  ]);
  await ask(server, "POST", path, Buffer.from('{"metadata":{"name":"a"}}'), ENCODINGS.json);
  await written.take("configmaps");
  for (const [type, body] of patches) {
    const { status, text } = await ask(server, "PATCH", `${path}/a?fieldManager=m`, Buffer.from(body), type);
    assert.ok(status >= 400 && status < 500, `${type} ${body.slice(0, 20)}: ${status} ${text}`);
  }
  for (const [encoding, body] of bodies) {
    const { status, text } = await ask(server, "POST", path, body, ENCODINGS[encoding]);
    assert.ok(
      status >= 400 && status < 500,
      `${encoding} ${body.subarray(0, 20).toString("latin1")}: ${status} ${text}`,
    );
  }
  assert.deepEqual(await written.take("configmaps"), []);
});
