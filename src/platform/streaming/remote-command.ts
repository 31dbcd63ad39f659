// SPDX-License-Identifier: Apache-2.0

import { request as httpRequest } from "node:http";
import type { CommandOutcome, CommandStreams, DuplexStream, SpdyStream } from "../../kubelet/index.ts";
import { socketStream } from "./socket-stream.ts";
import { SpdySession } from "./spdy-session.ts";

/** The versions of the remote command protocol that are spoken over SPDY; v4 tells the exit code. */
const COMMAND_PROTOCOLS = "v4.channel.k8s.io";
const PORT_FORWARD_PROTOCOL = "portforward.k8s.io";

/** Upgrades a request to SPDY, as a runtime's streaming server wants it. */
async function dial(url: string, protocol: string, signal: AbortSignal): Promise<SpdySession> {
  const transport = await new Promise<DuplexStream>((resolve, reject) => {
    const request = httpRequest(url, {
      method: "POST",
      signal,
      headers: { connection: "Upgrade", upgrade: "SPDY/3.1", "x-stream-protocol-version": protocol },
    });
    request.on("upgrade", (_response, socket, head) => resolve(socketStream(socket, head)));
    request.on("response", (response) => {
      response.resume();
      reject(new Error(`The runtime did not upgrade the connection: ${response.statusCode}`));
    });
    request.on("error", reject);
    request.end();
  });
  return new SpdySession(transport, "client");
}

/** Runs the streams of an exec or attach at the URL that the runtime gave. */
export async function runCommandStreams(
  url: string,
  streams: CommandStreams,
  options: { readonly tty: boolean; readonly signal: AbortSignal },
): Promise<CommandOutcome> {
  const { signal, tty } = options;
  const session = await dial(url, COMMAND_PROTOCOLS, signal);
  const onAbort = () => session.close();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const open = (streamtype: string) => session.openStream({ streamtype });
    const error = await open("error");
    await error.closeWrite();
    const stdin = streams.stdin && (await open("stdin"));
    const stdout = streams.stdout && (await open("stdout"));
    const stderr = streams.stderr && !tty ? await open("stderr") : undefined;
    const resize = streams.resize && tty ? await open("resize") : undefined;
    // Input lasts as long as the command does, and nobody waits for it.
    if (stdin && streams.stdin) sendAll(streams.stdin, stdin);
    if (resize && streams.resize) sendAll(resizeMessages(streams.resize), resize);
    const [outcome] = await Promise.all([
      readOutcome(error),
      receiveAll(stdout, streams.stdout),
      receiveAll(stderr, streams.stderr),
    ]);
    return outcome;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
    session.close();
  }
}

/** Forwards one connection to a port at the URL that the runtime gave. */
export async function openPortForward(url: string, port: number, signal: AbortSignal): Promise<DuplexStream> {
  const session = await dial(url, PORT_FORWARD_PROTOCOL, signal);
  const headers = { port: `${port}`, requestid: "0" };
  const error = await session.openStream({ ...headers, streamtype: "error" });
  await error.closeWrite();
  const data = await session.openStream({ ...headers, streamtype: "data" });
  return {
    incoming: forwarded(session, data, error),
    write: (chunk) => data.write(chunk),
    closeWrite: () => data.closeWrite(),
    destroy(reason) {
      data.destroy(reason);
      session.close();
    },
  };
}

/** The data, and then the error if there was one. */
async function* forwarded(session: SpdySession, data: SpdyStream, error: SpdyStream): AsyncGenerator<Uint8Array> {
  const message = collectText(error.incoming);
  try {
    yield* data.incoming;
    const text = await message;
    if (text) throw new Error(text);
  } finally {
    message.catch(() => undefined);
    session.close();
  }
}

function sendAll(source: AsyncIterable<Uint8Array>, stream: SpdyStream): void {
  const send = async () => {
    for await (const chunk of source) await stream.write(chunk);
    await stream.closeWrite();
  };
  // The command may end before its input does; that it ended is told by its outcome.
  send().catch(() => stream.destroy());
}

async function* resizeMessages(
  sizes: AsyncIterable<{ readonly width: number; readonly height: number }>,
): AsyncGenerator<Uint8Array> {
  for await (const { width, height } of sizes)
    yield Buffer.from(`${JSON.stringify({ Width: width, Height: height })}\n`);
}

async function receiveAll(stream: SpdyStream | undefined, sink: CommandStreams["stdout"]): Promise<void> {
  if (!stream || !sink) return;
  await stream.closeWrite();
  for await (const chunk of stream.incoming) await sink.write(chunk);
  await sink.close();
}

async function collectText(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString("utf8");
}

interface CommandStatus {
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] };
}

/** The error stream ends with a Status that tells how the command ended. */
async function readOutcome(error: SpdyStream): Promise<CommandOutcome> {
  const text = await collectText(error.incoming);
  if (text === "") return { type: "exited", exitCode: 0 };
  const status = JSON.parse(text) as CommandStatus;
  if (status.status === "Success") return { type: "exited", exitCode: 0 };
  const cause = status.details?.causes?.find((candidate) => candidate.reason === "ExitCode");
  if (status.reason === "NonZeroExitCode" && cause) return { type: "exited", exitCode: Number(cause.message) };
  return { type: "failed", message: status.message ?? text };
}
