// SPDX-License-Identifier: Apache-2.0

import { WIRE_BYTES, WIRE_FIXED32, WIRE_FIXED64, WIRE_VARINT } from "./protobuf-writer.ts";

/** Bytes that are no such message; the message is that of gogo's decoder. */
export class ProtobufError extends Error {
  override readonly name = "ProtobufError";
}

const UNEXPECTED_EOF = "unexpected EOF";
const OVERFLOW = "proto: integer overflow";
const NEGATIVE_LENGTH = "proto: negative length found during unmarshaling";
const decoder = new TextDecoder();
const TWO_32 = 2 ** 32;

/** Reads protobuf field by field; every length is checked against what is there. */
export class ProtobufReader {
  position: number;
  readonly end: number;
  private readonly bytes: Uint8Array;
  /** Set by varint(): bits 32 to 63. */
  private high = 0;

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  get done(): boolean {
    return this.position >= this.end;
  }

  /** The low 32 bits of a varint, unsigned; the high ones are kept. */
  private varintBits(): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; ; shift += 7) {
      if (shift >= 64) throw new ProtobufError(OVERFLOW);
      if (this.position >= this.end) throw new ProtobufError(UNEXPECTED_EOF);
      const byte = this.bytes[this.position++]!;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high |= bits >> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) break;
    }
    this.high = high;
    return low >>> 0;
  }

  /** A varint that is no more than 2^53; larger ones are an overflow. */
  varint(): number {
    const low = this.varintBits();
    const high = this.high >>> 0;
    if (high >= 0x200000) throw new ProtobufError(OVERFLOW);
    return high * TWO_32 + low;
  }

  int32(): number {
    return this.varintBits() | 0;
  }

  /** A bigint only where a double would round. */
  int64(): number | bigint {
    const low = this.varintBits();
    const high = this.high | 0;
    const number = high * TWO_32 + low;
    return Number.isSafeInteger(number) ? number : BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low));
  }

  boolean(): boolean {
    const low = this.varintBits();
    return low !== 0 || this.high !== 0;
  }

  double(): number {
    if (this.position + 8 > this.end) throw new ProtobufError(UNEXPECTED_EOF);
    const value = new DataView(this.bytes.buffer, this.bytes.byteOffset + this.position, 8).getFloat64(0, true);
    this.position += 8;
    return value;
  }

  /** The end of a length-delimited value; the position is its start. */
  delimited(): number {
    const low = this.varintBits();
    if (this.high !== 0 || low > 0x7fffffff) throw new ProtobufError(this.high < 0 ? NEGATIVE_LENGTH : UNEXPECTED_EOF);
    const end = this.position + low;
    if (end > this.end) throw new ProtobufError(UNEXPECTED_EOF);
    return end;
  }

  string(): string {
    const end = this.delimited();
    const { bytes, position } = this;
    this.position = end;
    if (end - position > 48) return decoder.decode(bytes.subarray(position, end));
    let text = "";
    for (let i = position; i < end; i++) {
      const code = bytes[i]!;
      if (code >= 0x80) return decoder.decode(bytes.subarray(position, end));
      text += String.fromCharCode(code);
    }
    return text;
  }

  /** A view of a bytes value. */
  view(): Uint8Array {
    const end = this.delimited();
    const view = this.bytes.subarray(this.position, end);
    this.position = end;
    return view;
  }

  /** A reader of a nested message, which is skipped here. */
  nested(): ProtobufReader {
    const end = this.delimited();
    const reader = new ProtobufReader(this.bytes, this.position, end);
    this.position = end;
    return reader;
  }

  /** Skips a value of a field that is not known. */
  skip(wireType: number): void {
    switch (wireType) {
      case WIRE_VARINT:
        this.varintBits();
        return;
      case WIRE_FIXED64:
        this.advance(8);
        return;
      case WIRE_BYTES:
        this.position = this.delimited();
        return;
      case WIRE_FIXED32:
        this.advance(4);
        return;
      default:
        throw new ProtobufError(`proto: illegal wireType ${wireType}`);
    }
  }

  private advance(bytes: number): void {
    this.position += bytes;
    if (this.position > this.end) throw new ProtobufError(UNEXPECTED_EOF);
  }
}
