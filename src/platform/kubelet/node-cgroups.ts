// SPDX-License-Identifier: Apache-2.0

import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CgroupLimits, CgroupPort } from "../../kubelet/index.ts";
import { cgroupHierarchies, removeCgroup, type CgroupHierarchy } from "../node/cgroups.ts";
import { ignore } from "../node/files.ts";

const DEFAULT_PERIOD_US = 100_000;
const NANOS_PER_MICRO = 1_000;

/** Files of cgroup v1 by controller. */
function v1Files(controllers: readonly string[], limits: CgroupLimits): [string, string][] {
  const files: [string, string][] = [];
  if (controllers.includes("cpu")) {
    if (limits.cpuShares !== undefined) files.push(["cpu.shares", String(limits.cpuShares)]);
    files.push(["cpu.cfs_period_us", String(limits.cpuPeriodUs ?? DEFAULT_PERIOD_US)]);
    files.push(["cpu.cfs_quota_us", String(limits.cpuQuotaUs || -1)]);
  }
  if (controllers.includes("memory")) files.push(["memory.limit_in_bytes", String(limits.memoryBytes ?? -1)]);
  if (controllers.includes("pids")) files.push(["pids.max", String(limits.pids ?? "max")]);
  return files;
}

/** Shares (2 to 262144) as weight (1 to 10000). */
const cpuWeight = (shares: number): number => Math.floor(1 + ((shares - 2) * 9999) / 262_142);

function v2Files(controllers: readonly string[], limits: CgroupLimits): [string, string][] {
  const files: [string, string][] = [];
  if (controllers.includes("cpu")) {
    if (limits.cpuShares !== undefined) files.push(["cpu.weight", String(cpuWeight(limits.cpuShares))]);
    files.push(["cpu.max", `${limits.cpuQuotaUs || "max"} ${limits.cpuPeriodUs ?? DEFAULT_PERIOD_US}`]);
  }
  if (controllers.includes("memory")) files.push(["memory.max", String(limits.memoryBytes ?? "max")]);
  if (controllers.includes("pids")) files.push(["pids.max", String(limits.pids ?? "max")]);
  return files;
}

/** cgroups of pods below the node's own cgroup, in every hierarchy of the machine. */
export class NodeCgroups implements CgroupPort {
  readonly #root: string;
  readonly #hierarchies: readonly CgroupHierarchy[];

  private constructor(root: string, hierarchies: readonly CgroupHierarchy[]) {
    this.#root = root;
    this.#hierarchies = hierarchies;
  }

  /** `root` is the node's cgroup below the root of every hierarchy: "/knarr-default-1". */
  static async open(root: string): Promise<NodeCgroups> {
    return new NodeCgroups(root === "/" ? "" : root, await cgroupHierarchies());
  }

  async ensure(name: string, limits: CgroupLimits): Promise<void> {
    await Promise.all(this.#hierarchies.map((hierarchy) => this.#ensureIn(hierarchy, name, limits)));
  }

  async remove(name: string): Promise<void> {
    await removeCgroup(this.runtimeName(name));
  }

  async list(name: string): Promise<readonly string[]> {
    const names = new Set<string>();
    for (const { path } of this.#hierarchies) {
      const entries = await readdir(join(path, this.runtimeName(name)), { withFileTypes: true }).catch(
        ignore("ENOENT"),
      );
      for (const entry of entries ?? []) if (entry.isDirectory()) names.add(entry.name);
    }
    return [...names];
  }

  runtimeName(name: string): string {
    return this.#root + name;
  }

  async usage(
    name: string,
  ): Promise<{ readonly cpuNanoSeconds: number; readonly workingSetBytes: number } | undefined> {
    const v2 = this.#hierarchies.find((h) => h.version === 2 && h.controllers.includes("memory"));
    return (await (v2 ? this.#usageV2(v2, name) : this.#usageV1(name)).catch(ignore("ENOENT"))) ?? undefined;
  }

  async #ensureIn(hierarchy: CgroupHierarchy, name: string, limits: CgroupLimits): Promise<void> {
    let path = join(hierarchy.path, this.#root);
    for (const part of name.split("/").filter(Boolean)) {
      if (hierarchy.version === 2) await delegate(path, hierarchy.controllers);
      path = join(path, part);
      await makeCgroup(path, hierarchy);
    }
    const files =
      hierarchy.version === 2 ? v2Files(hierarchy.controllers, limits) : v1Files(hierarchy.controllers, limits);
    if (hierarchy.version === 2) await delegate(path, hierarchy.controllers);
    for (const [file, value] of files) await writeFile(join(path, file), value).catch(ignore("ENOENT"));
  }

  async #usageV1(name: string) {
    const at = (controller: string) =>
      join(this.#hierarchies.find((h) => h.controllers.includes(controller))?.path ?? "", this.runtimeName(name));
    const cpu = await readFile(join(at("cpuacct"), "cpuacct.usage"), "utf8");
    const used = Number(await readFile(join(at("memory"), "memory.usage_in_bytes"), "utf8"));
    const inactive = statValue(await readFile(join(at("memory"), "memory.stat"), "utf8"), "total_inactive_file");
    return { cpuNanoSeconds: Number(cpu), workingSetBytes: Math.max(0, used - inactive) };
  }

  async #usageV2(hierarchy: CgroupHierarchy, name: string) {
    const path = join(hierarchy.path, this.runtimeName(name));
    const cpu = statValue(await readFile(join(path, "cpu.stat"), "utf8"), "usage_usec");
    const used = Number(await readFile(join(path, "memory.current"), "utf8"));
    const inactive = statValue(await readFile(join(path, "memory.stat"), "utf8"), "inactive_file");
    return { cpuNanoSeconds: cpu * NANOS_PER_MICRO, workingSetBytes: Math.max(0, used - inactive) };
  }
}

const statValue = (text: string, name: string): number =>
  Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1] ?? 0);

async function makeCgroup(path: string, hierarchy: CgroupHierarchy): Promise<void> {
  await mkdir(path).catch(ignore("EEXIST"));
  if (hierarchy.version === 2 || !hierarchy.controllers.includes("cpuset")) return;
  // A v1 cpuset starts with no processors and takes no process before it has some.
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    const current = (await readFile(join(path, file), "utf8")).trim();
    if (current === "") await writeFile(join(path, file), await readFile(join(path, "..", file), "utf8"));
  }
}

async function delegate(path: string, available: readonly string[]): Promise<void> {
  const file = join(path, "cgroup.subtree_control");
  const enabled = (await readFile(file, "utf8").catch(ignore("ENOENT")))?.trim().split(/\s+/) ?? [];
  for (const controller of ["cpuset", "cpu", "io", "memory", "hugetlb", "pids"]) {
    if (available.includes(controller) && !enabled.includes(controller))
      await writeFile(file, `+${controller}`).catch(ignore("EBUSY", "ENOENT"));
  }
}
