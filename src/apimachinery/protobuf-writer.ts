// SPDX-License-Identifier: Apache-2.0

import { byteLength } from "./names.ts";

const INITIAL_BYTES = 4096;
/** Below this, a loop writes ASCII faster than the encoder is called. */
const SHORT_STRING = 48;
const encoder = new TextEncoder();
const double = new DataView(new ArrayBuffer(8));

/** The wire types of protobuf's tags. */
export const WIRE_VARINT = 0;
export const WIRE_FIXED64 = 1;
export const WIRE_BYTES = 2;
export const WIRE_FIXED32 = 5;

/**
 * Writes protobuf backwards, as gogo does: the length of a nested message is known when its tag is written, and no byte
 * is moved twice.
 */
export class ProtobufWriter {
  private buffer = new Uint8Array(INITIAL_BYTES);
  /** The first byte written. */
  private start = INITIAL_BYTES;

  /** The number of bytes written so far; the mark of a nested message. */
  get length(): number {
    return this.buffer.length - this.start;
  }

  /** What was written; the writer is used up. */
  finish(): Uint8Array {
    return this.buffer.subarray(this.start);
  }

  private reserve(bytes: number): void {
    if (this.start >= bytes) return;
    const used = this.length;
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, used + bytes + INITIAL_BYTES));
    grown.set(this.buffer.subarray(this.start), grown.length - used);
    this.buffer = grown;
    this.start = grown.length - used;
  }

  /** A non-negative safe integer. */
  varint(value: number): void {
    this.reserve(10);
    let size = 1;
    for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
    this.start -= size;
    let position = this.start;
    while (value >= 0x80) {
      this.buffer[position++] = (value % 0x80) | 0x80;
      value = Math.floor(value / 0x80);
    }
    this.buffer[position] = value;
  }

  /** Any 64-bit integer, in two's complement. */
  int64(value: number | bigint): void {
    if (typeof value === "number" && value >= 0) return this.varint(value);
    let rest = BigInt.asUintN(64, BigInt(value));
    this.reserve(10);
    const bytes: number[] = [];
    while (rest >= 0x80n) {
      bytes.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    bytes.push(Number(rest));
    this.start -= bytes.length;
    this.buffer.set(bytes, this.start);
  }

  byte(value: number): void {
    this.reserve(1);
    this.buffer[--this.start] = value;
  }

  double(value: number): void {
    this.reserve(8);
    double.setFloat64(0, value, true);
    this.start -= 8;
    for (let i = 0; i < 8; i++) this.buffer[this.start + i] = double.getUint8(i);
  }

  tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType);
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.start -= bytes.length;
    this.buffer.set(bytes, this.start);
  }

  bytesField(field: number, bytes: Uint8Array): void {
    this.raw(bytes);
    this.varint(bytes.length);
    this.tag(field, WIRE_BYTES);
  }

  stringField(field: number, text: string): void {
    this.varint(this.text(text));
    this.tag(field, WIRE_BYTES);
  }

  /** Writes the text's UTF-8 and answers how many bytes that was. */
  text(text: string): number {
    const { length } = text;
    if (length <= SHORT_STRING) {
      this.reserve(length);
      const end = this.start;
      let i = length - 1;
      for (; i >= 0; i--) {
        const code = text.charCodeAt(i);
        if (code >= 0x80) break;
        this.buffer[--this.start] = code;
      }
      if (i < 0) return length;
      this.start = end;
    }
    const bytes = byteLength(text);
    this.reserve(bytes);
    this.start -= bytes;
    encoder.encodeInto(text, this.buffer.subarray(this.start, this.start + bytes));
    return bytes;
  }

  /** Ends a nested message that began when `mark` bytes were written. */
  messageField(field: number, mark: number): void {
    this.varint(this.length - mark);
    this.tag(field, WIRE_BYTES);
  }
}
