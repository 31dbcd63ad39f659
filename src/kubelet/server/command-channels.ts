// SPDX-License-Identifier: Apache-2.0

import { BoundedQueue } from "../../base/index.ts";
import { ByteQueue } from "./byte-queue.ts";
import { ChannelCodec } from "./channel-codec.ts";
import type {
  ByteWriter,
  CommandOutcome,
  CommandStreams,
  SpdyConnection,
  SpdyStream,
  TerminalSize,
  WebSocketConnection,
} from "../ports.ts";

/** Which streams a client wants. */
export interface WantedStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** A client's end of a command: its streams, and how it learns how the command ended. */
export interface CommandClient {
  readonly streams: CommandStreams;
  finish(outcome: CommandOutcome, command: readonly string[]): Promise<void>;
}

/** Subprotocols of WebSockets, best first. v5 tells which stream is closed. */
export const COMMAND_PROTOCOLS = [
  "v5.channel.k8s.io",
  "v4.channel.k8s.io",
  "v4.base64.channel.k8s.io",
  "channel.k8s.io",
  "base64.channel.k8s.io",
] as const;
/** Versions spoken over SPDY, best first. */
export const SPDY_COMMAND_PROTOCOLS = [
  "v4.channel.k8s.io",
  "v3.channel.k8s.io",
  "v2.channel.k8s.io",
  "channel.k8s.io",
] as const;

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
const RESIZE = 4;
const CLOSE = 255;
/** Sizes that the command has not taken notice of; the next ones are dropped. */
const SIZES_MAX = 64;
const NORMAL_CLOSURE = 1000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** How a command ended, as protocols from v4 on tell it. */
export function outcomeStatus(
  outcome: CommandOutcome,
  command: readonly string[],
): { readonly message?: string; readonly [field: string]: unknown } {
  if (outcome.type === "failed") {
    const message = `Internal error occurred: ${outcome.message}`;
    const details = { causes: [{ message: outcome.message }] };
    return { metadata: {}, status: "Failure", message, reason: "InternalError", details, code: 500 };
  }
  if (outcome.exitCode === 0) return { metadata: {}, status: "Success" };
  const cause = `error executing command [${command.join(" ")}], exit code ${outcome.exitCode}`;
  return {
    metadata: {},
    status: "Failure",
    message: `command terminated with non-zero exit code: ${cause}`,
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: String(outcome.exitCode) }] },
  };
}

/** Older protocols say it in words, and nothing when all went well. */
function outcomeBytes(protocol: string, outcome: CommandOutcome, command: readonly string[]): Uint8Array {
  const status = outcomeStatus(outcome, command);
  return encoder.encode(/^v[45]\./.test(protocol) ? JSON.stringify(status) : (status.message ?? ""));
}

function toSize(text: string): TerminalSize | undefined {
  try {
    const size = JSON.parse(text) as { Width?: number; Height?: number };
    return { width: size.Width ?? 0, height: size.Height ?? 0 };
  } catch {
    // A size that cannot be read is no reason to end a terminal.
    return undefined;
  }
}

/** A command's client at the other end of a WebSocket. */
export function webSocketCommand(
  connection: WebSocketConnection,
  wanted: WantedStreams,
  signal: AbortSignal,
): CommandClient {
  const codec = new ChannelCodec(connection.protocol);
  const stdin = new ByteQueue();
  const resize = new BoundedQueue<TerminalSize>(SIZES_MAX);
  const writer = (channel: number): ByteWriter => ({
    write: (chunk) => connection.send(codec.encode(channel, chunk)),
    close: () => Promise.resolve(),
  });
  const receive = async (message: Uint8Array): Promise<void> => {
    const { channel, data } = codec.decode(message);
    if (channel === STDIN && data.length > 0) await stdin.write(data);
    else if (channel === RESIZE) {
      const size = toSize(decoder.decode(data));
      if (size) resize.push(size);
    } else if (channel === CLOSE && data[0] === STDIN && connection.protocol.startsWith("v5")) stdin.close();
  };
  const pump = async () => {
    try {
      for await (const message of connection.messages) await receive(message);
    } finally {
      stdin.close();
      resize.close();
    }
  };
  // A client that goes away ends its input; its request's signal tells the rest.
  pump().catch(() => undefined);
  return {
    streams: {
      ...(wanted.stdin ? { stdin: stdin.read() } : {}),
      ...(wanted.stdout ? { stdout: writer(STDOUT) } : {}),
      ...(wanted.stderr && !wanted.tty ? { stderr: writer(STDERR) } : {}),
      ...(wanted.tty ? { resize: resize.items(signal) } : {}),
    },
    async finish(outcome, command) {
      const bytes = outcomeBytes(connection.protocol, outcome, command);
      if (bytes.length > 0) await connection.send(codec.encode(ERROR, bytes));
      connection.close(NORMAL_CLOSURE);
    },
  };
}

/** Tells the client that the connection stands: an empty message on the first stream that it reads. */
export async function greet(connection: WebSocketConnection, wanted: WantedStreams): Promise<void> {
  const channel = wanted.stdout ? STDOUT : wanted.stderr ? STDERR : ERROR;
  await connection.send(new ChannelCodec(connection.protocol).encode(channel, new Uint8Array(0)));
}

async function* sizes(stream: SpdyStream): AsyncGenerator<TerminalSize> {
  let rest = "";
  for await (const chunk of stream.incoming) {
    // Sizes are JSON objects one after another.
    const parts = (rest + decoder.decode(chunk)).split("}");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      const size = toSize(`${part.trim()}}`);
      if (size) yield size;
    }
  }
}

const streamWriter = (stream: SpdyStream): ByteWriter => ({
  write: (chunk) => stream.write(chunk),
  close: () => stream.closeWrite(),
});

/** Waits for the streams that a client of SPDY opens. */
export async function spdyCommand(
  connection: SpdyConnection,
  wanted: WantedStreams,
  protocol: string,
): Promise<CommandClient> {
  const expected = 1 + Number(wanted.stdin) + Number(wanted.stdout) + Number(wanted.stderr && !wanted.tty);
  const resizes = wanted.tty && /^v[34]\./.test(protocol) ? 1 : 0;
  const opened = new Map<string, SpdyStream>();
  for await (const stream of connection.streams) {
    opened.set(stream.headers["streamtype"] ?? "", stream);
    if (opened.size >= expected + resizes) break;
  }
  const error = opened.get("error");
  if (!error) throw new Error("the client opened no error stream");
  const [stdin, stdout, stderr, resize] = ["stdin", "stdout", "stderr", "resize"].map((type) => opened.get(type));
  return {
    streams: {
      ...(stdin ? { stdin: stdin.incoming } : {}),
      ...(stdout ? { stdout: streamWriter(stdout) } : {}),
      ...(stderr ? { stderr: streamWriter(stderr) } : {}),
      ...(resize ? { resize: sizes(resize) } : {}),
    },
    async finish(outcome, command) {
      const bytes = outcomeBytes(protocol, outcome, command);
      if (bytes.length > 0) await error.write(bytes);
      await error.closeWrite();
      for (const stream of [stdout, stderr]) await stream?.closeWrite();
      connection.close();
    },
  };
}
