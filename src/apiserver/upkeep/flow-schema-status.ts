// SPDX-License-Identifier: Apache-2.0

import { formatTime, type DeepReadonly } from "../../apimachinery/index.ts";
import type { FlowSchema } from "../../api/index.ts";
import type { Clock, Logger } from "../../base/index.ts";
import { DONE, type Outcome, type Reconciler, runReconciler, WorkQueue } from "../../client/index.ts";
import { apiServerUser } from "../authentication/user-names.ts";
import type { ResourceStore, ResourceStores } from "../resource-store.ts";

const GROUP = "flowcontrol.apiserver.k8s.io";
const MANAGER = "api-priority-and-fairness-config-consumer-v1";
const DANGLING = "Dangling";

export interface FlowSchemaStatusParts {
  readonly stores: ResourceStores;
  readonly clock: Clock;
  readonly log: Logger;
}

type Schema = DeepReadonly<FlowSchema>;

const levelOf = (schema: Schema): string => schema.spec?.priorityLevelConfiguration?.name ?? "";

/** What a schema says of the level that it refers to. */
export function danglingCondition(level: string, exists: boolean): { status: string; reason: string; message: string } {
  const refers = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(level)}`;
  return exists
    ? { status: "False", reason: "Found", message: `${refers} and it exists` }
    : { status: "True", reason: "NotFound", message: `${refers} but there is no such object` };
}

/** Tells each flow schema whether the priority level that it refers to exists. */
export class FlowSchemaStatus implements Reconciler {
  readonly #parts: FlowSchemaStatusParts;
  readonly #queue: WorkQueue;
  /** Schema → level, of every schema that there is. */
  readonly #levels = new Map<string, string>();

  constructor(parts: FlowSchemaStatusParts) {
    this.#parts = parts;
    this.#queue = new WorkQueue({ clock: parts.clock });
  }

  /** All that there are, side by side: a server that starts is not ready before. */
  async reconcileAll(options: { readonly signal: AbortSignal }): Promise<void> {
    const list = await this.#schemas?.list("");
    await Promise.all((list?.items ?? []).map(({ metadata }) => this.reconcile(metadata.name ?? "", options)));
  }

  async run({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const [schemas, levels] = [this.#schemas, this.#priorityLevels];
    if (!schemas || !levels) return;
    const stops = [this.#followSchemas(schemas), this.#followLevels(levels)];
    try {
      const { log } = this.#parts;
      await runReconciler({
        name: "flow schema status",
        queue: this.#queue,
        reconciler: this,
        workers: 1,
        log,
        signal,
      });
    } finally {
      for (const stop of stops) stop();
    }
  }

  async reconcile(name: string, { signal }: { readonly signal: AbortSignal }): Promise<Outcome> {
    const schema = this.#schemas?.peek("", name) as Schema | undefined;
    if (!schema) return DONE;
    const level = levelOf(schema);
    const wanted = danglingCondition(level, this.#priorityLevels?.peek("", level) !== undefined);
    const present = schema.status?.conditions?.find(({ type }) => type === DANGLING);
    const isSame =
      present?.status === wanted.status && present.reason === wanted.reason && present.message === wanted.message;
    if (!isSame) await this.#apply(name, wanted, signal);
    return DONE;
  }

  get #schemas(): ResourceStore | undefined {
    return this.#parts.stores.find(GROUP, "flowschemas");
  }

  get #priorityLevels(): ResourceStore | undefined {
    return this.#parts.stores.find(GROUP, "prioritylevelconfigurations");
  }

  #followSchemas(schemas: ResourceStore): () => void {
    return schemas.observe({
      onChange: (entry, old) => {
        const { name } = (entry ?? old)!;
        if (entry) this.#levels.set(name, levelOf(entry.object as Schema));
        else this.#levels.delete(name);
        if (entry) this.#queue.add(name);
      },
    });
  }

  #followLevels(levels: ResourceStore): () => void {
    return levels.observe({
      onChange: (entry, old) => {
        if (entry && old) return;
        const level = (entry ?? old)!.name;
        for (const [schema, referred] of this.#levels) if (referred === level) this.#queue.add(schema);
      },
    });
  }

  async #apply(name: string, wanted: ReturnType<typeof danglingCondition>, signal: AbortSignal): Promise<void> {
    const lastTransitionTime = formatTime(this.#parts.clock.nowMs());
    const { status, reason, message } = wanted;
    await this.#schemas?.apply(
      "",
      name,
      {
        apiVersion: `${GROUP}/v1`,
        kind: "FlowSchema",
        metadata: { name },
        status: { conditions: [{ type: DANGLING, status, lastTransitionTime, reason, message }] },
      },
      { user: apiServerUser, fieldManager: MANAGER, force: true, warnings: [], signal, subresource: "status" },
    );
  }
}
