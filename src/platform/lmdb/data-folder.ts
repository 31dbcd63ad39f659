// SPDX-License-Identifier: Apache-2.0

import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

/** Grows when what lies in the folder changes in a way that an older Knarr would misread. */
const FORMAT_VERSION = 1;
const FORMAT_FILE = "format.json";
const OWNER_FILE = "owner.json";
const DATABASE_FILE = "data.mdb";

interface Format {
  readonly format: "knarr-store";
  readonly version: number;
}

function writeDurably(folder: string, name: string, content: string): void {
  const temporary = join(folder, `${name}.new`);
  const file = openSync(temporary, "w", 0o600);
  writeSync(file, content);
  fsyncSync(file);
  closeSync(file);
  renameSync(temporary, join(folder, name));
  const directory = openSync(folder, "r");
  fsyncSync(directory);
  closeSync(directory);
}

function readFormat(folder: string): Partial<Format> | undefined {
  let content: string;
  try {
    content = readFileSync(join(folder, FORMAT_FILE), "utf8");
  } catch {
    return undefined;
  }
  try {
    return JSON.parse(content) as Partial<Format>;
  } catch {
    return {};
  }
}

/** LMDB's magic number in the first page of its file. It ends the process on a file without it, so that is told before. */
const MAGIC = 0xbeefc0de;
const MAGIC_OFFSET = 24;

function checkDatabase(folder: string): void {
  const path = join(folder, DATABASE_FILE);
  if (!existsSync(path)) return;
  const head = new DataView(new ArrayBuffer(MAGIC_OFFSET + 4));
  const file = openSync(path, "r");
  const read = readSync(file, head, 0, head.byteLength, 0);
  closeSync(file);
  if (read === 0 || head.getUint32(MAGIC_OFFSET, true) === MAGIC) return;
  throw new Error(
    `The database in the data folder ${folder} is damaged: restore the folder from a backup, or give another one`,
  );
}

function checkFormat(folder: string): void {
  const found = readFormat(folder);
  if (!found) {
    if (existsSync(join(folder, DATABASE_FILE))) {
      throw new Error(
        `The data folder ${folder} has a database but no ${FORMAT_FILE}: it was not written by Knarr, or is damaged; give another folder`,
      );
    }
    writeDurably(
      folder,
      FORMAT_FILE,
      `${JSON.stringify({ format: "knarr-store", version: FORMAT_VERSION } satisfies Format)}\n`,
    );
    return;
  }
  if (found.format !== "knarr-store" || typeof found.version !== "number") {
    throw new Error(
      `The file ${FORMAT_FILE} in the data folder ${folder} cannot be understood: restore the folder from a backup, or give another one`,
    );
  }
  if (found.version !== FORMAT_VERSION) {
    throw new Error(
      `The data folder ${folder} is of format ${found.version}, this Knarr reads format ${FORMAT_VERSION}: start the version of Knarr that wrote it, or give another folder`,
    );
  }
}

const ZOMBIE = "Z";

/** When the process was started, in the machine's own units: tells a pid that was used again, or is a dead one's. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === ZOMBIE ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
};

/** Folders that stores of this process hold. */
const heldHere = new Set<string>();

function claim(folder: string): void {
  const held = `The data folder ${folder} is in use by`;
  if (heldHere.has(folder)) throw new Error(`${held} this process`);
  try {
    const { pid, started } = JSON.parse(readFileSync(join(folder, OWNER_FILE), "utf8")) as {
      pid: number;
      started?: string;
    };
    if (pid !== process.pid && isAlive(pid) && startTimeOf(pid) === started) {
      throw new Error(`${held} process ${pid}: stop that one first, or give another folder`);
    }
  } catch (error) {
    if (error instanceof Error && error.message.startsWith(held)) throw error;
  }
  writeDurably(folder, OWNER_FILE, JSON.stringify({ pid: process.pid, started: startTimeOf(process.pid) }));
  heldHere.add(folder);
}

/** Makes or checks a data folder and holds it for this process; returns the function that lets it go. */
export function holdDataFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  checkFormat(folder);
  checkDatabase(folder);
  claim(folder);
  return () => {
    if (!heldHere.delete(folder)) return;
    try {
      unlinkSync(join(folder, OWNER_FILE));
    } catch {
      // Somebody removed the folder while we held it; there is nothing to let go.
    }
  };
}
