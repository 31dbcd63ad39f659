// SPDX-License-Identifier: Apache-2.0

import { RUNTIME_CLASSES, type Client } from "../../client/index.ts";
import type { CallOptions } from "../ports.ts";

/** Finds the handler of the runtime that a pod's RuntimeClass stands for. */
export type RuntimeHandlers = (runtimeClassName: string | undefined, options: CallOptions) => Promise<string>;

/** Asks the API server; pods without a class have the runtime's default handler. */
export const clientRuntimeHandlers =
  (client: Client): RuntimeHandlers =>
  async (name, options) => {
    if (!name) return "";
    const found = await client.resource(RUNTIME_CLASSES).get(name, options);
    return found.handler;
  };
