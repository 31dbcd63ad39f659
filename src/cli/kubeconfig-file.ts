// SPDX-License-Identifier: Apache-2.0

import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { formatYaml, parseYaml } from "../apimachinery/index.ts";
import {
  emptyKubeconfig,
  hasEntry,
  isEmptyKubeconfig,
  type Kubeconfig,
  type KubeconfigEntry,
  withEntry,
  withoutEntry,
} from "../cluster/index.ts";
import { startTimeOf, type KubeconfigRecord } from "./cluster-folder.ts";
import { Failure } from "./failure.ts";

const LOCK_TRIES = 100;
const LOCK_WAIT_MS = 100;
/** What a lock of Knarr's says: who holds it. That of kubectl is empty. */
const LOCK_OWNER = /^knarr (\d+) (\d*)$/;

/** The file that kubectl would change: the first of $KUBECONFIG that exists, else its last, else ~/.kube/config. */
export function defaultKubeconfigPath(): string {
  const listed = (process.env["KUBECONFIG"] ?? "").split(":").filter(Boolean);
  if (listed.length > 0) return resolve(listed.find((path) => existsSync(path)) ?? listed.at(-1)!);
  return join(homedir(), ".kube", "config");
}

const readText = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, "utf8") : undefined);

function parse(path: string, text: string | undefined): Kubeconfig {
  if (text === undefined || text.trim() === "") return emptyKubeconfig();
  try {
    const value = parseYaml(text).value as Kubeconfig | null;
    return { ...emptyKubeconfig(), ...value };
  } catch (error) {
    throw new Failure(`${path} is not a kubeconfig that can be read; mend it, or give another file by --kubeconfig.`, {
      cause: error,
    });
  }
}

/** Where a new text is put before it takes the file's place; whoever holds the lock owns it. */
const freshPath = (path: string): string => `${path}.knarr`;

function write(path: string, text: string): void {
  const fresh = freshPath(path);
  writeFileSync(fresh, text, { mode: 0o600 });
  renameSync(fresh, path);
}

/** Takes the lock; a Knarr that was killed while it held the lock holds it no more. */
function takeLock(lock: string): void {
  const owner = existsSync(lock) ? LOCK_OWNER.exec(readFileSync(lock, "utf8")) : null;
  if (owner && startTimeOf(Number(owner[1])) !== owner[2]) rmSync(lock, { force: true });
  const file = openSync(lock, "wx", 0o600);
  writeFileSync(file, `knarr ${process.pid} ${startTimeOf(process.pid)}`);
  closeSync(file);
}

/** Runs while holding the lock that kubectl takes too: FILE.lock. */
async function locked<T>(path: string, action: () => T): Promise<T> {
  const lock = `${path}.lock`;
  for (let tries = 0; ; tries++) {
    try {
      takeLock(lock);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      if (tries === LOCK_TRIES)
        throw new Failure(`${lock} is held by somebody; if no kubectl runs, remove it and try again.`, {
          cause: error,
        });
      await sleep(LOCK_WAIT_MS);
    }
  }
  try {
    return action();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** What a file was like before the cluster came, so that it can be like that again. */
function recordOf(
  path: string,
  options: { text: string | undefined; after: string; name: string; earlier: KubeconfigRecord | undefined },
): KubeconfigRecord {
  const { text, after, name, earlier } = options;
  const known = earlier?.path === path ? earlier : undefined;
  // A second up of the same cluster finds its own entry: what was before that counts.
  if (known && known.after === text) return { ...known, after };
  const config = parse(path, text);
  const current = config["current-context"];
  const previousContext = current === name ? known?.previousContext : current;
  const isFirst = !hasEntry(config, name);
  return {
    path,
    after,
    madeFolder: known?.madeFolder ?? false,
    ...(text !== undefined && isFirst ? { before: text } : {}),
    ...(previousContext ? { previousContext } : {}),
  };
}

/**
 * Adds the entry to a kubeconfig file and makes it current. How to take it out again is told to `remember` before
 * anything is changed.
 */
export async function addToKubeconfig(
  path: string,
  entry: KubeconfigEntry,
  options: { readonly earlier: KubeconfigRecord | undefined; remember(record: KubeconfigRecord): void },
): Promise<void> {
  const folder = dirname(path);
  let { earlier } = options;
  if (!existsSync(folder)) {
    earlier = { path, after: "", madeFolder: true };
    options.remember(earlier);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
  await locked(path, () => {
    const text = readText(path);
    const after = formatYaml(withEntry(parse(path, text), entry));
    options.remember(recordOf(path, { text, after, name: entry.name, earlier }));
    write(path, after);
  });
}

/** Takes the entry out again: the file as it was, if nobody else changed it, else without the entry. */
export async function removeFromKubeconfig(name: string, record: KubeconfigRecord): Promise<void> {
  const { path, madeFolder } = record;
  const folder = dirname(path);
  if (!existsSync(folder)) return;
  await locked(path, () => {
    rmSync(freshPath(path), { force: true });
    if (existsSync(path)) takeOut(name, record);
  });
  if (!madeFolder || existsSync(path)) return;
  try {
    rmdirSync(folder);
  } catch {
    // Others use the folder by now.
  }
}

function takeOut(name: string, { path, before, after, previousContext }: KubeconfigRecord): void {
  const text = readFileSync(path, "utf8");
  const config = parse(path, text);
  if (!hasEntry(config, name)) return;
  const rest = withoutEntry(config, name, previousContext);
  if (text === after && before !== undefined) write(path, before);
  else if (before === undefined && isEmptyKubeconfig(rest)) rmSync(path);
  else write(path, formatYaml(rest));
}
