// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, readlink, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { ProjectedFile } from "../../kubelet/index.ts";
import { projectFiles } from "./projected-files.ts";

const files = (entries: Record<string, string>, mode = 0o644): Map<string, ProjectedFile> =>
  new Map(Object.entries(entries).map(([path, text]) => [path, { data: Buffer.from(text), mode }]));

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "knarr-projected-"));
  try {
    await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const visible = async (folder: string) => (await readdir(folder)).filter((name) => !name.startsWith("..")).sort();

test("files are seen through links, with their modes", () =>
  inFolder(async (folder) => {
    assert.equal(await projectFiles(folder, files({ a: "1", "deep/er/b": "2" }, 0o400), {}), true);
    assert.deepEqual(await visible(folder), ["a", "deep"]);
    assert.equal(await readFile(join(folder, "deep/er/b"), "utf8"), "2");
    assert.equal((await stat(join(folder, "a"))).mode & 0o777, 0o400);
    assert.equal(await readlink(join(folder, "a")), "..data/a");
  }));

test("nothing is written when nothing changed", () =>
  inFolder(async (folder) => {
    await projectFiles(folder, files({ a: "1" }), {});
    const version = await readlink(join(folder, "..data"));
    assert.equal(await projectFiles(folder, files({ a: "1" }), {}), false);
    assert.equal(await readlink(join(folder, "..data")), version);
    assert.equal(await projectFiles(folder, files({ a: "1" }, 0o600), {}), true);
  }));

test("all files change at once, and what is gone is gone", () =>
  inFolder(async (folder) => {
    await projectFiles(folder, files({ a: "1", b: "1" }), {});
    const before = await readlink(join(folder, "..data"));
    await projectFiles(folder, files({ a: "2", c: "2" }), {});
    assert.deepEqual(await visible(folder), ["a", "c"]);
    assert.equal(await readFile(join(folder, "a"), "utf8"), "2");
    assert.equal((await readdir(folder)).includes(before), false);
  }));

test("a group that owns the volume can read it", () =>
  inFolder(async (folder) => {
    const fsGroup = process.getgid!();
    await projectFiles(folder, files({ a: "1" }, 0o400), { fsGroup });
    const found = await stat(join(folder, "a"));
    assert.equal(found.mode & 0o777, 0o440);
    assert.equal(found.gid, fsGroup);
  }));
