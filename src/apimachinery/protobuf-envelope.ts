// SPDX-License-Identifier: Apache-2.0

import type { KubeObject } from "./object.ts";
import { decodeProtobufMessage, encodeProtobufMessage } from "./protobuf-codec.ts";
import { ProtobufError, ProtobufReader } from "./protobuf-reader.ts";
import { ProtobufWriter, WIRE_BYTES } from "./protobuf-writer.ts";
import type { SchemaRegistry } from "./schema.ts";

/** `k8s` and a zero byte: what every object in protobuf begins with. */
const MAGIC = Uint8Array.of(0x6b, 0x38, 0x73, 0);

/** What the envelope says of the object in it (runtime.Unknown). */
export interface ProtobufEnvelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Uint8Array;
  readonly contentType: string;
}

/** Wraps a message: the bytes of an object as clients see them. */
export function encodeProtobufEnvelope(envelope: {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Uint8Array;
}): Uint8Array {
  const writer = new ProtobufWriter();
  writer.stringField(4, "");
  writer.stringField(3, "");
  writer.bytesField(2, envelope.raw);
  const mark = writer.length;
  writer.stringField(2, envelope.kind);
  writer.stringField(1, envelope.apiVersion);
  writer.messageField(1, mark);
  writer.raw(MAGIC);
  return writer.finish();
}

function readTypeMeta(reader: ProtobufReader): { apiVersion: string; kind: string } {
  const found = { apiVersion: "", kind: "" };
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === 8 + WIRE_BYTES) found.apiVersion = reader.string();
    else if (tag === 16 + WIRE_BYTES) found.kind = reader.string();
    else reader.skip(tag % 8);
  }
  return found;
}

/** Whether bytes begin as an object in protobuf does. */
export const isProtobuf = (bytes: Uint8Array): boolean => MAGIC.every((byte, i) => bytes[i] === byte);

/** Opens an envelope; throws ProtobufError with upstream's message. */
export function decodeProtobufEnvelope(bytes: Uint8Array): ProtobufEnvelope {
  if (bytes.length === 0) throw new ProtobufError("empty data");
  if (!isProtobuf(bytes))
    throw new ProtobufError(
      `provided data does not appear to be a protobuf message, expected prefix [${MAGIC.join(" ")}]`,
    );
  const reader = new ProtobufReader(bytes, MAGIC.length);
  let typeMeta = { apiVersion: "", kind: "" };
  let raw: Uint8Array = new Uint8Array(0);
  let contentType = "";
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === 8 + WIRE_BYTES) typeMeta = readTypeMeta(reader.nested());
    else if (tag === 16 + WIRE_BYTES) raw = reader.view();
    else if (tag === 32 + WIRE_BYTES) contentType = reader.string();
    else reader.skip(tag % 8);
  }
  return { ...typeMeta, raw, contentType };
}

/**
 * An object as `application/vnd.kubernetes.protobuf`. It must be in canonical form; kind and apiVersion go into the
 * envelope.
 */
export function encodeProtobuf(registry: SchemaRegistry, typeName: string, object: KubeObject): Uint8Array {
  const raw = encodeProtobufMessage(registry, typeName, object);
  return encodeProtobufEnvelope({ apiVersion: object.apiVersion ?? "", kind: object.kind ?? "", raw });
}

/** The object in an envelope, in canonical form with kind and apiVersion; throws ProtobufError or DecodeError. */
export function decodeProtobuf(registry: SchemaRegistry, typeName: string, envelope: ProtobufEnvelope): KubeObject {
  const { kind, apiVersion } = envelope;
  const object = decodeProtobufMessage(registry, typeName, envelope.raw);
  return { ...(kind ? { kind } : {}), ...(apiVersion ? { apiVersion } : {}), ...object };
}

const FRAME_HEADER_BYTES = 4;

/** One event of a watch in protobuf: four bytes of length, then a WatchEvent around the object's whole encoding. */
export function encodeProtobufWatchEvent(type: string, object: Uint8Array): Uint8Array {
  const writer = new ProtobufWriter();
  const mark = writer.length;
  writer.bytesField(1, object);
  writer.messageField(2, mark);
  writer.stringField(1, type);
  const length = writer.length;
  const header = new Uint8Array(FRAME_HEADER_BYTES);
  new DataView(header.buffer).setUint32(0, length);
  writer.raw(header);
  return writer.finish();
}

/** The event of a frame without its length. */
export function decodeProtobufWatchEvent(bytes: Uint8Array): { type: string; object: Uint8Array } {
  const reader = new ProtobufReader(bytes);
  let type = "";
  let object: Uint8Array = new Uint8Array(0);
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === 8 + WIRE_BYTES) type = reader.string();
    else if (tag === 16 + WIRE_BYTES) {
      const extension = reader.nested();
      while (!extension.done) {
        const inner = extension.varint();
        if (inner === 8 + WIRE_BYTES) object = extension.view();
        else extension.skip(inner % 8);
      }
    } else reader.skip(tag % 8);
  }
  return { type, object };
}
