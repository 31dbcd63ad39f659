// SPDX-License-Identifier: Apache-2.0

import type { ApiResponse } from "../../client/transport.ts";
import { pageNotFound, type PathRouter } from "../chain/path-router.ts";
import { plainResponse, textResponse } from "../chain/status-response.ts";
import type { RequestContext } from "../request-context.ts";
import { HealthMetrics } from "./health-metrics.ts";

/** One check; throws or rejects when something is wrong. The message stays in the server's log. */
export interface HealthCheck {
  readonly name: string;
  check(): Promise<void> | void;
  /** Part of /readyz only. */
  readonly readinessOnly?: boolean;
}

const ROOTS = ["/healthz", "/livez", "/readyz"] as const;
type Root = (typeof ROOTS)[number];

const wordOf = (root: Root): string => root.slice(1);

interface Outcome {
  readonly name: string;
  readonly failed: boolean;
  readonly excluded: boolean;
}

/** /healthz, /livez and /readyz: all checks in order, each alone by its path, `?verbose`, `?exclude`. */
export class HealthChecks {
  readonly #checks: HealthCheck[] = [];
  readonly #onFailure: (name: string, error: unknown) => void;
  readonly metrics = new HealthMetrics();

  constructor(onFailure: (name: string, error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  add(...checks: readonly HealthCheck[]): void {
    this.#checks.push(...checks);
  }

  register(router: PathRouter): void {
    for (const root of ROOTS) {
      router.exact(root, (context) => this.#all(root, context));
      for (const check of this.#of(root)) {
        router.exact(`${root}/${check.name}`, () => this.#one(check));
      }
      router.prefix(`${root}/`, pageNotFound);
    }
  }

  #of(root: Root): readonly HealthCheck[] {
    return root === "/readyz" ? this.#checks : this.#checks.filter((check) => !check.readinessOnly);
  }

  async #one(check: HealthCheck): Promise<ApiResponse> {
    const failed = await this.#fails(check);
    return failed ? textResponse(500, "internal server error: reason withheld\n") : plainResponse("ok");
  }

  async #fails(check: HealthCheck): Promise<boolean> {
    try {
      await check.check();
      return false;
    } catch (error) {
      this.#onFailure(check.name, error);
      return true;
    }
  }

  async #all(root: Root, { info }: RequestContext): Promise<ApiResponse> {
    const excluded = new Set(info.query.getAll("exclude"));
    const outcomes: Outcome[] = [];
    for (const check of this.#of(root)) {
      const skip = excluded.delete(check.name);
      const failed = !skip && (await this.#fails(check));
      if (!skip) this.metrics.observe(check.name, wordOf(root), !failed);
      outcomes.push({ name: check.name, failed, excluded: skip });
    }
    const lines = outcomes.map(lineOf);
    if (excluded.size > 0) {
      const names = [...excluded].map((name) => JSON.stringify(name)).join(", ");
      lines.push(`warn: some health checks cannot be excluded: no matches for ${names}`);
    }
    if (outcomes.some(({ failed }) => failed)) {
      return textResponse(500, `${lines.join("\n")}\n${wordOf(root)} check failed\n`);
    }
    if (!info.query.has("verbose")) return textResponse(200, "ok");
    return textResponse(200, `${lines.join("\n")}\n${wordOf(root)} check passed\n`);
  }
}

function lineOf({ name, failed, excluded }: Outcome): string {
  if (excluded) return `[+]${name} excluded: ok`;
  return failed ? `[-]${name} failed: reason withheld` : `[+]${name} ok`;
}
