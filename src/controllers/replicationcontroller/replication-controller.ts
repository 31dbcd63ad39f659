// SPDX-License-Identifier: Apache-2.0

import type { ReplicaSet } from "../../api/index.ts";
import { LabelSelector, labelSelectorOfSet } from "../../apimachinery/index.ts";
import { REPLICATION_CONTROLLERS, type Cached, type ResourceReference } from "../../client/index.ts";
import type { Controller, ControllerContext } from "../controller.ts";
import { createReplicaController } from "../replicaset/replica-set-controller.ts";

/** A replication controller is a replica set whose selector is written as a map of labels. */
const REFERENCE = REPLICATION_CONTROLLERS as unknown as ResourceReference<ReplicaSet>;

function selectorOf({ spec }: Cached<ReplicaSet>): LabelSelector {
  const labels = spec.selector as unknown as Readonly<Record<string, string>> | undefined;
  return labels ? labelSelectorOfSet(labels) : LabelSelector.nothing;
}

/** Keeps as many pods as each replication controller wants. */
export const createReplicationController = (context: ControllerContext): Controller =>
  createReplicaController(context, {
    name: "replication-controller",
    reference: REFERENCE,
    selectorOf,
    countsTerminating: false,
  });
