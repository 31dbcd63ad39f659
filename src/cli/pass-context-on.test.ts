// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ClusterFolder, type KubeconfigRecord } from "./cluster-folder.ts";
import { passContextOn } from "./pass-context-on.ts";

const KUBECONFIG = { path: "/k", after: "", madeFolder: false };

/** A folder of clusters' records, for as long as the test runs. */
class Home implements Disposable {
  readonly #before = process.env["KNARR_HOME"];
  readonly #path = mkdtempSync(join(tmpdir(), "knarr-home-"));

  constructor() {
    process.env["KNARR_HOME"] = this.#path;
  }

  add(name: string, kubeconfig: KubeconfigRecord): ClusterFolder {
    const folder = new ClusterFolder(name);
    folder.saveRecord({ name, dataDir: "/d", port: 1, nodes: 0, simulate: 0, apiOnly: true, kubeconfig });
    return folder;
  }

  [Symbol.dispose](): void {
    if (this.#before === undefined) delete process.env["KNARR_HOME"];
    else process.env["KNARR_HOME"] = this.#before;
    rmSync(this.#path, { recursive: true });
  }
}

const previousOf = (folder: ClusterFolder) => folder.record()?.kubeconfig?.previousContext;

test("when clusters go in the order they came, what was current before them all is so again", () => {
  using home = new Home();
  const first = { ...KUBECONFIG, previousContext: "home" };
  const second = home.add("b", { ...KUBECONFIG, previousContext: "knarr-a" });
  const third = home.add("c", { ...KUBECONFIG, previousContext: "knarr-b" });
  passContextOn("knarr-a", first);
  assert.deepEqual([previousOf(second), previousOf(third)], ["home", "knarr-b"]);
  passContextOn("knarr-b", second.record()!.kubeconfig!);
  assert.equal(previousOf(third), "home");
});

test("another file's contexts are another's, and nothing before is nothing after", () => {
  using home = new Home();
  const same = home.add("b", { ...KUBECONFIG, previousContext: "knarr-a" });
  const other = home.add("c", { ...KUBECONFIG, path: "/other", previousContext: "knarr-a" });
  passContextOn("knarr-a", KUBECONFIG);
  assert.deepEqual([previousOf(same), previousOf(other)], [undefined, "knarr-a"]);
});
