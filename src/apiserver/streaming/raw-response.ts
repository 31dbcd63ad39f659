// SPDX-License-Identifier: Apache-2.0

import { type ApiResponse, ownedChunks } from "../../client/transport.ts";
import type { ByteConnection } from "./backend-transport.ts";

const encoder = new TextEncoder();

const REASONS: Readonly<Record<number, string>> = {
  101: "Switching Protocols",
  200: "OK",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  409: "Conflict",
  410: "Gone",
  413: "Request Entity Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Entity",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** Header names as people write them: `sec-websocket-accept` → `Sec-WebSocket-Accept` need not be, but capitals help. */
const headerName = (name: string): string => name.replaceAll(/(^|-)([a-z])/g, (text) => text.toUpperCase());

/** The head of an HTTP/1.1 answer. */
export function responseHead(status: number, headers: ApiResponse["headers"]): Uint8Array {
  const lines = [`HTTP/1.1 ${status} ${REASONS[status] ?? "Status"}`];
  for (const name in headers) {
    const value = headers[name]!;
    for (const line of typeof value === "string" ? [value] : value) lines.push(`${headerName(name)}: ${line}`);
  }
  return encoder.encode(`${lines.join("\r\n")}\r\n\r\n`);
}

const drained = (connection: ByteConnection): Promise<void> =>
  new Promise((resolve) => {
    connection.onDrain(resolve);
    connection.onClose(resolve);
  });

/** Writes an ordinary answer to a connection that asked for an upgrade, and closes it: its end is the body's end. */
export async function writeRawResponse(connection: ByteConnection, response: ApiResponse): Promise<void> {
  const { "content-length": _length, "transfer-encoding": _encoding, ...headers } = response.headers;
  connection.write(responseHead(response.status, { ...headers, connection: "close" }));
  const { body } = response;
  if (body.type === "bytes") connection.write(body.bytes);
  if (body.type === "chunks") {
    for await (const chunk of ownedChunks(body)) if (!connection.write(chunk)) await drained(connection);
  }
  if (body.type === "stream") {
    body.start({
      write: (chunk) => connection.write(chunk),
      bufferedBytes: 0,
      onDrain: (callback) => connection.onDrain(callback),
      onClose: (callback) => connection.onClose(callback),
      end: () => connection.end(),
    });
    return;
  }
  connection.end();
}
