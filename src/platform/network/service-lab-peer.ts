// SPDX-License-Identifier: Apache-2.0

/**
 * A program for tests of the Service rules, run inside network namespaces.
 * `serve NAME PROTOCOL PORT`: answers every connection or datagram with its name and the client's address.
 * `call PROTOCOL HOST PORT COUNT [LOCAL]`: connects so often and prints what it got, one JSON text a line.
 */

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createConnection, createServer } from "node:net";

const TIMEOUT_MS = 700;

async function serve(name: string, protocol: string, port: number): Promise<void> {
  const answer = (address: string | undefined) => JSON.stringify({ name, source: address?.replace("::ffff:", "") });
  if (protocol === "udp") {
    const socket = createSocket("udp4");
    socket.on("message", (_, from) => socket.send(answer(from.address), from.port, from.address));
    socket.bind(port);
    await once(socket, "listening");
  } else {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.end(answer(socket.remoteAddress));
    });
    server.listen(port, "0.0.0.0");
    await once(server, "listening");
  }
  console.log("ready");
}

/** The server's answer, or why there was none: `ECONNREFUSED`, `timeout`. */
function callTcp(host: string, port: number, localAddress: string | undefined): Promise<string> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port, localAddress });
    let text = "";
    socket.setTimeout(TIMEOUT_MS, () => {
      resolve(JSON.stringify({ error: "timeout" }));
      socket.destroy();
    });
    socket.on("data", (chunk) => (text += chunk.toString()));
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(JSON.stringify({ error: error.code })));
    socket.on("end", () => resolve(text));
  });
}

async function callUdp(socket: ReturnType<typeof createSocket>, host: string, port: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(() => resolve(JSON.stringify({ error: "timeout" })), TIMEOUT_MS);
  socket.once("message", (message) => resolve(message.toString()));
  socket.once("error", (error: NodeJS.ErrnoException) => resolve(JSON.stringify({ error: error.code })));
  socket.send("hello", port, host);
  const answer = await promise;
  clearTimeout(timer);
  socket.removeAllListeners("message").removeAllListeners("error");
  return answer;
}

async function call(protocol: string, host: string, port: number, count: number, local?: string): Promise<void> {
  const socket = createSocket("udp4");
  if (protocol === "udp") {
    socket.bind(local ? Number(local) : 0);
    await once(socket, "listening");
  }
  for (let i = 0; i < count; i++) {
    console.log(protocol === "udp" ? await callUdp(socket, host, port) : await callTcp(host, port, local));
  }
  socket.close();
}

const [mode = "", ...args] = process.argv.slice(2);
if (mode === "serve") await serve(args[0] ?? "", args[1] ?? "", Number(args[2]));
else await call(args[0] ?? "", args[1] ?? "", Number(args[2]), Number(args[3]), args[4]);
