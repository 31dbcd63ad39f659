// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parseYaml } from "../apimachinery/index.ts";
import type { Kubeconfig } from "../cluster/index.ts";
import type { KubeconfigRecord } from "./cluster-folder.ts";
import { addToKubeconfig, removeFromKubeconfig } from "./kubeconfig-file.ts";

const entryOf = (name: string) => ({ name, server: "https://127.0.0.1:1", ca: "ca", certificate: "c", key: "k" });
const OTHERS = `# mine
apiVersion: v1
kind: Config
current-context:   home
contexts:
- {name: home, context: {cluster: home, user: me}}
clusters: [{name: home, cluster: {server: "https://example.com"}}]
users: []
`;

/** A kubeconfig file and the record that a cluster keeps of it. */
class Fixture implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "knarr-kubeconfig-"));
  readonly path: string;
  record: KubeconfigRecord | undefined;

  constructor({ folder = "", text }: { folder?: string; text?: string } = {}) {
    this.path = join(this.folder, folder, "config");
    if (text !== undefined) writeFileSync(this.path, text);
  }

  async add(name = "knarr-a"): Promise<void> {
    await addToKubeconfig(this.path, entryOf(name), { earlier: this.record, remember: (r) => void (this.record = r) });
  }

  async remove(name = "knarr-a"): Promise<void> {
    await removeFromKubeconfig(name, this.record!);
  }

  get text(): string | undefined {
    return existsSync(this.path) ? readFileSync(this.path, "utf8") : undefined;
  }

  get config(): Kubeconfig {
    return parseYaml(this.text!).value as Kubeconfig;
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}

test("a file that was there is the same, byte for byte, when the cluster goes", async () => {
  using fixture = new Fixture({ text: OTHERS });
  await fixture.add();
  assert.deepEqual([fixture.config["current-context"], fixture.config.contexts.length], ["knarr-a", 2]);
  await fixture.add();
  await fixture.remove();
  assert.equal(fixture.text, OTHERS);
});

test("a file and a folder that were not there are gone with the cluster", async () => {
  using fixture = new Fixture({ folder: ".kube" });
  await fixture.add();
  await fixture.remove();
  assert.equal(existsSync(join(fixture.folder, ".kube")), false);
});

test("what others changed meanwhile stays", async () => {
  using fixture = new Fixture({ text: OTHERS });
  await fixture.add();
  writeFileSync(fixture.path, fixture.text!.replace("example.com", "example.org"));
  await fixture.add();
  await fixture.remove();
  assert.equal(fixture.text!.includes("knarr-a"), false);
  assert.equal(fixture.config["current-context"], "home");
  assert.match(fixture.text!, /example\.org/);
});

test("two clusters in one file go in any order", async () => {
  using fixture = new Fixture({ text: OTHERS });
  await fixture.add("knarr-a");
  const first = fixture.record!;
  fixture.record = undefined;
  await fixture.add("knarr-b");
  await removeFromKubeconfig("knarr-a", first);
  assert.deepEqual(
    fixture.config.contexts.map(({ name }) => name),
    ["home", "knarr-b"],
  );
  await fixture.remove("knarr-b");
  assert.deepEqual([fixture.config.contexts.length, fixture.config.clusters.length], [1, 1]);
});

test("a start that was killed at any moment of the change is taken back whole", async () => {
  using fixture = new Fixture({ text: OTHERS });
  const add = (remember: (record: KubeconfigRecord) => void) =>
    addToKubeconfig(fixture.path, entryOf("knarr-a"), { earlier: undefined, remember });
  const dies = () => {
    throw new Error("killed");
  };
  await assert.rejects(add(dies));
  assert.equal(fixture.text, OTHERS, "nothing is changed before it is noted");
  await add((record) => (fixture.record = record));
  const after = fixture.text!;
  writeFileSync(fixture.path, OTHERS);
  writeFileSync(`${fixture.path}.knarr`, after.slice(0, 20));
  writeFileSync(`${fixture.path}.lock`, "knarr 1 1");
  await fixture.remove();
  assert.equal(fixture.text, OTHERS);
  assert.deepEqual([existsSync(`${fixture.path}.knarr`), existsSync(`${fixture.path}.lock`)], [false, false]);
});
