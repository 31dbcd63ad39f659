// SPDX-License-Identifier: Apache-2.0

import {
  chmod,
  chown,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  unlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ProjectedFile } from "../../kubelet/index.ts";
import { ignore } from "../node/files.ts";

const DATA_LINK = "..data";
const NEW_DATA_LINK = "..data_tmp";
const VOLUME_MODE = 0o777;
const DIRECTORY_MODE = 0o755;
const GROUP_READ = 0o440;
const SETGID_AND_SEARCH = 0o2110;

export interface ProjectOptions {
  readonly fsGroup?: number;
  readonly timestamp?: string;
}

type Files = ReadonlyMap<string, ProjectedFile>;

const modeOf = (file: ProjectedFile, options: ProjectOptions): number =>
  options.fsGroup === undefined ? file.mode : file.mode | GROUP_READ;

/** The names at the top of a volume: what users see are links of these names. */
const topNames = (files: Files): Set<string> => new Set([...files.keys()].map((path) => path.split("/")[0]!));

async function listFiles(directory: string, prefix = ""): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(join(directory, prefix), { withFileTypes: true })) {
    const path = prefix ? `${prefix}/${entry.name}` : entry.name;
    if (entry.isDirectory()) found.push(...(await listFiles(directory, path)));
    else found.push(path);
  }
  return found;
}

/** Whether a directory holds just these files already. */
async function holds(directory: string, files: Files, options: ProjectOptions): Promise<boolean> {
  const names = await listFiles(directory);
  if (names.length !== files.size) return false;
  for (const [path, file] of files) {
    const full = join(directory, path);
    const found = await stat(full).catch(ignore("ENOENT"));
    if (!found?.isFile() || found.size !== file.data.length) return false;
    if ((found.mode & 0o777) !== (modeOf(file, options) & 0o777)) return false;
    if (!(await readFile(full)).equals(file.data)) return false;
  }
  return true;
}

async function writeAll(directory: string, files: Files, options: ProjectOptions): Promise<void> {
  const gid = options.fsGroup ?? -1;
  await makeDirectory(directory, gid);
  for (const [path, file] of files) {
    const full = join(directory, path);
    if (path.includes("/")) await makeParents(directory, dirname(path), gid);
    await writeFile(full, file.data, { mode: 0o600 });
    if (file.uid !== undefined || gid >= 0) await chown(full, file.uid ?? -1, gid);
    await chmod(full, modeOf(file, options));
  }
}

async function makeParents(root: string, relative: string, gid: number): Promise<void> {
  let current = root;
  for (const part of relative.split("/")) {
    current = join(current, part);
    await makeDirectory(current, gid);
  }
}

async function makeDirectory(path: string, gid: number): Promise<void> {
  await mkdir(path).catch(ignore("EEXIST"));
  if (gid >= 0) await chown(path, -1, gid);
  await chmod(path, gid >= 0 ? DIRECTORY_MODE | SETGID_AND_SEARCH : DIRECTORY_MODE);
}

/** `..2026_11_24_07_30_00.123456789`: sorts by time, and cannot be mistaken for a user's file. */
function versionName(timestamp: string | undefined): string {
  const time = (timestamp ?? new Date().toISOString()).replace(/[-:T]/g, "_").replace(/(\.\d+)?Z$/, "");
  return `..${time}.${process.hrtime.bigint() % 1_000_000_000n}`;
}

async function showNames(directory: string, names: ReadonlySet<string>): Promise<void> {
  const existing = new Set(await readdir(directory));
  for (const name of names) {
    if (!existing.has(name)) await symlink(join(DATA_LINK, name), join(directory, name));
  }
  for (const name of existing) {
    if (!name.startsWith("..") && !names.has(name))
      await unlink(join(directory, name)).catch(ignore("ENOENT", "EISDIR"));
  }
}

/** Makes a volume hold just these files, all at once; false when it did already. */
export async function projectFiles(directory: string, files: Files, options: ProjectOptions): Promise<boolean> {
  await mkdir(directory, { recursive: true });
  await chmod(directory, options.fsGroup === undefined ? VOLUME_MODE : VOLUME_MODE | SETGID_AND_SEARCH);
  if (options.fsGroup !== undefined) await chown(directory, -1, options.fsGroup);
  const before = await readlink(join(directory, DATA_LINK)).catch(ignore("ENOENT"));
  if (before && (await holds(join(directory, before), files, options).catch(ignore("ENOENT")))) return false;
  const version = versionName(options.timestamp);
  await writeAll(join(directory, version), files, options);
  await unlink(join(directory, NEW_DATA_LINK)).catch(ignore("ENOENT"));
  await symlink(version, join(directory, NEW_DATA_LINK));
  await rename(join(directory, NEW_DATA_LINK), join(directory, DATA_LINK));
  await showNames(directory, topNames(files));
  if (before) await rm(join(directory, before), { recursive: true, force: true });
  return true;
}
