// SPDX-License-Identifier: Apache-2.0

import { constants } from "node:fs";
import {
  chmod,
  chown,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  unlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import type { HostPathType, ProjectedFile, VolumeFiles } from "../../kubelet/index.ts";
import { ignore } from "../node/files.ts";
import { machineCommands, type Commands } from "../node/commands.ts";
import { projectFiles } from "./projected-files.ts";

const PERMISSIONS = 0o7777;
const SETGID = 0o2000;
const GROUP_READ_WRITE = 0o660;
const GROUP_READ = 0o440;
const GROUP_SEARCH = 0o110;
const DIRECTORY_MODE = 0o755;
const FILE_MODE = 0o644;

/** Octal escapes of /proc/self/mountinfo. */
const unescapeMount = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)));

async function mountPoints(): Promise<string[]> {
  const text = await readFile("/proc/self/mountinfo", "utf8");
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => unescapeMount(line.split(" ")[4] ?? ""));
}

const HOST_PATH_TYPES: Readonly<Partial<Record<HostPathType, readonly [what: string, mode: number]>>> = {
  Directory: ["a directory", constants.S_IFDIR],
  DirectoryOrCreate: ["a directory", constants.S_IFDIR],
  File: ["a file", constants.S_IFREG],
  FileOrCreate: ["a file", constants.S_IFREG],
  Socket: ["a socket", constants.S_IFSOCK],
  CharDevice: ["a character device", constants.S_IFCHR],
  BlockDevice: ["a block device", constants.S_IFBLK],
};

/** The files and mounts of the node on which this process runs. */
export class NodeVolumeFiles implements VolumeFiles {
  readonly #commands: Commands;

  constructor(commands: Commands = machineCommands) {
    this.#commands = commands;
  }

  async makeDirectory(
    path: string,
    options: { readonly mode?: number; readonly gid?: number; readonly uid?: number } = {},
  ): Promise<void> {
    const { mode, uid = -1, gid = -1 } = options;
    await mkdir(path, { recursive: true, mode: mode ?? DIRECTORY_MODE });
    if (mode !== undefined) await chmod(path, mode);
    if (uid >= 0 || gid >= 0) await chown(path, uid, gid);
  }

  project(
    directory: string,
    files: ReadonlyMap<string, ProjectedFile>,
    options: { readonly fsGroup?: number; readonly timestamp?: string } = {},
  ): Promise<boolean> {
    return projectFiles(directory, files, options);
  }

  async mountTmpfs(path: string, options: { readonly sizeBytes?: number; readonly mode?: number } = {}): Promise<void> {
    await mkdir(path, { recursive: true });
    const settings = [
      ...(options.sizeBytes ? [`size=${options.sizeBytes}`] : []),
      ...(options.mode === undefined ? [] : [`mode=${options.mode.toString(8)}`]),
    ];
    const argv = ["mount", "-t", "tmpfs", ...(settings.length > 0 ? ["-o", settings.join(",")] : []), "tmpfs", path];
    await this.#commands.run(argv);
  }

  async isMounted(path: string): Promise<boolean> {
    return (await mountPoints()).includes(path);
  }

  async unmount(path: string): Promise<void> {
    if (await this.isMounted(path)) await this.#commands.run(["umount", "--lazy", path]);
  }

