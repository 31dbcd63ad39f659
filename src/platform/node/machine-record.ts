// SPDX-License-Identifier: Apache-2.0

import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ClusterRanges } from "./cluster-ranges.ts";
import { exists, ignore, removeIfEmpty, readIfExists, writeAtomically } from "./files.ts";
import { withFolderLock } from "./folder-lock.ts";
import type { MachineLayout } from "./layout.ts";

/** A sysctl to set. */
export interface SysctlChange {
  /** Relative to /proc/sys, with slashes. */
  readonly path: string;
  readonly value: string;
  /** Other sysctls that the kernel changes along with it. */
  readonly alsoChanges?: readonly string[];
}

/** Changes of the machine that clusters share. */
export interface SharedChanges {
  readonly sysctls: readonly SysctlChange[];
  /** Folders that must exist. */
  readonly folders: readonly string[];
}

interface RecordFile {
  /** Sysctls need no restoring after a reboot. */
  bootId: string;
  clusters: { [name: string]: ClusterRanges };
  /** The values from before the first change, in the order of the changes. */
  sysctls: [path: string, value: string][];
  /** Folders that were missing, parents first. */
  folders: string[];
}

/**
 * What the clusters of a machine share: which addresses each has, and the few changes of the machine that all of them
 * need. A change is written down before it is made, and taken back when the last cluster goes; so it does not matter
 * which of two clusters goes first, or whether one crashed.
 */
export class MachineRecord {
  readonly #layout: MachineLayout;

  constructor(layout: MachineLayout) {
    this.#layout = layout;
  }

  /** Enters a cluster with the ranges that `choose` picks, knowing those of the others; its earlier ones are kept. */
  async reserve(
    cluster: string,
    choose: (others: readonly ClusterRanges[]) => Promise<ClusterRanges>,
  ): Promise<ClusterRanges> {
    return this.#locked(async (record) => {
      const known = record.clusters[cluster];
      if (known) return known;
      const ranges = await choose(Object.values(record.clusters));
      record.clusters[cluster] = ranges;
      await this.#write(record);
      return ranges;
    });
  }

  /** Makes shared changes on behalf of a cluster that was entered. */
  async change(changes: SharedChanges): Promise<void> {
    await this.#locked(async (record) => {
      const due: SysctlChange[] = [];
      for (const change of changes.sysctls) {
        const current = await readSysctl(change.path);
        if (current === undefined || current === change.value) continue;
        for (const path of [change.path, ...(change.alsoChanges ?? [])]) await remember(record, path);
        due.push(change);
      }
      const folders = await missingFolders(changes.folders);
      record.folders.push(...folders.filter((folder) => !record.folders.includes(folder)));
      await this.#write(record);
      for (const { path, value } of due) await writeFile(sysctlPath(path), value);
      for (const folder of folders) await mkdir(folder).catch(ignore("EEXIST"));
    });
  }

  /** Takes a cluster out; changes that nobody needs any more are taken back. */
  async release(cluster: string): Promise<void> {
    if (!(await exists(this.#layout.dataRoot))) return;
    await this.#locked(async (record) => {
      delete record.clusters[cluster];
      if (Object.keys(record.clusters).length > 0) return this.#write(record);
      await takeBack(record);
      await rm(this.#file, { force: true });
    });
  }

  /** The clusters that were entered and not taken out, with their ranges. */
  async clusters(): Promise<ReadonlyMap<string, ClusterRanges>> {
    return new Map(Object.entries((await this.#read()).clusters));
  }

  get #file(): string {
    return join(this.#layout.dataRoot, "machine.json");
  }

  async #read(): Promise<RecordFile> {
    const bootId = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
    const text = await readIfExists(this.#file);
    if (text === undefined) return { bootId, clusters: {}, sysctls: [], folders: [] };
    const record = JSON.parse(text) as RecordFile;
    return record.bootId === bootId ? record : { ...record, bootId, sysctls: [] };
  }

  async #write(record: RecordFile): Promise<void> {
    await writeAtomically(this.#file, JSON.stringify(record));
  }

  /** The lock is the parent folder's, which outlives the roots: those are removed under it when they are empty. */
  async #locked<T>(action: (record: RecordFile) => Promise<T>): Promise<T> {
    const { dataRoot, runRoot } = this.#layout;
    await mkdir(dirname(dataRoot), { recursive: true });
    return withFolderLock(dirname(dataRoot), async () => {
      await mkdir(dataRoot, { recursive: true, mode: 0o755 });
      try {
        return await action(await this.#read());
      } finally {
        await removeIfEmpty(dataRoot);
        await removeIfEmpty(runRoot);
      }
    });
  }
}

const sysctlPath = (path: string): string => join("/proc/sys", path);

async function readSysctl(path: string): Promise<string | undefined> {
  return (await readIfExists(sysctlPath(path)))?.trim();
}

async function remember(record: RecordFile, path: string): Promise<void> {
  if (record.sysctls.some(([known]) => known === path)) return;
  const value = await readSysctl(path);
  if (value !== undefined) record.sysctls.push([path, value]);
}

async function missingFolders(folders: readonly string[]): Promise<string[]> {
  const missing: string[] = [];
  for (const folder of folders) {
    const parts = folder.split("/").filter(Boolean);
    for (let i = 1; i <= parts.length; i++) {
      const path = `/${parts.slice(0, i).join("/")}`;
      if (!missing.includes(path) && !(await exists(path))) missing.push(path);
    }
  }
  return missing;
}

async function takeBack(record: RecordFile): Promise<void> {
  for (const [path, value] of record.sysctls) {
    if ((await readSysctl(path)) !== value) await writeFile(sysctlPath(path), value).catch(ignore("ENOENT"));
  }
  for (const folder of record.folders.toReversed()) await removeIfEmpty(folder);
}
