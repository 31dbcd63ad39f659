// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { machineCommands } from "../../../src/platform/index.ts";
import { defaultLayout } from "../../../src/platform/node/layout.ts";
import { MachineRecord } from "../../../src/platform/node/machine-record.ts";
import { machineSnapshot, type MachineSnapshot, withoutShared } from "../../fixtures/machine-snapshot.ts";
import type { TestCluster } from "./test-cluster.ts";

/** The machine as a cluster finds it, and as it must leave it. */
export class MachineState {
  readonly #cluster: TestCluster;
  readonly #kubeconfig: string;
  readonly #snapshot: MachineSnapshot;
  readonly #isShared: boolean;

  private constructor(cluster: TestCluster, snapshot: MachineSnapshot, isShared: boolean) {
    this.#cluster = cluster;
    this.#kubeconfig = readFileSync(cluster.kubeconfig, "utf8");
    this.#snapshot = snapshot;
    this.#isShared = isShared;
  }

  static async look(cluster: TestCluster): Promise<MachineState> {
    const others = [...(await new MachineRecord(defaultLayout).clusters()).keys()];
    const snapshot = await machineSnapshot(cluster.name, machineCommands);
    return new MachineState(
      cluster,
      snapshot,
      others.some((name) => name !== cluster.name),
    );
  }

  /** Fails with what is more or less than it was. */
  async assertUnchanged(): Promise<void> {
    const now = await MachineState.look(this.#cluster);
    const comparable = (snapshot: MachineSnapshot) =>
      this.#isShared || now.#isShared ? withoutShared(snapshot) : snapshot;
    assert.deepEqual(comparable(now.#snapshot), comparable(this.#snapshot));
    assert.equal(now.#kubeconfig, this.#kubeconfig);
  }
}
