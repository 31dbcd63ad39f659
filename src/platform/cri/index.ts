// SPDX-License-Identifier: Apache-2.0

export { CriClient } from "./cri-client.ts";
export { ContainerdEvents } from "./containerd-events.ts";
export { CriStreams } from "./cri-streams.ts";
