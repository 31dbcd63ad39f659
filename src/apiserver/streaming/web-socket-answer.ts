// SPDX-License-Identifier: Apache-2.0

import { type ApiBody, type ApiResponse, type ByteSink, ownedChunks } from "../../client/transport.ts";
import type { RequestContext } from "../request-context.ts";
import type { ClientConnection } from "./backend-transport.ts";
import { eventMessages } from "./event-messages.ts";
import { isWebSocket, SWITCHED } from "./upgrade.ts";
import { chooseForWatch, chooseFrom } from "./web-socket-handshake.ts";

const BINARY_PROTOCOL = "binary.k8s.io";
const BASE64_PROTOCOL = "base64.binary.k8s.io";
const LOG_PROTOCOLS = [BINARY_PROTOCOL, BASE64_PROTOCOL];
const NOTHING = new Uint8Array(0);
const encoder = new TextEncoder();

type Body<Type extends ApiBody["type"]> = Extract<ApiBody, { type: Type }>;

/** Sends a log as it comes, after an empty message that says that it begins. A log that breaks off ends there. */
async function sendLog(sink: ByteSink, body: Body<"chunks">, isBase64: boolean): Promise<void> {
  let isOpen = true;
  let goOn = (): void => undefined;
  sink.onDrain(() => goOn());
  sink.onClose(() => {
    isOpen = false;
    goOn();
  });
  sink.write(NOTHING);
  try {
    for await (const chunk of ownedChunks(body)) {
      if (!isOpen) break;
      if (chunk.length === 0) continue;
      const { promise, resolve } = Promise.withResolvers<void>();
      goOn = resolve;
      if (!sink.write(isBase64 ? encoder.encode(chunk.toBase64()) : chunk)) await promise;
    }
  } catch {
    // The node or the client is gone: what there is has been sent.
  }
  sink.end();
}

async function answerWatch(
  { request }: RequestContext,
  { headers }: ApiResponse,
  body: Body<"stream">,
  client: ClientConnection,
): Promise<ApiResponse> {
  const choice = chooseForWatch(request);
  if ("refusal" in choice) return choice.refusal;
  const isText = headers["content-type"] === "application/json";
  const messages = await client.webSocket({ protocol: choice.protocol, binary: !isText });
  if (messages) body.start(eventMessages(messages, isText));
  return SWITCHED;
}

async function answerLog(
  { request }: RequestContext,
  body: Body<"chunks">,
  client: ClientConnection,
): Promise<ApiResponse> {
  const choice = chooseFrom(LOG_PROTOCOLS, request);
  if ("refusal" in choice) return choice.refusal;
  const isBase64 = choice.protocol === BASE64_PROTOCOL;
  const messages = await client.webSocket({ protocol: choice.protocol, binary: !isBase64 });
  if (messages) void sendLog(messages, body, isBase64);
  return SWITCHED;
}

/**
 * Watches and logs go to clients that ask for a WebSocket as messages; everything else, errors among them, is answered as
 * it is. 101: the connection has been taken over.
 */
export async function answerBySocket(
  context: RequestContext,
  response: ApiResponse,
  client: ClientConnection,
): Promise<ApiResponse> {
  if (!isWebSocket(context) || response.status !== 200) return response;
  const { body } = response;
  const { info } = context;
  if (body.type === "stream" && info.verb === "watch") return answerWatch(context, response, body, client);
  const isLog = info.resource === "pods" && info.subresource === "log";
  return isLog && body.type === "chunks" ? answerLog(context, body, client) : response;
}
