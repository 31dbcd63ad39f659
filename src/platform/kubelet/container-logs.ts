// SPDX-License-Identifier: Apache-2.0

import { watch } from "node:fs";
import { open, readdir, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { CallOptions, LogFiles, LogOptions } from "../../kubelet/index.ts";
import { ignore } from "../node/files.ts";
import { LogLines } from "./log-line.ts";

const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;
/** How often a followed log is looked at when nothing reports a change. */
const IDLE_CHECK_MS = 1_000;

/** Where the last `lines` lines of a file begin. */
async function tailStart(file: FileHandle, size: number, lines: number): Promise<number> {
  if (lines <= 0) return size;
  const buffer = Buffer.alloc(CHUNK_BYTES);
  let seen = 0;
  let end = size;
  while (end > 0) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const { bytesRead } = await file.read(buffer, 0, end - start, start);
    for (let i = bytesRead - 1; i >= 0; i--) {
      if (buffer[i] !== NEWLINE || start + i === size - 1) continue;
      if (++seen === lines) return start + i + 1;
    }
    end = start;
  }
  return 0;
}

/** Reads a file's lines as far as they are whole. */
class LineReader {
  readonly #buffer = Buffer.alloc(CHUNK_BYTES);
  #rest: Buffer = Buffer.alloc(0);
  #position: number;

  constructor(position: number) {
    this.#position = position;
  }

  /** The lines that were added; empty at the end of the file. */
  async next(file: FileHandle): Promise<Buffer[] | undefined> {
    const { bytesRead } = await file.read(this.#buffer, 0, CHUNK_BYTES, this.#position);
    if (bytesRead === 0) return undefined;
    this.#position += bytesRead;
    const data = Buffer.concat([this.#rest, this.#buffer.subarray(0, bytesRead)]);
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = data.indexOf(NEWLINE, start); end >= 0; end = data.indexOf(NEWLINE, start)) {
      lines.push(data.subarray(start, end));
      start = end + 1;
    }
    this.#rest = data.subarray(start);
    return lines;
  }
}

/** Waits for a change in a directory, at most a moment. */
function changed(directory: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(directory, () => done());
    const timer = setTimeout(() => done(), IDLE_CHECK_MS);
    const done = () => {
      clearTimeout(timer);
      watcher.close();
      signal.removeEventListener("abort", done);
      resolve();
    };
    watcher.on("error", done);
    signal.addEventListener("abort", done, { once: true });
  });
}

async function isReplaced(file: FileHandle, path: string): Promise<boolean> {
  const now = await stat(path).catch(ignore("ENOENT"));
  return now !== undefined && now.ino !== (await file.stat()).ino;
}

/** Joins the pieces of one read, so that a chunk is not sent line by line. */
function convertAll(lines: readonly Buffer[], converter: LogLines): Buffer | undefined {
  const out: Buffer[] = [];
  for (const line of lines) {
    const text = converter.convert(line);
    if (text) out.push(text);
    if (converter.exhausted) break;
  }
  return out.length > 0 ? Buffer.concat(out) : undefined;
}

/** The logs of this node's containers. */
export const containerLogs: LogFiles = {
  async *read(path: string, log: LogOptions, options: CallOptions & { readonly ended?: () => boolean }) {
    const converter = new LogLines(log);
    let file = await open(path, "r");
    try {
      const { size } = await file.stat();
      const start = log.tailLines === undefined ? 0 : await tailStart(file, size, log.tailLines);
      let reader = new LineReader(start);
      while (!converter.exhausted && !options.signal.aborted) {
        const ended = options.ended?.() ?? false;
        const lines = await reader.next(file);
        if (lines) {
          const chunk = convertAll(lines, converter);
          if (chunk) yield chunk;
          continue;
        }
        if (!log.follow) return;
        if (await isReplaced(file, path)) {
          // What was written between the last look and the rotation is still to be read.
          for (let rest = await reader.next(file); rest; rest = await reader.next(file)) {
            const chunk = convertAll(rest, converter);
            if (chunk) yield chunk;
          }
          await file.close();
          file = await open(path, "r");
          reader = new LineReader(0);
        } else if (ended) return;
        else await changed(dirname(path), options.signal);
      }
    } finally {
      await file.close();
    }
  },

  async tail(path, { maxLines, maxBytes }) {
    const file = await open(path, "r").catch(ignore("ENOENT"));
    if (!file) return "";
    try {
      const { size } = await file.stat();
      const reader = new LineReader(await tailStart(file, size, maxLines));
      const converter = new LogLines({ follow: false, timestamps: false });
      const chunks: Buffer[] = [];
      for (let lines = await reader.next(file); lines; lines = await reader.next(file)) {
        const chunk = convertAll(lines, converter);
        if (chunk) chunks.push(chunk);
      }
      const all = Buffer.concat(chunks);
      return all.subarray(Math.max(0, all.length - maxBytes)).toString("utf8");
    } finally {
      await file.close();
    }
  },

  async sizeBytes(path) {
    return (await stat(path).catch(ignore("ENOENT")))?.size ?? 0;
  },

  async rotate(path, { maxFiles, timestamp }) {
    const directory = dirname(path);
    const name = basename(path);
    await rename(path, `${path}.${timestamp.replace(/[-:TZ]/g, "")}`).catch(ignore("ENOENT"));
    const rotated = (await readdir(directory)).filter((n) => n.startsWith(`${name}.`)).sort();
    for (const old of rotated.slice(0, Math.max(0, rotated.length - (maxFiles - 1))))
      await rm(join(directory, old), { force: true });
  },
};
