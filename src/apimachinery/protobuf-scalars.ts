// SPDX-License-Identifier: Apache-2.0

import { base64ToBytes, bytesToBase64 } from "./base64.ts";
import { parseExactJson, settleNumbers } from "./json-parser.ts";
import { encodeJson } from "./object-codec.ts";
import type { ProtobufReader } from "./protobuf-reader.ts";
import { type ProtobufWriter, WIRE_BYTES, WIRE_FIXED64, WIRE_VARINT } from "./protobuf-writer.ts";
import type { ScalarKind } from "./schema.ts";
import { formatMicroTime, formatTime, readMicroTime, readTime } from "./time.ts";

/** How one kind of scalar stands in a field. */
export interface ScalarCodec {
  readonly wireType: number;
  /** Writes tag and value; a value that is absent is written as zero. */
  write(field: number, value: unknown, writer: ProtobufWriter): void;
  read(reader: ProtobufReader): unknown;
}

const utf8 = new TextEncoder();
const utf8Decoder = new TextDecoder();

const stringCodec: ScalarCodec = {
  wireType: WIRE_BYTES,
  write: (field, value, writer) => writer.stringField(field, (value as string | undefined) ?? ""),
  read: (reader) => reader.string(),
};

const booleanCodec: ScalarCodec = {
  wireType: WIRE_VARINT,
  write(field, value, writer) {
    writer.byte(value === true ? 1 : 0);
    writer.tag(field, WIRE_VARINT);
  },
  read: (reader) => reader.boolean(),
};

const writeInt64 = (field: number, value: unknown, writer: ProtobufWriter): void => {
  writer.int64((value as number | bigint | null | undefined) ?? 0);
  writer.tag(field, WIRE_VARINT);
};

const int32Codec: ScalarCodec = { wireType: WIRE_VARINT, write: writeInt64, read: (reader) => reader.int32() };
const int64Codec: ScalarCodec = { wireType: WIRE_VARINT, write: writeInt64, read: (reader) => reader.int64() };

const doubleCodec: ScalarCodec = {
  wireType: WIRE_FIXED64,
  write(field, value, writer) {
    writer.double((value as number | undefined) ?? 0);
    writer.tag(field, WIRE_FIXED64);
  },
  read: (reader) => reader.double(),
};

const bytesCodec: ScalarCodec = {
  wireType: WIRE_BYTES,
  write: (field, value, writer) => writer.bytesField(field, base64ToBytes((value as string | undefined) ?? "")),
  read: (reader) => bytesToBase64(reader.view()),
};

/** Reads a message of which single fields matter; `take` answers whether it took the field. */
function readMessage(reader: ProtobufReader, take: (field: number, message: ProtobufReader) => boolean): void {
  const message = reader.nested();
  while (!message.done) {
    const tag = message.varint();
    if (!take(Math.floor(tag / 8), message)) message.skip(tag % 8);
  }
}

const quantityCodec: ScalarCodec = {
  wireType: WIRE_BYTES,
  write(field, value, writer) {
    const mark = writer.length;
    writer.stringField(1, (value as string | undefined) ?? "0");
    writer.messageField(field, mark);
  },
  read(reader) {
    let text = "";
    readMessage(reader, (field, message) => {
      if (field !== 1) return false;
      text = message.string();
      return true;
    });
    return text;
  },
};

const NANOS_PER_MS = 1e6;

/** Times: seconds and nanoseconds; the zero time is an empty message. */
function timeCodec(read: (text: string) => number, format: (epochMs: number) => string): ScalarCodec {
  return {
    wireType: WIRE_BYTES,
    write(field, value, writer) {
      const mark = writer.length;
      if (typeof value === "string") {
        const epochMs = read(value);
        const seconds = Math.floor(epochMs / 1000);
        const micros = Math.round((epochMs - seconds * 1000) * 1000);
        writeInt64(2, micros * 1000, writer);
        writeInt64(1, seconds, writer);
      }
      writer.messageField(field, mark);
    },
    read(reader) {
      let seconds: number | undefined;
      let nanos = 0;
      readMessage(reader, (field, message) => {
        if (field === 1) seconds = Number(message.int64());
        else if (field === 2) nanos = message.int32();
        else return false;
        return true;
      });
      return seconds === undefined ? null : format(seconds * 1000 + nanos / NANOS_PER_MS);
    },
  };
}

const intOrStringCodec: ScalarCodec = {
  wireType: WIRE_BYTES,
  write(field, value, writer) {
    const mark = writer.length;
    const text = typeof value === "string";
    writer.stringField(3, text ? value : "");
    writeInt64(2, text ? 0 : value, writer);
    writeInt64(1, text ? 1 : 0, writer);
    writer.messageField(field, mark);
  },
  read(reader) {
    let isText = false;
    let number = 0;
    let text = "";
    readMessage(reader, (field, message) => {
      if (field === 1) isText = message.int64() !== 0;
      else if (field === 2) number = message.int32();
      else if (field === 3) text = message.string();
      else return false;
      return true;
    });
    return isText ? text : number;
  },
};

/** Free-form values travel as JSON text in the message's first field. */
const anyCodec: ScalarCodec = {
  wireType: WIRE_BYTES,
  write(field, value, writer) {
    const mark = writer.length;
    if (value !== null && value !== undefined) writer.bytesField(1, utf8.encode(encodeJson(value)));
    writer.messageField(field, mark);
  },
  read(reader) {
    let value: unknown = null;
    readMessage(reader, (field, message) => {
      if (field !== 1) return false;
      const bytes = message.view();
      if (bytes.length) value = settleNumbers(parseExactJson(utf8Decoder.decode(bytes)).value);
      return true;
    });
    return value;
  },
};

/** The codec of each kind of scalar. */
export const SCALAR_CODECS: Readonly<Record<ScalarKind, ScalarCodec>> = {
  string: stringCodec,
  boolean: booleanCodec,
  int32: int32Codec,
  int64: int64Codec,
  number: doubleCodec,
  bytes: bytesCodec,
  quantity: quantityCodec,
  time: timeCodec(readTime, formatTime),
  microTime: timeCodec(readMicroTime, formatMicroTime),
  duration: stringCodec,
  intOrString: intOrStringCodec,
  any: anyCodec,
};
