// SPDX-License-Identifier: Apache-2.0

import type { Clock } from "../../base/index.ts";
import type { Access, Authorizer, Decision } from "../authorization/authorizer.ts";
import type { UserInfo } from "../request-context.ts";
import { Counter, Histogram, type HistogramSeries, type Metric } from "./metric.ts";

const SECOND_MS = 1000;
/** From one millisecond on, each bound twice the one before. */
const DURATIONS = Array.from({ length: 15 }, (_, i) => 2 ** i / SECOND_MS);

/** One outcome: how often, and how long it took. */
interface Outcome {
  readonly count: { count: number };
  readonly duration: HistogramSeries;
}

class Outcomes {
  readonly metrics: readonly Metric[];
  readonly #attempts: Counter;
  readonly #durations: Histogram;
  readonly #byResult = new Map<string, Outcome>();

  constructor(attempts: string, durations: string, of: string) {
    this.#attempts = new Counter({ name: attempts, help: `[ALPHA] ${of} by outcome.`, labels: ["result"] });
    const help = `[ALPHA] How long ${of.toLowerCase()} took, by outcome.`;
    this.#durations = new Histogram({ name: durations, help, labels: ["result"] }, DURATIONS);
    this.metrics = [this.#attempts, this.#durations];
  }

  observe(result: string, seconds: number): void {
    let outcome = this.#byResult.get(result);
    if (!outcome) {
      outcome = { count: this.#attempts.series([result]), duration: this.#durations.series([result]) };
      this.#byResult.set(result, outcome);
    }
    outcome.count.count++;
    this.#durations.observe(outcome.duration, seconds);
  }
}

const DECISIONS: Readonly<Record<Decision["decision"], string>> = {
  allow: "allowed",
  deny: "denied",
  noOpinion: "no-opinion",
};
/** Users who are told apart; all others are counted together. */
const KNOWN_USERS: ReadonlySet<string> = new Set([
  "admin",
  "client",
  "kube_proxy",
  "kubelet",
  "system:serviceaccount:kube-system:default",
]);

const userWord = (name: string): string => (KNOWN_USERS.has(name) ? name : name.includes("@") ? "email_id" : "other");

/** Who asked, who was believed and what was allowed, under upstream's names. */
export class AccessMetrics {
  readonly metrics: readonly Metric[];
  readonly #clock: Clock;
  readonly #authentication = new Outcomes(
    "authentication_attempts",
    "authentication_duration_seconds",
    "Authentications",
  );
  readonly #authorization = new Outcomes(
    "authorization_attempts_total",
    "authorization_duration_seconds",
    "Authorizations",
  );
  readonly #users = new Counter({
    name: "authenticated_user_requests",
    help: "[ALPHA] Requests of authenticated users.",
    labels: ["username"],
  });

  constructor(clock: Clock) {
    this.#clock = clock;
    this.metrics = [...this.#authentication.metrics, ...this.#authorization.metrics, this.#users];
  }

  /** Runs an authentication, and notes whether it said who asks. */
  authenticate(run: () => UserInfo): UserInfo {
    const startMs = this.#clock.monotonicMs();
    let result = "error";
    try {
      const user = run();
      result = "success";
      this.#users.add([userWord(user.name)]);
      return user;
    } finally {
      this.#authentication.observe(result, this.#since(startMs));
    }
  }

  /** The same authorizer, counted. */
  measured(authorizer: Authorizer): Authorizer {
    const note = (decision: Decision, startMs: number): Decision => {
      this.#authorization.observe(DECISIONS[decision.decision], this.#since(startMs));
      return decision;
    };
    return {
      name: authorizer.name,
      authorize: (user: UserInfo, access: Access) => {
        const startMs = this.#clock.monotonicMs();
        const decision = authorizer.authorize(user, access);
        if (decision instanceof Promise) return decision.then((late) => note(late, startMs));
        return note(decision, startMs);
      },
    };
  }

  #since(startMs: number): number {
    return (this.#clock.monotonicMs() - startMs) / SECOND_MS;
  }
}
