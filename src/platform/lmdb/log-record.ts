// SPDX-License-Identifier: Apache-2.0

import { crc32 } from "node:zlib";
import type { Change, KeyRecord, StoreEvent } from "../../store/index.ts";

/** What happens to an object's bytes on their way to and from the disk; identity today, encryption later. */
export interface ByteTransform {
  toDisk(bytes: Uint8Array): Uint8Array;
  fromDisk(bytes: Uint8Array): Uint8Array;
}

export const identityTransform: ByteTransform = { toDisk: (bytes) => bytes, fromDisk: (bytes) => bytes };

const RECORD_VERSION = 1;
const TYPE_PUT = 1;
const TYPE_DELETE = 2;

const AT_TYPE = 1;
const AT_CHECKSUM = 2;
const AT_CREATE_REVISION = 6;
const AT_PREVIOUS_REVISION = 14;
const AT_EXPIRES = 22;
const AT_KEY_LENGTH = 30;
const AT_TRACE_LENGTH = 32;
const HEADER_BYTES = 34;

/** Keys of the log: revisions as big-endian doubles, which sort like numbers. */
export function revisionKey(revision: number): Buffer {
  const key = Buffer.allocUnsafe(8);
  key.writeDoubleBE(revision);
  return key;
}

export const revisionOf = (key: Uint8Array): number =>
  new DataView(key.buffer, key.byteOffset, key.byteLength).getFloat64(0);

/** One change as it lies on disk: a header, the key, the trace id, the object's bytes. */
export function encodeRecord(change: Change, transform: ByteTransform): Buffer {
  const { event, record } = change;
  const payload = transform.toDisk(event.bytes);
  const key = Buffer.from(event.key);
  const trace = event.traceId ? Buffer.from(event.traceId) : undefined;
  const traceLength = trace ? trace.length : 0;
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + key.length + traceLength + payload.length);
  buffer[0] = RECORD_VERSION;
  buffer[AT_TYPE] = event.type === "put" ? TYPE_PUT : TYPE_DELETE;
  buffer.writeDoubleBE(event.createRevision, AT_CREATE_REVISION);
  buffer.writeDoubleBE(event.previous ? event.previous.revision : 0, AT_PREVIOUS_REVISION);
  buffer.writeDoubleBE(record ? record.expiresAtMs : 0, AT_EXPIRES);
  buffer.writeUInt16BE(key.length, AT_KEY_LENGTH);
  buffer.writeUInt16BE(traceLength, AT_TRACE_LENGTH);
  buffer.set(key, HEADER_BYTES);
  if (trace) buffer.set(trace, HEADER_BYTES + key.length);
  buffer.set(payload, HEADER_BYTES + key.length + traceLength);
  buffer.writeUInt32BE(crc32(buffer.subarray(AT_CREATE_REVISION), buffer[AT_TYPE]), AT_CHECKSUM);
  return buffer;
}

/** A record read from disk; its bytes are a copy of their own. */
export interface LogRecord {
  readonly revision: number;
  readonly isPut: boolean;
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly createRevision: number;
  readonly previousRevision: number;
  readonly expiresAtMs: number;
  readonly traceId: string | undefined;
}

/** A record that the disk gave back differently from how it was written. */
export class DamagedRecordError extends Error {
  override readonly name = "DamagedRecordError";
  constructor(revision: number) {
    super(
      `The record of revision ${revision} is damaged on disk (its checksum does not match): restore the data folder from a backup`,
    );
  }
}

/** Reads a record; `view` may be volatile, nothing of it is kept. */
export function decodeRecord(revision: number, view: Uint8Array, transform: ByteTransform): LogRecord {
  const buffer = Buffer.from(view.buffer, view.byteOffset, view.byteLength);
  const damaged =
    buffer.length < HEADER_BYTES ||
    buffer[0] !== RECORD_VERSION ||
    crc32(buffer.subarray(AT_CREATE_REVISION), buffer[AT_TYPE]) !== buffer.readUInt32BE(AT_CHECKSUM);
  if (damaged) throw new DamagedRecordError(revision);
  const keyEnd = HEADER_BYTES + buffer.readUInt16BE(AT_KEY_LENGTH);
  const traceEnd = keyEnd + buffer.readUInt16BE(AT_TRACE_LENGTH);
  const payload = Buffer.allocUnsafeSlow(buffer.length - traceEnd);
  buffer.copy(payload, 0, traceEnd);
  return {
    revision,
    isPut: buffer[AT_TYPE] === TYPE_PUT,
    key: buffer.toString("utf8", HEADER_BYTES, keyEnd),
    bytes: transform.fromDisk(payload),
    createRevision: buffer.readDoubleBE(AT_CREATE_REVISION),
    previousRevision: buffer.readDoubleBE(AT_PREVIOUS_REVISION),
    expiresAtMs: buffer.readDoubleBE(AT_EXPIRES),
    traceId: traceEnd > keyEnd ? buffer.toString("utf8", keyEnd, traceEnd) : undefined,
  };
}

export const keyRecordOf = (record: LogRecord): KeyRecord => ({
  key: record.key,
  bytes: record.bytes,
  revision: record.revision,
  createRevision: record.createRevision,
  expiresAtMs: record.expiresAtMs,
});

export const eventOf = (record: LogRecord, previous: LogRecord | undefined): StoreEvent => ({
  type: record.isPut ? "put" : "delete",
  key: record.key,
  revision: record.revision,
  bytes: record.bytes,
  createRevision: record.createRevision,
  previous: previous && { bytes: previous.bytes, revision: previous.revision },
  traceId: record.traceId,
});

/** What compaction needs of a record, read without its bytes. */
export interface RecordLinks {
  readonly isPut: boolean;
  readonly previousRevision: number;
}

export function readLinks(view: Uint8Array): RecordLinks {
  const data = new DataView(view.buffer, view.byteOffset, view.byteLength);
  return { isPut: view[AT_TYPE] === TYPE_PUT, previousRevision: data.getFloat64(AT_PREVIOUS_REVISION) };
}
