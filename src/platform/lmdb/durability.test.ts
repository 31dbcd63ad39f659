// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { SeededRandom, VirtualClock } from "../../simulation/index.ts";
import type { JournaledStore, StoreEvent } from "../../store/index.ts";
import { macrotask } from "../time/real-clock.ts";
import { openLmdbStore } from "./lmdb-store.ts";
import type { ByteTransform } from "./log-record.ts";

const { signal } = new AbortController();
const PAGE_BYTES = 4096;
const META_PAGES = 2;

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "knarr-lmdb-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const open = (folder: string, transform?: ByteTransform): Promise<JournaledStore> =>
  openLmdbStore({ folder, clock: new VirtualClock({ macrotask }), transform });

const put = (store: JournaledStore, key: string, value: string | Buffer) =>
  store.commit({ type: "put", key, expected: undefined, encode: () => Buffer.from(value) });

/** Everything after a revision, as a watcher hears it. */
async function historyAfter(store: JournaledStore, from: number): Promise<StoreEvent[]> {
  const events: StoreEvent[] = [];
  if (from >= store.localRevision) return events;
  await new Promise<void>((resolve) => {
    const stop = store.watch(from, {
      onEvents: (batch) => {
        events.push(...batch);
        if (events.at(-1)!.revision < store.localRevision) return;
        stop();
        resolve();
      },
    });
  });
  return events;
}

