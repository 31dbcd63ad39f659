// SPDX-License-Identifier: Apache-2.0

import type { FlowSchema } from "../../api/index.ts";
import type { DeepReadonly } from "../../apimachinery/index.ts";
import type { Filter, RequestInfo, UserInfo } from "../request-context.ts";
import type { CachedObject, ResourceStores } from "../resource-store.ts";
import { flowRuleMatches } from "./flow-rules.ts";

const GROUP = "flowcontrol.apiserver.k8s.io";

/** What a request belongs to: UIDs, as its answer names them. */
export interface Flow {
  readonly schemaUid: string;
  readonly levelUid: string;
}

interface Candidate extends Flow {
  readonly rules: NonNullable<DeepReadonly<FlowSchema>["spec"]["rules"]>;
}

/** Requests that go on for long, but for watches, belong to no flow. */
const STREAMS: ReadonlySet<string> = new Set(["attach", "exec", "log", "portforward", "proxy"]);

const isStream = ({ verb, subresource }: RequestInfo): boolean => verb === "proxy" || STREAMS.has(subresource);

const DEFAULT_PRECEDENCE = 1000;

/** In the order in which schemas are tried. */
function inOrder(a: DeepReadonly<FlowSchema>, b: DeepReadonly<FlowSchema>): number {
  const [first, second] = [a, b].map(({ spec }) => spec.matchingPrecedence ?? DEFAULT_PRECEDENCE) as [number, number];
  if (first !== second) return first - second;
  return (a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1;
}

/** Says which flow schema and priority level each request belongs to; it does not hold anybody up. */
export class FlowClassifier {
  readonly #schemas = new Map<string, CachedObject>();
  readonly #levels = new Map<string, CachedObject>();
  /** In order; undefined when something has changed. */
  #candidates: readonly Candidate[] | undefined;

  /** Starts to follow both kinds; returns what ends it. */
  follow(stores: ResourceStores): () => void {
    const into = (known: Map<string, CachedObject>) => ({
      onChange: (entry: CachedObject | undefined, old: CachedObject | undefined): void => {
        if (entry) known.set(entry.name, entry);
        else known.delete(old!.name);
        this.#candidates = undefined;
      },
    });
    const stops = [
      stores.find(GROUP, "flowschemas")?.observe(into(this.#schemas)),
      stores.find(GROUP, "prioritylevelconfigurations")?.observe(into(this.#levels)),
    ];
    return () => {
      for (const stop of stops) stop?.();
    };
  }

  /** The first schema with a rule for the request; undefined for streams, and before there are schemas. */
  classify(user: UserInfo, info: RequestInfo): Flow | undefined {
    if (isStream(info)) return undefined;
    this.#candidates ??= this.#ordered();
    for (const candidate of this.#candidates)
      for (const rule of candidate.rules) if (flowRuleMatches(rule, user, info)) return candidate;
    return undefined;
  }

  /** The place of flow control in the chain. */
  readonly filter: Filter = {
    name: "flowControl",
    handle: (context, next) => {
      context.flow = this.classify(context.user, context.info);
      return next(context);
    },
  };

  /** Schemas of levels that there are. */
  #ordered(): Candidate[] {
    const schemas = [...this.#schemas.values()].map(({ object }) => object as DeepReadonly<FlowSchema>);
    return schemas.sort(inOrder).flatMap(({ metadata, spec }) => {
      const level = this.#levels.get(spec.priorityLevelConfiguration.name);
      if (!level || !spec.rules) return [];
      return [{ rules: spec.rules, schemaUid: metadata.uid ?? "", levelUid: level.object.metadata.uid ?? "" }];
    });
  }
}
