// SPDX-License-Identifier: Apache-2.0

interface Base64Bytes {
  toBase64(): string;
}
interface Base64Constructor {
  fromBase64(text: string): Uint8Array;
}

/** Base64 of bytes; the method is younger than the language's declared library. */
export const bytesToBase64 = (bytes: Uint8Array): string => (bytes as unknown as Base64Bytes).toBase64();

/** The bytes of base64 text, which must be valid. */
export const base64ToBytes = (text: string): Uint8Array =>
  (Uint8Array as unknown as Base64Constructor).fromBase64(text);