/** Runs writers on the folder, kills them after some acknowledgements, and answers the last acknowledged revision. */
async function writeAndKill(folder: string, acknowledgements: number): Promise<Map<number, string>> {
  const acknowledged = new Map<number, string>();
  const script = join(import.meta.dirname, "../../../test/fixtures/crash-writer.ts");
  const child = spawn(process.execPath, [script, folder], { stdio: ["ignore", "pipe", "inherit"] });
  const closed = new Promise((resolve) => child.once("close", resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    const [revision, key] = line.split(" ");
    acknowledged.set(Number(revision), key!);
    if (acknowledged.size === acknowledgements) child.kill("SIGKILL");
  }
  await closed;
  return acknowledged;
}

test("kill -9 loses no acknowledged write, the revision does not go back, and history has no gap", async () => {
  await withFolder(async (folder) => {
    let last = 1;
    for (const acknowledgements of [1, 150, 700, 1300]) {
      const acknowledged = await writeAndKill(folder, acknowledgements);
      const store = await open(folder);
      const newest = Math.max(...acknowledged.keys());
      assert.ok(store.localRevision >= newest, `${store.localRevision} is not before ${newest}`);
      assert.ok(store.localRevision > last);
      const from = Math.max(last, store.compactedRevision);
      const events = await historyAfter(store, from);
      assert.deepEqual(
        events.map((event) => event.revision),
        Array.from({ length: store.localRevision - from }, (_, i) => from + 1 + i),
      );
      for (const event of events) {
        const key = acknowledged.get(event.revision);
        if (key) assert.equal(event.key, key);
      }
      last = store.localRevision;
      await store[Symbol.asyncDispose]();
    }
  });
});

test("writes that never reached the disk, or only in part, take nothing acknowledged with them", async () => {
  await withFolder(async (folder) => {
    const random = new SeededRandom(7);
    const store = await open(folder);
    for (let i = 0; i < 300; i++) await put(store, `/k/${i % 40}`, `value ${i} ${"x".repeat(i * 7)}`);
    const before = await readFile(join(folder, "data.mdb"));
    const state = (await store.range("/", { signal })).items.map((item) => [item.key, item.revision]);
    await Promise.all(Array.from({ length: 60 }, (_, i) => put(store, `/k/${i}`, `newer ${i} ${"y".repeat(i * 31)}`)));
    const after = await readFile(join(folder, "data.mdb"));
    await store[Symbol.asyncDispose]();

    for (let round = 0; round < 12; round++) {
      const copy = join(folder, `power-loss-${round}`);
      await mkdir(copy);
      await copyFile(join(folder, "format.json"), join(copy, "format.json"));
      await writeFile(join(copy, "data.mdb"), mixPages(before, after, random));
      const survivor = await open(copy);
      assert.deepEqual(
        (await survivor.range("/", { signal })).items.map((item) => [item.key, item.revision]),
        state,
      );
      assert.equal((await put(survivor, "/k/new", "goes on")).type, "committed");
      await survivor[Symbol.asyncDispose]();
    }
  });
});

/** The file as a power cut may leave it: of the last transaction some pages, or halves of pages, but not the meta page. */
function mixPages(before: Buffer, after: Buffer, random: SeededRandom): Buffer {
  const mixed = Buffer.from(after);
  const half = PAGE_BYTES / 2;
  for (let at = 0; at < before.length; at += half) {
    const isMeta = at < META_PAGES * PAGE_BYTES;
    if (isMeta || random.next() < 0.5) before.copy(mixed, at, at, Math.min(at + half, before.length));
  }
  return mixed;
}

test("a record that the disk changed is refused in words, not served", async () => {
  await withFolder(async (folder) => {
    const store = await open(folder);
    await put(store, "/a", `marker-${"m".repeat(100)}`);
    await store[Symbol.asyncDispose]();
    const file = join(folder, "data.mdb");
    const bytes = await readFile(file);
    for (let at = bytes.indexOf("marker-"); at >= 0; at = bytes.indexOf("marker-", at + 1)) bytes[at + 20]! ^= 1;
    await writeFile(file, bytes);
    await assert.rejects(open(folder), /The record of revision 2 is damaged on disk .* restore the data folder/);
  });
});

test("a folder of an unknown format, or of somebody else, is refused in words", async () => {
  await withFolder(async (folder) => {
    const store = await open(folder);
    await store[Symbol.asyncDispose]();
    await writeFile(join(folder, "format.json"), '{"format":"knarr-store","version":99}');
    await assert.rejects(open(folder), /is of format 99, this Knarr reads format 1: start the version of Knarr/);
    await rm(join(folder, "format.json"));
    await assert.rejects(open(folder), /has a database but no format.json/);
  });
});

test("a folder is held by one store at a time", async () => {
  await withFolder(async (folder) => {
    const store = await open(folder);
    await assert.rejects(open(folder), /is in use by this process/);
    await store[Symbol.asyncDispose]();
    await (await open(folder))[Symbol.asyncDispose]();
    await writeFile(join(folder, "owner.json"), JSON.stringify({ pid: process.ppid, started: "never" }));
    await (await open(folder))[Symbol.asyncDispose]();
  });
});

test("compaction makes room: a store that is written and compacted for long does not grow", async () => {
  await withFolder(async (folder) => {
    const store = await open(folder);
    const value = Buffer.alloc(2000, 97);
    const round = async (): Promise<number> => {
      for (let i = 0; i < 40; i++) {
        await Promise.all(Array.from({ length: 20 }, (_, k) => put(store, `/k/${k}`, value)));
      }
      await store.compact(store.localRevision);
      return (await stat(join(folder, "data.mdb"))).size;
    };
    const sizes = [];
    for (let i = 0; i < 8; i++) sizes.push(await round());
    assert.ok(sizes[7]! <= sizes[2]! * 1.2, `sizes ${sizes.join(", ")}`);
    await store[Symbol.asyncDispose]();
    const again = await open(folder);
    assert.equal((await again.range("/", { signal })).items.length, 20);
    await again[Symbol.asyncDispose]();
  });
});

test("what lies on disk passes the transform on its way in and out", async () => {
  await withFolder(async (folder) => {
    const flip = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => byte ^ 0xff);
    const transform = { toDisk: flip, fromDisk: flip };
    const store = await open(folder, transform);
    await put(store, "/secret", "plain text here");
    await store[Symbol.asyncDispose]();
    assert.equal((await readFile(join(folder, "data.mdb"))).includes("plain text"), false);
    const again = await open(folder, transform);
    assert.equal(Buffer.from((await again.get("/secret", { signal }))!.bytes).toString(), "plain text here");
    await again[Symbol.asyncDispose]();
  });
});

test("a full disk fails the writes that it does not hold, and nothing else", async () => {
  await withFolder(async (folder) => {
    const script = join(import.meta.dirname, "../../../test/fixtures/full-disk-writer.ts");
    // A limit of file sizes, in blocks of 512 bytes, is a disk that is full.
    const limited = 'trap "" XFSZ; ulimit -f 4096; exec "$0" "$@"';
    const child = spawn("sh", ["-c", limited, process.execPath, script, folder], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
    let output = "";
    for await (const line of createInterface({ input: child.stdout })) output += line;
    assert.equal(await closed, 0);
    const { acknowledged, kept, failures } = JSON.parse(output) as {
      acknowledged: number;
      kept: number;
      failures: string[];
    };
    assert.ok(acknowledged > 0 && failures.length > 0, output);
    for (const reason of failures) assert.match(reason, /could not write to its disk, which may be full/);
    assert.equal(kept, acknowledged);
    const store = await open(folder);
    const { items } = await store.range("/k/", { signal });
    await store[Symbol.asyncDispose]();
    assert.equal(items.length, acknowledged);
  });
});
