// SPDX-License-Identifier: Apache-2.0

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const concat = (head: number, data: Uint8Array): Uint8Array => {
  const out = new Uint8Array(data.length + 1);
  out[0] = head;
  out.set(data, 1);
  return out;
};

/** Messages of a WebSocket with several streams in it. base64 protocols name channels by their digit and encode the rest. */
export class ChannelCodec {
  readonly #base64: boolean;

  constructor(protocol: string) {
    this.#base64 = protocol.includes("base64");
  }

  encode(channel: number, data: Uint8Array): Uint8Array {
    if (!this.#base64) return concat(channel, data);
    let binary = "";
    for (const byte of data) binary += String.fromCharCode(byte);
    return encoder.encode(String(channel) + btoa(binary));
  }

  decode(message: Uint8Array): { readonly channel: number; readonly data: Uint8Array } {
    if (!this.#base64) return { channel: message[0] ?? 0, data: message.subarray(1) };
    const text = decoder.decode(message);
    return { channel: Number(text[0] ?? 0), data: Uint8Array.from(atob(text.slice(1)), (c) => c.charCodeAt(0)) };
  }
}
