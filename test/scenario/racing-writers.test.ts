// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { macrotask, openLmdbStore } from "../../src/platform/index.ts";
import { SeededRandom, VirtualClock } from "../../src/simulation/index.ts";
import { send, startServer, type TestServer, textOf } from "../../src/apiserver/server-fixture.test.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const COUNTER = `${MAPS}/counter`;
const WRITERS = 2;
const INCREMENTS_EACH = 5_000;
/** Turns of the event loop that a writer may sit out between two writes, so that now the one, now the other is first. */
const MAX_PAUSE = 3;
/** The race is about order, not about the disk: in memory where the system has such a folder. */
const MEMORY = "/dev/shm";

interface Counter {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly data: { readonly n: string };
}

interface Reply {
  readonly status: number;
  readonly object: Counter;
}

async function ask(server: TestServer, method: string, path: string, body?: unknown, type = "application/json") {
  const headers: Record<string, string> = body === undefined ? {} : { "content-type": type };
  const response = await send(server, path, { method, headers, ...(body === undefined ? {} : { body }) });
  return { status: response.status, object: JSON.parse(await textOf(response)) as Counter } satisfies Reply;
}

/** The ways to write what follows from what was read, and only that: each is refused when somebody was faster. */
const WAYS: readonly ((server: TestServer, read: Counter, n: string) => Promise<Reply>)[] = [
  (server, read, n) => ask(server, "PUT", COUNTER, { ...read, data: { n } }),
  (server, { metadata }, n) =>
    ask(
      server,
      "PATCH",
      COUNTER,
      { metadata: { resourceVersion: metadata.resourceVersion }, data: { n } },
      "application/merge-patch+json",
    ),
  (server, { data }, n) =>
    ask(
      server,
      "PATCH",
      COUNTER,
      [
        { op: "test", path: "/data/n", value: data.n },
        { op: "replace", path: "/data/n", value: n },
      ],
      "application/json-patch+json",
    ),
  (server, { metadata }, n) =>
    ask(
      server,
      "PATCH",
      `${COUNTER}?fieldManager=writer&force=true`,
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "counter", resourceVersion: metadata.resourceVersion },
        data: { n },
      },
      "application/apply-patch+yaml",
    ),
];

/** 409: the revision is not the present one; 422: the test of a JSON patch failed. */
const LOST: ReadonlySet<number> = new Set([409, 422]);

interface Tally {
  readonly acknowledged: number[];
  lost: number;
}

async function pause(random: SeededRandom): Promise<void> {
  for (let turns = Math.floor(random.next() * MAX_PAUSE); turns > 0; turns--) await macrotask();
}

async function writer(server: TestServer, seed: number): Promise<Tally> {
  const tally: Tally = { acknowledged: [], lost: 0 };
  const random = new SeededRandom(seed);
  let read = (await ask(server, "GET", COUNTER)).object;
  while (tally.acknowledged.length < INCREMENTS_EACH) {
    const n = Number(read.data.n) + 1;
    const write = WAYS[Math.floor(random.next() * WAYS.length)]!;
    await pause(random);
    const { status, object } = await write(server, read, String(n));
    if (status === 200) {
      assert.equal(object.data.n, String(n));
      tally.acknowledged.push(n);
      read = object;
    } else {
      assert.ok(LOST.has(status), `${status} ${JSON.stringify(object)}`);
      tally.lost++;
      read = (await ask(server, "GET", COUNTER)).object;
    }
  }
  return tally;
}

test("two writers race on one object 10,000 times, and no update is lost", async () => {
  const folder = await mkdtemp(join(existsSync(MEMORY) ? MEMORY : tmpdir(), "knarr-race-"));
  try {
    const clock = new VirtualClock({ macrotask });
    const store = await openLmdbStore({ folder, clock });
    await using server = await startServer({ clock, store });
    await ask(server, "POST", MAPS, { metadata: { name: "counter" }, data: { n: "0" } });
    const tallies = await Promise.all(Array.from({ length: WRITERS }, (_, i) => writer(server, i + 1)));
    const acknowledged = tallies.flatMap((tally) => tally.acknowledged).sort((a, b) => a - b);
    assert.deepEqual(
      acknowledged,
      Array.from({ length: WRITERS * INCREMENTS_EACH }, (_, i) => i + 1),
      "every number was given out once",
    );
    assert.equal((await ask(server, "GET", COUNTER)).object.data.n, String(WRITERS * INCREMENTS_EACH));
    for (const { lost } of tallies) assert.ok(lost > INCREMENTS_EACH / 10, `overtaken ${lost} times`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
