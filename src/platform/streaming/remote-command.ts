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

/** Forwards one connection to a port at the URL that the runtime gave. That it failed is told by reading from it. */
export async function openPortForward(url: string, port: number, signal: AbortSignal): Promise<DuplexStream> {
  const session = await dial(url, PORT_FORWARD_PROTOCOL, signal);
  const headers = { port: `${port}`, requestid: "0" };
  const error = await session.openStream({ ...headers, streamtype: "error" });
  await error.closeWrite();
  const data = await session.openStream({ ...headers, streamtype: "data" });
  return new ForwardedConnection(session, data, error);
}

/** Runtimes say for which pod and port forwarding failed; whoever asked knows that. */
const FORWARD_ERROR_PREFIX = /^error forwarding port \d+ to pod \S+, uid\s*\S*: /;

class ForwardedConnection implements DuplexStream {
  readonly #session: SpdySession;
  readonly #data: SpdyStream;
  readonly #message: Promise<string>;
  readonly #open = new Set(["reading", "writing"]);

  constructor(session: SpdySession, data: SpdyStream, error: SpdyStream) {
    this.#session = session;
    this.#data = data;
    this.#message = collectText(error.incoming);
    // It is awaited at the end of the data, which may never be read.
    this.#message.catch(() => undefined);
  }

  get incoming(): AsyncIterable<Uint8Array> {
    return this.#read();
  }

  write(chunk: Uint8Array): Promise<void> {
    return this.#data.write(chunk);
  }

  async closeWrite(): Promise<void> {
    await this.#data.closeWrite();
    this.#ended("writing");
  }

  destroy(reason?: Error): void {
    this.#data.destroy(reason);
    this.#session.close();
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    yield* this.#data.incoming;
    // The runtime ends its error stream with the connection, with or without having written.
    const text = await this.#message;
    if (text) {
      this.#session.close();
      throw new Error(text.replace(FORWARD_ERROR_PREFIX, "").trim());
    }
    this.#ended("reading");
  }

  #ended(direction: string): void {
    this.#open.delete(direction);
    if (this.#open.size === 0) this.#session.close();
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
