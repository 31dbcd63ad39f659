// SPDX-License-Identifier: Apache-2.0

import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  type Packet,
  RECURSION_AVAILABLE,
  TRUNCATED_RESPONSE,
} from "dns-packet";
import type { Clock, Logger } from "../base/index.ts";
import type { Lookup, NamedRecord, RecordData, ServiceZone } from "./service-zone.ts";

/** Seconds that a client may keep an answer (kubeadm's setting of CoreDNS). */
export const ANSWER_TTL_SECONDS = 30;
/** Answers from elsewhere that are kept. */
const FORWARD_CACHE_ENTRIES_MAX = 10_000;
/** Size of an answer over UDP where the client names none. */
const PLAIN_UDP_BYTES = 512;
const MAX_UDP_BYTES = 4_096;
/** Aliases followed before giving up. */
const ALIAS_STEPS_MAX = 8;
const REVERSE_V4 = ".in-addr.arpa";

/** Asks the resolvers of the machine; rejects when none answers. */
export interface UpstreamResolver {
  query(packet: Uint8Array, options: { signal: AbortSignal }): Promise<Uint8Array>;
}

export interface DnsServerOptions {
  readonly zone: ServiceZone;
  readonly upstream: UpstreamResolver;
  readonly clock: Clock;
  readonly log: Logger;
}

type Rcode = "NOERROR" | "FORMERR" | "SERVFAIL" | "NXDOMAIN" | "NOTIMP";
const RCODES: Readonly<Record<Rcode, number>> = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4 };

interface Reply {
  readonly rcode: Rcode;
  readonly answers: readonly Answer[];
  readonly additionals: readonly Answer[];
  readonly authoritative: boolean;
  readonly withSoa: boolean;
}

const failure = (rcode: Rcode): Reply => ({
  rcode,
  answers: [],
  additionals: [],
  authoritative: false,
  withSoa: false,
});

const answerOf = (name: string, record: RecordData): Answer =>
  ({ name, ttl: ANSWER_TTL_SECONDS, class: "IN", ...record }) as Answer;

const additionalOf = ({ name, record }: NamedRecord): Answer => answerOf(name, record);

/** Answers DNS questions: the cluster's own from memory, all others from the machine's resolvers. */
export class DnsServer {
  readonly #options: DnsServerOptions;
  readonly #forwarded = new Map<string, { readonly untilMs: number; readonly packet: Uint8Array }>();

  constructor(options: DnsServerOptions) {
    this.#options = options;
  }

  /** Answers one packet; undefined when it is no question at all. */
  async handle(
    packet: Uint8Array,
    options: { transport: "udp" | "tcp"; signal: AbortSignal },
  ): Promise<Uint8Array | undefined> {
    const query = decodeQuery(packet);
    if (!query) return undefined;
    const question = query.questions?.[0];
    if (!question || query.questions!.length !== 1) return this.#encode(query, failure("FORMERR"), options.transport);
    const name = question.name.toLowerCase().replace(/\.$/, "");
    if (this.#options.zone.holds(name) || isClusterReverse(name, question.type)) {
      const reply = await this.#own(query, name, question.type, options.signal);
      if (reply) return this.#encode(query, reply, options.transport);
    }
    return this.#forward(packet, query, options);
  }

