// SPDX-License-Identifier: Apache-2.0

import { constants, createInflate, type Inflate } from "node:zlib";

/** Header names are lower case; several values of one name are joined as HTTP joins them. */
export type SpdyHeaders = Readonly<Record<string, string>>;

/** SPDY/3.1 presets its compressor with these words, each after its length, and a tail of common values. */
const DICTIONARY_WORDS =
  "options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow " +
  "authorization cache-control connection content-base content-encoding content-language content-length " +
  "content-location content-md5 content-range content-type date etag expect expires from host if-match " +
  "if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma " +
  "proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade " +
  "user-agent vary via warning www-authenticate method get status 200_OK version HTTP/1.1 url public set-cookie " +
  "keep-alive origin";
const DICTIONARY_TAIL =
  "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative " +
  "Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 " +
  "Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec " +
  "00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml," +
  "application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8" +
  "charset=iso-8859-1,utf-,*,enq=0.";

function lengthPrefixed(text: string): Buffer {
  const bytes = Buffer.from(text, "utf8");
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

const dictionary = Buffer.concat([
  ...DICTIONARY_WORDS.split(" ").map((word) => lengthPrefixed(word.replace("_", " "))),
  Buffer.from(DICTIONARY_TAIL),
]);

/** The start of a zlib stream that uses no dictionary; blocks that are only stored follow. */
const ZLIB_START = Buffer.from([0x78, 0x01]);
const STORED_BLOCK_HEADER_BYTES = 5;
const MAX_STORED_BLOCK_BYTES = 0xffff;

/**
 * Writes header blocks. They are short and few, so they are stored in the zlib stream without being compressed:
 * that is a valid stream, and it needs no state but whether it has begun.
 */
export class HeaderWriter {
  #begun = false;

  encode(headers: SpdyHeaders): Buffer {
    const entries = Object.entries(headers);
    const count = Buffer.allocUnsafe(4);
    count.writeUInt32BE(entries.length);
    const pairs = entries.flatMap(([name, value]) => [lengthPrefixed(name.toLowerCase()), lengthPrefixed(value)]);
    const block = Buffer.concat([count, ...pairs]);
    const parts: Buffer[] = this.#begun ? [] : [ZLIB_START];
    this.#begun = true;
    for (let at = 0; at < block.length; at += MAX_STORED_BLOCK_BYTES) {
      parts.push(...storedBlock(block.subarray(at, at + MAX_STORED_BLOCK_BYTES)));
    }
    // Readers hand out what they have when they meet an empty block.
    parts.push(...storedBlock(Buffer.alloc(0)));
    return Buffer.concat(parts);
  }
}

function storedBlock(bytes: Buffer): Buffer[] {
  const header = Buffer.alloc(STORED_BLOCK_HEADER_BYTES);
  header.writeUInt16LE(bytes.length, 1);
  header.writeUInt16LE(~bytes.length & 0xffff, 3);
  return [header, bytes];
}

/** More than any header block here inflates to. */
const MAX_HEADER_BYTES = 1 << 20;

/** Reads header blocks, in the order in which they came: they share one zlib stream. */
export class HeaderReader {
  readonly #inflate: Inflate = createInflate({ dictionary, flush: constants.Z_SYNC_FLUSH });
  #chunks: Buffer[] = [];
  #bytes = 0;
  #failure: Error | undefined;

  constructor() {
    this.#inflate.on("error", (error) => (this.#failure = error));
    this.#inflate.on("data", (chunk: Buffer) => {
      this.#bytes += chunk.length;
      if (this.#bytes <= MAX_HEADER_BYTES) this.#chunks.push(chunk);
    });
  }

  async decode(block: Uint8Array): Promise<SpdyHeaders> {
    const inflated = await this.#inflateBlock(block);
    const headers: Record<string, string> = {};
    let at = 4;
    const read = () => {
      const start = at + 4;
      at = start + inflated.readUInt32BE(at);
      if (at > inflated.length) throw new Error("SPDY header block is cut off");
      return inflated.toString("utf8", start, at);
    };
    for (let count = inflated.readUInt32BE(0); count > 0; count--) {
      const name = read();
      headers[name] = read().replaceAll("\0", ", ");
    }
    return headers;
  }

  close(): void {
    this.#inflate.close();
  }

  async #inflateBlock(block: Uint8Array): Promise<Buffer> {
    this.#chunks = [];
    this.#bytes = 0;
    await new Promise<void>((resolve, reject) => {
      const onError = (error: Error) => reject(error);
      this.#inflate.once("error", onError);
      this.#inflate.write(block, () => {
        this.#inflate.off("error", onError);
        // The stream hands its output over after this callback.
        setImmediate(resolve);
      });
    });
    if (this.#failure) throw this.#failure;
    if (this.#bytes > MAX_HEADER_BYTES) throw new Error("SPDY header block is too long");
    return Buffer.concat(this.#chunks);
  }
}