  async bindSubPath(options: {
    readonly base: string;
    readonly subPath: string;
    readonly target: string;
  }): Promise<void> {
    const { base, subPath, target } = options;
    const root = await realpath(base);
    // What is missing gets the mode of the volume itself.
    const source = await makeInside(root, subPath, (await stat(root)).mode & PERMISSIONS);
    const isDirectory = (await stat(source)).isDirectory();
    if (isDirectory) await mkdir(target, { recursive: true });
    else {
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, "", { flag: "a" });
    }
    // The path may be exchanged for a link between the check and the mount; what was opened cannot.
    const handle = await open(source, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const opened = `/proc/${process.pid}/fd/${handle.fd}`;
      if (!isInside(root, await realpath(opened))) throw new Error(`subpath "${subPath}" is outside the volume`);
      if (await this.isMounted(target)) await this.unmount(target);
      await this.#commands.run(["mount", "--no-canonicalize", "--bind", opened, target]);
    } finally {
      await handle.close();
    }
  }

  async writeFile(
    path: string,
    data: Uint8Array,
    options: { readonly mode?: number; readonly uid?: number; readonly gid?: number } = {},
  ): Promise<void> {
    const { mode = FILE_MODE, uid = -1, gid = -1 } = options;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, data, { mode });
    await chmod(path, mode);
    if (uid >= 0 || gid >= 0) await chown(path, uid, gid);
  }

  async readFile(path: string, options: { readonly maxBytes?: number } = {}): Promise<Uint8Array | undefined> {
    const handle = await open(path, "r").catch(ignore("ENOENT"));
    if (!handle) return undefined;
    try {
      if (options.maxBytes === undefined) return await handle.readFile();
      const buffer = Buffer.alloc(options.maxBytes);
      const { bytesRead } = await handle.read(buffer, 0, options.maxBytes, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  }

  async ensureHostPath(path: string, type: HostPathType): Promise<void> {
    if (type === "") return;
    const [what, kind] = HOST_PATH_TYPES[type]!;
    const found = await stat(path).catch(ignore("ENOENT"));
    if (found) {
      if ((found.mode & constants.S_IFMT) !== kind)
        throw new Error(`hostPath type check failed: ${path} is not ${what}`);
      return;
    }
    if (type === "DirectoryOrCreate") await mkdir(path, { recursive: true, mode: DIRECTORY_MODE });
    else if (type === "FileOrCreate") await writeFile(path, "", { flag: "a", mode: FILE_MODE });
    else throw new Error(`hostPath type check failed: ${path} is not ${what}`);
  }

  async applyFsGroup(
    path: string,
    gid: number,
    options: { readonly onRootMismatch: boolean; readonly readOnly?: boolean },
  ): Promise<void> {
    if (options.onRootMismatch && (await hasGroup(path, gid))) return;
    await giveToGroup(path, gid, options.readOnly ? GROUP_READ : GROUP_READ_WRITE);
  }

  async removeTree(path: string): Promise<void> {
    const inside = (await mountPoints()).filter((mount) => mount === path || mount.startsWith(`${path}/`));
    for (const mount of inside.reverse()) await this.#commands.run(["umount", "--lazy", mount]).catch(() => undefined);
    await rm(path, { recursive: true, force: true });
  }

  async list(path: string): Promise<readonly string[]> {
    return (await readdir(path).catch(ignore("ENOENT"))) ?? [];
  }

  async symlink(target: string, path: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    await unlink(path).catch(ignore("ENOENT"));
    await symlink(target, path);
  }
}

const isInside = (root: string, path: string): boolean =>
  path === root || path.startsWith(root === "/" ? "/" : `${root}/`);

/** Makes what is missing of a path below `root`, without ever leaving it through a link; gives the real path. */
async function makeInside(root: string, subPath: string, mode: number): Promise<string> {
  let current = root;
  for (const part of subPath.split("/")) {
    if (part === "" || part === ".") continue;
    const next = join(current, part);
    if (!(await lstat(next).catch(ignore("ENOENT")))) await makeWithMode(next, mode);
    current = await realpath(next);
    if (!isInside(root, current)) throw new Error(`subpath "${subPath}" is outside the volume`);
  }
  return current;
}

async function makeWithMode(path: string, mode: number): Promise<void> {
  await mkdir(path).catch(ignore("EEXIST"));
  await chmod(path, mode);
}

async function hasGroup(path: string, gid: number): Promise<boolean> {
  const { gid: owner, mode } = await stat(path);
  const wanted = GROUP_READ_WRITE | GROUP_SEARCH | SETGID;
  return owner === gid && (mode & wanted) === wanted;
}

async function giveToGroup(path: string, gid: number, bits: number): Promise<void> {
  const found = await lstat(path);
  if (found.isSymbolicLink()) return;
  await chown(path, -1 as number, gid).catch(ignore("EPERM"));
  const extra = found.isDirectory() ? bits | GROUP_SEARCH | SETGID : bits;
  await chmod(path, (found.mode & PERMISSIONS) | extra);
  if (!found.isDirectory()) return;
  for (const name of await readdir(path)) await giveToGroup(join(path, name), gid, bits);
}
