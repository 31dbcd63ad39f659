// SPDX-License-Identifier: Apache-2.0

export { ByteChannel } from "./byte-channel.ts";
export { socketStream } from "./socket-stream.ts";
export { SpdySession } from "./spdy-session.ts";
export { upgradeToWebSocket, type WebSocketUpgradeOptions } from "./web-socket-upgrade.ts";