  /** Answers from the zone; undefined when a reverse name is somebody else's. */
  async #own(query: Packet, name: string, type: string, signal: AbortSignal): Promise<Reply | undefined> {
    const asked = query.questions![0]!.name;
    if (name.endsWith(REVERSE_V4)) {
      const found = this.#options.zone.reverse(name.slice(0, -REVERSE_V4.length).split(".").reverse().join("."));
      return found.type === "records" ? this.#reply(asked, found) : undefined;
    }
    const found = this.#options.zone.lookup(name, type);
    if (found.type !== "alias") return this.#reply(asked, found);
    return this.#alias(asked, found.target, type, signal);
  }

  #reply(name: string, found: Exclude<Lookup, { type: "alias" }>): Reply {
    if (found.type === "records")
      return {
        rcode: "NOERROR",
        answers: found.records.map((record) => answerOf(name, record)),
        additionals: found.additional.map(additionalOf),
        authoritative: true,
        withSoa: false,
      };
    const rcode = found.type === "noName" ? "NXDOMAIN" : "NOERROR";
    return { rcode, answers: [], additionals: [], authoritative: true, withSoa: true };
  }

  /** An ExternalName: the alias, and what its target has. */
  async #alias(name: string, first: string, type: string, signal: AbortSignal): Promise<Reply> {
    const answers: Answer[] = [answerOf(name, { type: "CNAME", data: first })];
    let target = first.toLowerCase().replace(/\.$/, "");
    for (let step = 0; step < ALIAS_STEPS_MAX && type !== "CNAME"; step++) {
      if (!this.#options.zone.holds(target)) {
        answers.push(...(await this.#resolveElsewhere(target, type, signal)));
        break;
      }
      const found = this.#options.zone.lookup(target, type);
      if (found.type === "records") answers.push(...found.records.map((record) => answerOf(target, record)));
      if (found.type !== "alias") break;
      answers.push(answerOf(target, { type: "CNAME", data: found.target }));
      target = found.target.toLowerCase();
    }
    return { rcode: "NOERROR", answers, additionals: [], authoritative: true, withSoa: false };
  }

  async #resolveElsewhere(name: string, type: string, signal: AbortSignal): Promise<Answer[]> {
    const query = encode({
      type: "query",
      id: 1,
      flags: RECURSION_DESIRED,
      questions: [{ name, type: type as "A", class: "IN" }],
    });
    try {
      return decode(Buffer.from(await this.#options.upstream.query(query, { signal }))).answers ?? [];
    } catch {
      return [];
    }
  }

  async #forward(
    packet: Uint8Array,
    query: Packet,
    options: { transport: "udp" | "tcp"; signal: AbortSignal },
  ): Promise<Uint8Array> {
    const question = query.questions![0]!;
    const key = `${options.transport}/${question.type}/${question.name.toLowerCase()}/${query.flags ?? 0}`;
    const nowMs = this.#options.clock.monotonicMs();
    const kept = this.#forwarded.get(key);
    if (kept && kept.untilMs > nowMs) return withId(kept.packet, packet);
    try {
      const answer = await this.#options.upstream.query(packet, { signal: options.signal });
      this.#keep(key, answer, nowMs);
      return answer;
    } catch (error) {
      if (!options.signal.aborted)
        this.#options.log.debug("No resolver answered", { name: question.name, error: String(error) });
      return this.#encode(query, failure("SERVFAIL"), options.transport);
    }
  }

  #keep(key: string, packet: Uint8Array, nowMs: number): void {
    if (this.#forwarded.size >= FORWARD_CACHE_ENTRIES_MAX) this.#forwarded.delete(this.#forwarded.keys().next().value!);
    const ttls = (decode(Buffer.from(packet)).answers ?? []).map((a) => ("ttl" in a ? (a.ttl ?? 0) : 0));
    const seconds = Math.min(ANSWER_TTL_SECONDS, ...(ttls.length > 0 ? ttls : [0]));
    if (seconds > 0) this.#forwarded.set(key, { untilMs: nowMs + seconds * 1000, packet });
  }

  #encode(query: Packet, reply: Reply, transport: "udp" | "tcp"): Uint8Array {
    const edns = query.additionals?.find((a) => a.type === "OPT");
    const limit = Math.min(
      MAX_UDP_BYTES,
      Math.max(PLAIN_UDP_BYTES, edns && "udpPayloadSize" in edns ? edns.udpPayloadSize : 0),
    );
    const flags =
      ((query.flags ?? 0) & RECURSION_DESIRED) |
      (reply.authoritative ? AUTHORITATIVE_ANSWER : 0) |
      RECURSION_AVAILABLE |
      RCODES[reply.rcode];
    const response: Packet = {
      type: "response",
      id: query.id ?? 0,
      flags,
      questions: query.questions ?? [],
      answers: [...reply.answers],
      authorities: reply.withSoa ? [this.#soa()] : [],
      additionals: [...reply.additionals, ...(edns ? [edns] : [])],
    };
    const whole = encode(response);
    if (transport === "tcp" || whole.length <= limit) return whole;
    const lean = encode({ ...response, additionals: edns ? [edns] : [] });
    if (lean.length <= limit) return lean;
    return encode({ ...response, flags: flags | TRUNCATED_RESPONSE, answers: [], additionals: edns ? [edns] : [] });
  }

  #soa(): Answer {
    const { domain } = this.#options.zone;
    return {
      name: domain,
      type: "SOA",
      class: "IN",
      ttl: ANSWER_TTL_SECONDS,
      data: {
        mname: `ns.dns.${domain}`,
        rname: `hostmaster.${domain}`,
        serial: Math.trunc(this.#options.clock.nowMs() / 1000),
        refresh: 7200,
        retry: 1800,
        expire: 86_400,
        minimum: ANSWER_TTL_SECONDS,
      },
    };
  }
}

/** The RD bit. */
const RECURSION_DESIRED = 1 << 8;

function decodeQuery(packet: Uint8Array): Packet | undefined {
  try {
    const query = decode(Buffer.from(packet));
    return query.type === "query" ? query : undefined;
  } catch {
    return undefined;
  }
}

const isClusterReverse = (name: string, type: string): boolean => type === "PTR" && name.endsWith(REVERSE_V4);

/** A kept answer under the id of the question at hand. */
function withId(answer: Uint8Array, query: Uint8Array): Uint8Array {
  const copy = new Uint8Array(answer);
  copy.set(query.subarray(0, 2));
  return copy;
}
