// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { appendFile, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { LogOptions } from "../../kubelet/index.ts";
import { containerLogs } from "./container-logs.ts";

const time = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, "0")}.5Z`;
const line = (second: number, text: string, stream = "stdout", tag = "F") =>
  `${time(second)} ${stream} ${tag} ${text}\n`;

async function withLog(text: string, run: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "knarr-logs-"));
  try {
    await writeFile(join(folder, "0.log"), text);
    await run(join(folder, "0.log"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const { signal } = new AbortController();

async function read(path: string, options: Partial<LogOptions> = {}): Promise<string> {
  let text = "";
  for await (const chunk of containerLogs.read(path, { follow: false, timestamps: false, ...options }, { signal }))
    text += Buffer.from(chunk).toString("utf8");
  return text;
}

const THREE = line(1, "one") + line(2, "two", "stderr") + line(3, "three");

test("a log is read as the container wrote it", () =>
  withLog(THREE, async (path) => {
    assert.equal(await read(path), "one\ntwo\nthree\n");
    assert.equal(await read(path, { stream: "stderr" }), "two\n");
  }));

test("pieces of a long line are joined", () =>
  withLog(line(1, "a", "stdout", "P") + line(1, "b", "stdout", "P") + line(2, "c") + line(3, "d"), async (path) => {
    assert.equal(await read(path), "abc\nd\n");
    assert.equal(
      await read(path, { timestamps: true }),
      `2026-01-01T00:00:01.500000000Z abc\n2026-01-01T00:00:03.500000000Z d\n`,
    );
  }));

test("the last lines alone can be asked for", () =>
  withLog(THREE, async (path) => {
    assert.equal(await read(path, { tailLines: 2 }), "two\nthree\n");
    assert.equal(await read(path, { tailLines: 0 }), "");
    assert.equal(await read(path, { tailLines: 9 }), "one\ntwo\nthree\n");
  }));

test("what is older than asked for is left out, and no more bytes come than asked for", () =>
  withLog(THREE, async (path) => {
    assert.equal(await read(path, { sinceMs: Date.parse("2026-01-01T00:00:02Z") }), "two\nthree\n");
    assert.equal(await read(path, { limitBytes: 6 }), "one\ntw");
  }));

test("a log is followed over its rotation until the container has ended", () =>
  withLog(line(1, "one"), async (path) => {
    let ended = false;
    let text = "";
    const steps = [
      () => appendFile(path, line(2, "two")),
      async () => {
        await rename(path, `${path}.1`);
        await writeFile(path, line(3, "three"));
      },
      async () => {
        await appendFile(path, line(4, "four"));
        ended = true;
      },
    ];
    const log = { follow: true, timestamps: false };
    for await (const chunk of containerLogs.read(path, log, { signal, ended: () => ended })) {
      text += Buffer.from(chunk).toString("utf8");
      await steps.shift()?.();
    }
    assert.equal(text, "one\ntwo\nthree\nfour\n");
  }));

test("the end of a log serves as a container's last words", () =>
  withLog(THREE, async (path) => {
    assert.equal(await containerLogs.tail(path, { maxLines: 2, maxBytes: 100 }), "two\nthree\n");
    assert.equal(await containerLogs.tail(path, { maxLines: 9, maxBytes: 6 }), "three\n");
    assert.equal(await containerLogs.tail(`${path}.none`, { maxLines: 9, maxBytes: 6 }), "");
  }));

test("rotated logs are kept up to a number", () =>
  withLog(THREE, async (path) => {
    for (let i = 1; i <= 4; i++) {
      await writeFile(path, `${i}`);
      await containerLogs.rotate(path, { maxFiles: 3, timestamp: time(i) });
    }
    const kept = await readdir(join(path, ".."));
    assert.deepEqual(kept.sort(), ["0.log.20260101000003.5", "0.log.20260101000004.5"]);
  }));
