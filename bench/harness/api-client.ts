// SPDX-License-Identifier: Apache-2.0

import { Agent, request } from "node:https";
import type { TargetAccess } from "./kubeconfig.ts";

export interface Answer {
  readonly status: number;
  readonly json: unknown;
}

/** Single requests around a measure: to prepare, to look, to tidy up. */
export class ApiClient implements Disposable {
  readonly #access: TargetAccess;
  readonly #agent: Agent;

  constructor(access: TargetAccess) {
    this.#access = access;
    this.#agent = new Agent({ keepAlive: true });
  }

  call(method: string, path: string, body?: object): Promise<Answer> {
    const { ca, certificate, key, token, server } = this.#access;
    const options = {
      method,
      agent: this.#agent,
      rejectUnauthorized: ca !== undefined,
      ...(ca ? { ca } : {}),
      ...(certificate ? { cert: certificate, key } : {}),
      headers: {
        accept: "application/json",
        ...(body ? { "content-type": "application/json" } : {}),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
    };
    return new Promise((resolve, reject) => {
      const call = request(new URL(path, server), options, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, json: parsed(Buffer.concat(chunks).toString()) }),
        );
      });
      call.on("error", reject);
      call.end(body && JSON.stringify(body));
    });
  }

  /** A call whose failure ends the benchmark. */
  async must(method: string, path: string, options: { body?: object; accepted?: readonly number[] } = {}) {
    const answer = await this.call(method, path, options.body);
    const accepted = options.accepted ?? [200, 201, 202];
    if (!accepted.includes(answer.status))
      throw new Error(`${method} ${path} was answered ${answer.status}: ${JSON.stringify(answer.json).slice(0, 500)}`);
    return answer.json;
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
