// SPDX-License-Identifier: Apache-2.0

/** How a value is laid out: the low three bits of a protobuf tag. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const TWO_32 = 2 ** 32;
const INITIAL_BYTES = 256;

/** Writes protobuf's basic forms into a growing buffer. */
export class WireWriter {
  #bytes = Buffer.allocUnsafe(INITIAL_BYTES);
  #length = 0;

  tag(field: number, wire: number): void {
    this.varint(field * 8 + wire);
  }

  /** An integer; negative ones take ten bytes, as int32 and int64 do. Exact up to 2^53. */
  varint(value: number): void {
    this.#reserve(10);
    let high = Math.floor(value / TWO_32) >>> 0;
    let low = value >>> 0;
    while (high > 0 || low > 127) {
      this.#bytes[this.#length++] = (low & 127) | 128;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.#bytes[this.#length++] = low;
  }

  string(value: string): void {
    const length = Buffer.byteLength(value);
    this.varint(length);
    this.#reserve(length);
    this.#bytes.write(value, this.#length);
    this.#length += length;
  }

  bytes(value: Uint8Array): void {
    this.varint(value.length);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  double(value: number): void {
    this.#reserve(8);
    this.#bytes.writeDoubleLE(value, this.#length);
    this.#length += 8;
  }

  /** What was written; the writer is not to be used any more. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(length: number): void {
    if (this.#length + length <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + length));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

/** Reads protobuf's basic forms. Input that ends too early throws. */
export class WireReader {
  readonly #bytes: Buffer;
  #position: number;
  readonly #end: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#position = 0;
    this.#end = this.#bytes.length;
  }

  get done(): boolean {
    return this.#position >= this.#end;
  }

  /** A signed 64-bit integer; exact up to 2^53. */
  varint(): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.done) throw new Error("Protobuf message ends inside an integer");
      const byte = this.#bytes[this.#position++] ?? 0;
      const part = byte & 127;
      if (shift < 28) low |= part << shift;
      else if (shift === 28) {
        low |= part << 28;
        high = part >>> 4;
      } else high |= part << (shift - 32);
      if (byte < 128) break;
    }
    return high * TWO_32 + (low >>> 0);
  }

  bytes(): Buffer {
    const length = this.varint();
    const start = this.#position;
    if (length < 0 || start + length > this.#end) throw new Error("Protobuf message ends inside a field");
    this.#position += length;
    return this.#bytes.subarray(start, this.#position);
  }

  string(): string {
    return this.bytes().toString("utf8");
  }

  double(): number {
    if (this.#position + 8 > this.#end) throw new Error("Protobuf message ends inside a field");
    this.#position += 8;
    return this.#bytes.readDoubleLE(this.#position - 8);
  }

  /** Passes over a field that is not known. */
  skip(wire: number): void {
    if (wire === WIRE.varint) this.varint();
    else if (wire === WIRE.bytes) this.bytes();
    else if (wire === WIRE.fixed64) this.#position += 8;
    else if (wire === WIRE.fixed32) this.#position += 4;
    else throw new Error(`Protobuf wire type ${wire} is not known`);
  }
}
