// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { StatusError } from "../../src/apimachinery/index.ts";
import { CONFIG_MAPS, type ResourceClient } from "../../src/client/index.ts";
import type { ConfigMap } from "../../src/api/index.ts";
import { apiClient } from "./support/api-client.ts";
import { pidOf, statusOf } from "./support/node-processes.ts";
import { TestCluster } from "./support/test-cluster.ts";
import { waitFor } from "./support/wait-for.ts";

const KILLS = 10;
const WRITERS = 4;
/** A kill comes so long after the writers got on. */
const KILL_AFTER_MS = [20, 500] as const;
const RETRY_MS = 20;
const CALL_LIMIT_MS = 5_000;

type ConfigMaps = ResourceClient<ConfigMap>;

/** One change, as its writer was told of it or as the watcher saw it. */
interface Change {
  readonly revision: number;
  readonly type: string;
  readonly name: string;
  readonly value: string | undefined;
}

/** A server that starts or stops may say so (5xx); anything else that it says is final. */
const isRefusal = (error: unknown) => error instanceof StatusError && (error.status.code ?? 0) < 500;
const limit = () => AbortSignal.timeout(CALL_LIMIT_MS);
const changeOf = (type: string, { metadata, data }: ConfigMap): Change => ({
  revision: Number(metadata?.resourceVersion),
  type,
  name: metadata?.name ?? "",
  value: data?.["value"],
});

/** Creates, changes and deletes objects of its own, one after the other, and notes what was acknowledged. */
class Writer {
  readonly acknowledged: Change[] = [];
  /** Names of objects whose deletion was acknowledged; its answer carries no revision. */
  readonly deleted: string[] = [];
  readonly #objects: ConfigMaps;
  readonly #prefix: string;
  #count = 0;

  constructor(objects: ConfigMaps, prefix: string) {
    this.#objects = objects;
    this.#prefix = prefix;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#life();
      } catch (error) {
        // A write that was under way when the server died may have been made or not: nobody was told.
        if (isRefusal(error)) throw error;
        await sleep(RETRY_MS);
      }
    }
  }

  /** The life of one object; every third stays. */
  async #life(): Promise<void> {
    const name = `${this.#prefix}-${++this.#count}`;
    const write = async (type: string, call: Promise<ConfigMap>) => {
      this.acknowledged.push(changeOf(type, await call));
    };
    await write("ADDED", this.#objects.create({ metadata: { name }, data: { value: "1" } }, { signal: limit() }));
    await write("MODIFIED", this.#objects.patch(name, "merge", { data: { value: "2" } }, { signal: limit() }));
    if (this.#count % 3 === 0) return;
    await this.#objects.delete(name, { signal: limit() });
    this.deleted.push(name);
  }
}

/** Follows all changes; after a break it goes on from the last revision that it saw. */
class Watcher {
  readonly seen: Change[] = [];
  readonly #objects: ConfigMaps;
  #revision: string;
  resumed = 0;

  constructor(objects: ConfigMaps, revision: string) {
    this.#objects = objects;
    this.#revision = revision;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const { type, object } of this.#objects.watch({ signal, resourceVersion: this.#revision })) {
          this.seen.push(changeOf(type, object as ConfigMap));
          this.#revision = object.metadata!.resourceVersion!;
        }
      } catch (error) {
        if (signal.aborted) return;
        if (isRefusal(error)) throw error;
      }
      this.resumed++;
      await sleep(RETRY_MS);
    }
  }
}

describe("the history of a store whose server is killed", () => {
  let cluster: TestCluster;
  before(() => {
    cluster = new TestCluster("hist");
    cluster.up("--api-only");
  });
  after(() => cluster?.[Symbol.dispose]());

  test("a watcher that resumes sees each acknowledged change once, in order, through ten kills", async (t) => {
    const objects = apiClient(cluster).resource(CONFIG_MAPS).namespace("default");
    const start = await objects.list({ signal: limit() });
    const watcher = new Watcher(objects, start.metadata!.resourceVersion!);
    const writers = Array.from({ length: WRITERS }, (_, i) => new Writer(objects, `writer-${i}`));
    const writing = new AbortController();
    const watching = new AbortController();
    const written = Promise.all(writers.map((writer) => writer.run(writing.signal)));
    const watched = watcher.run(watching.signal);
    written.catch(() => undefined);
    watched.catch(() => undefined);
    const count = () => writers.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0);

    t.after(() => {
      writing.abort();
      watching.abort();
    });
    for (let kill = 0; kill < KILLS; kill++) {
      const earlier = count();
      await waitFor("the writers get on", () => count() > earlier + WRITERS);
      await sleep(randomInt(...KILL_AFTER_MS));
      process.kill(pidOf(statusOf(cluster), "control-plane"), "SIGKILL");
      cluster.up("--api-only");
    }
    const last = count();
    await waitFor("the writers get on after the last kill", () => count() > last + WRITERS);
    writing.abort();
    await written;
    const end = await objects.list({ signal: limit() });
    const final = await objects.create({ metadata: { name: "last" } }, { signal: limit() });
    await waitFor("the watcher has seen the last change", () => watcher.seen.at(-1)?.name === "last");
    watching.abort();
    await watched;

    const { seen } = watcher;
    const revisions = seen.map(({ revision }) => revision);
    assert.deepEqual(
      revisions,
      [...new Set(revisions)].sort((a, b) => a - b),
      "each change once, in order",
    );
    assert.ok(Number(final.metadata!.resourceVersion) > Number(end.metadata!.resourceVersion));
    const byRevision = new Map(seen.map((change) => [change.revision, change]));
    const acknowledged = writers.flatMap((writer) => writer.acknowledged);
    for (const change of acknowledged) assert.deepEqual(byRevision.get(change.revision), change);
    const gone = new Set(seen.filter(({ type }) => type === "DELETED").map(({ name }) => name));
    for (const { deleted } of writers) for (const name of deleted) assert.ok(gone.has(name), `${name} was deleted`);
    assert.deepEqual(replayed(seen.slice(0, -1)), contentOf(end.items as readonly ConfigMap[]));
    t.diagnostic(`${acknowledged.length} acknowledged changes, ${seen.length} seen, resumed ${watcher.resumed} times`);
  });
});

/** What the changes leave behind, having come in an order that is possible. */
function replayed(changes: readonly Change[]): Record<string, string | undefined> {
  const content = new Map<string, string | undefined>();
  for (const { type, name, value } of changes) {
    assert.equal(content.has(name), type !== "ADDED", `${type} of ${name}`);
    if (type === "DELETED") content.delete(name);
    else content.set(name, value);
  }
  return sorted(content);
}

const contentOf = (items: readonly ConfigMap[]): Record<string, string | undefined> =>
  sorted(
    new Map(
      items
        .filter(({ metadata }) => metadata?.name?.startsWith("writer-"))
        .map(({ metadata, data }) => [metadata!.name!, data?.["value"]]),
    ),
  );

const sorted = (content: ReadonlyMap<string, string | undefined>): Record<string, string | undefined> =>
  Object.fromEntries([...content].sort(([a], [b]) => (a < b ? -1 : 1)));
