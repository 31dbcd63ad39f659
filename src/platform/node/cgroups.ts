// SPDX-License-Identifier: Apache-2.0

import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { exists, ignore, readIfExists } from "./files.ts";
import { kill } from "./processes.ts";
import { waitUntil } from "./wait-until.ts";

/** A mounted tree of cgroups. */
export interface CgroupHierarchy {
  readonly path: string;
  readonly version: 1 | 2;
  /** v1: the controllers it was mounted with; empty for a named one. v2: those that are available in it. */
  readonly controllers: readonly string[];
}

const CGROUP_END_TIMEOUT_MS = 20_000;
/** Controllers that pods need, of those that the kernel offers. */
const V2_CONTROLLERS = ["cpuset", "cpu", "io", "memory", "hugetlb", "pids"];

/** The hierarchies of this machine: several of v1, one of v2, or both. */
export async function cgroupHierarchies(): Promise<CgroupHierarchy[]> {
  const hierarchies: CgroupHierarchy[] = [];
  const seen = new Set<string>();
  for (const line of (await readFile("/proc/self/mountinfo", "utf8")).split("\n")) {
    const [before = "", after = ""] = line.split(" - ");
    const [type = "", , options = ""] = after.split(" ");
    const path = before.split(" ")[4] ?? "";
    if ((type !== "cgroup" && type !== "cgroup2") || seen.has(path)) continue;
    seen.add(path);
    hierarchies.push(type === "cgroup" ? v1Hierarchy(path, options) : await v2Hierarchy(path));
  }
  return hierarchies;
}

const NOT_CONTROLLERS = /^(rw|ro|xattr|noprefix|clone_children|name=|release_agent=|cpuset_v2_mode|favordynmods)/;

function v1Hierarchy(path: string, options: string): CgroupHierarchy {
  return { path, version: 1, controllers: options.split(",").filter((option) => !NOT_CONTROLLERS.test(option)) };
}

async function v2Hierarchy(path: string): Promise<CgroupHierarchy> {
  const controllers = await readFile(join(path, "cgroup.controllers"), "utf8");
  return { path, version: 2, controllers: controllers.trim().split(/\s+/).filter(Boolean) };
}

/**
 * Makes the cgroup of a node in every hierarchy, with a leaf `node` for its daemons (v2 allows processes only in leaves
 * when children have controllers). Gives the files that take the daemons' process id.
 */
export async function createNodeCgroups(name: string): Promise<string[]> {
  const files: string[] = [];
  const hierarchies = await cgroupHierarchies();
  // Beside v1, the hierarchy of v2 only groups processes.
  const isPureV2 = hierarchies.every((hierarchy) => hierarchy.version === 2);
  for (const hierarchy of hierarchies) {
    const cgroup = join(hierarchy.path, name);
    const leaf = join(cgroup, "node");
    if (isPureV2) await delegateControllers(hierarchy.path, hierarchy.controllers);
    await createCgroup(hierarchy, cgroup);
    if (isPureV2) await delegateControllers(cgroup, hierarchy.controllers);
    await createCgroup(hierarchy, leaf);
    files.push(join(leaf, "cgroup.procs"));
  }
  return files;
}

async function createCgroup(hierarchy: CgroupHierarchy, path: string): Promise<void> {
  await mkdir(path).catch(ignore("EEXIST"));
  if (hierarchy.version === 2 || !hierarchy.controllers.includes("cpuset")) return;
  // A v1 cpuset starts with no processors and takes no process before it has some.
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    const current = (await readFile(join(path, file), "utf8")).trim();
    if (current === "") await writeFile(join(path, file), await readFile(join(path, "..", file), "utf8"));
  }
}

async function delegateControllers(cgroup: string, available: readonly string[]): Promise<void> {
  const file = join(cgroup, "cgroup.subtree_control");
  const enabled = (await readFile(file, "utf8")).trim().split(/\s+/);
  for (const controller of V2_CONTROLLERS) {
    if (available.includes(controller) && !enabled.includes(controller)) await writeFile(file, `+${controller}`);
  }
}

/** Ends all processes in a cgroup and below, and removes it, in every hierarchy. */
export async function removeCgroup(name: string): Promise<void> {
  const hierarchies = await cgroupHierarchies();
  const cgroups = hierarchies.map((hierarchy) => join(hierarchy.path, name));
  for (const cgroup of cgroups) {
    if (!(await exists(cgroup))) continue;
    await waitUntil(() => removeTree(cgroup), { timeoutMs: CGROUP_END_TIMEOUT_MS, what: `the end of ${cgroup}` });
  }
}

/** The cgroups at the top of any hierarchy whose name is accepted. */
export async function findCgroups(accept: (name: string) => boolean): Promise<string[]> {
  const names = new Set<string>();
  for (const { path } of await cgroupHierarchies()) {
    for (const entry of await readdir(path, { withFileTypes: true })) {
      if (entry.isDirectory() && accept(entry.name)) names.add(entry.name);
    }
  }
  return [...names].sort();
}

/** The processes directly in a cgroup, in whatever hierarchy they are found first. */
export async function processesInCgroup(name: string): Promise<number[]> {
  for (const { path } of await cgroupHierarchies()) {
    const pids = await processIds(join(path, name));
    if (pids.length > 0) return pids;
  }
  return [];
}

async function processIds(cgroup: string): Promise<number[]> {
  const text = await readIfExists(join(cgroup, "cgroup.procs"));
  return (text ?? "").split("\n").filter(Boolean).map(Number);
}

/** One try: false when a cgroup is still busy because the processes in it have not ended yet. */
async function removeTree(cgroup: string): Promise<boolean> {
  await writeFile(join(cgroup, "cgroup.kill"), "1", { flag: "r+" }).catch(() => undefined);
  const entries = (await readdir(cgroup, { withFileTypes: true }).catch(ignore("ENOENT"))) ?? [];
  let gone = true;
  for (const entry of entries) {
    if (entry.isDirectory()) gone = (await removeTree(join(cgroup, entry.name))) && gone;
  }
  for (const pid of await processIds(cgroup)) kill(pid);
  if (!gone) return false;
  return rmdir(cgroup).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return true;
      if (error.code === "EBUSY" || error.code === "ENOTEMPTY") return false;
      throw error;
    },
  );
}
