// SPDX-License-Identifier: Apache-2.0

const MARK = Buffer.from('"resourceVersion":"');
const QUOTE = 0x22;

/**
 * The bytes with another resourceVersion: for a deletion by expiry, and for an object that leaves a watcher's selector.
 * Stored objects carry metadata.resourceVersion before anything that a client could name the same, and a quote inside of
 * a string is escaped, so the first match is the right one.
 */
export function spliceRevision(bytes: Uint8Array, revision: number): Uint8Array {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const mark = buffer.indexOf(MARK);
  if (mark < 0) return bytes;
  const start = mark + MARK.length;
  const end = buffer.indexOf(QUOTE, start);
  const text = String(revision);
  const spliced = Buffer.allocUnsafeSlow(bytes.length - (end - start) + text.length);
  buffer.copy(spliced, 0, 0, start);
  spliced.write(text, start, "latin1");
  buffer.copy(spliced, start + text.length, end);
  return spliced;
}

/** The resourceVersion that stored bytes carry. */
export function revisionInBytes(bytes: Uint8Array): number {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const mark = buffer.indexOf(MARK);
  if (mark < 0) return 0;
  const start = mark + MARK.length;
  return Number(buffer.toString("latin1", start, buffer.indexOf(QUOTE, start)));
}
