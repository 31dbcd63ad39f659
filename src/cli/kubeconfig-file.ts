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
  isEmptyKubeconfig,
  type Kubeconfig,
  type KubeconfigEntry,
  withEntry,
  withoutEntry,
} from "../cluster/index.ts";
import type { KubeconfigRecord } from "./cluster-folder.ts";
import { Failure } from "./failure.ts";

const LOCK_TRIES = 100;
const LOCK_WAIT_MS = 100;

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

function write(path: string, text: string): void {
  const fresh = `${path}.knarr-${process.pid}`;
  writeFileSync(fresh, text, { mode: 0o600 });
  renameSync(fresh, path);
}

/** Runs while holding the lock that kubectl takes too: FILE.lock. */
async function locked<T>(path: string, action: () => T): Promise<T> {
  const lock = `${path}.lock`;
  for (let tries = 0; ; tries++) {
    try {
      closeSync(openSync(lock, "wx", 0o600));
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

/** Adds the entry to a kubeconfig file and makes it current; tells how to take it out again. */
export async function addToKubeconfig(
  path: string,
  entry: KubeconfigEntry,
  earlier: KubeconfigRecord | undefined,
): Promise<KubeconfigRecord> {
  const folder = dirname(path);
  const madeFolder = !existsSync(folder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return locked(path, () => {
    const text = readText(path);
    const config = parse(path, text);
    const after = formatYaml(withEntry(config, entry));
    write(path, after);
    // A second up of the same cluster finds its own entry: what was before that counts.
    if (earlier?.path === path && earlier.after === text) return { ...earlier, after };
    const previousContext = config["current-context"];
    return {
      path,
      after,
      madeFolder,
      ...(text === undefined ? {} : { before: text }),
      ...(previousContext && previousContext !== entry.name ? { previousContext } : {}),
    };
  });
}

/** Takes the entry out again: the file as it was, if nobody else changed it, else without the entry. */
export async function removeFromKubeconfig(name: string, record: KubeconfigRecord): Promise<void> {
  const { path, before, after, previousContext, madeFolder } = record;
  if (!existsSync(path)) return;
  await locked(path, () => {
    const text = readFileSync(path, "utf8");
    const rest = withoutEntry(parse(path, text), name, previousContext);
    if (text === after && before !== undefined) write(path, before);
    else if (before === undefined && isEmptyKubeconfig(rest)) rmSync(path);
    else write(path, formatYaml(rest));
  });
  if (!madeFolder || existsSync(path)) return;
  try {
    rmdirSync(dirname(path));
  } catch {
    // Others use the folder by now.
  }
}
