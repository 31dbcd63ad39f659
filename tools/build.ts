// SPDX-License-Identifier: Apache-2.0
/**
 * Builds what runs fast and what is published, in dist/:
 *
 *   node tools/build.ts [--declarations]
 *
 * The sources run as they are too. A thousand files take Node.js longer to find and link than to run, so the built form
 * joins them: the command line, the library, and pieces that are loaded when they are needed.
 */
import { spawnSync } from "node:child_process";
import { existsSync, globSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = join(root, "dist");
const MILLIS = 1_000;
const KEPT_MS = 24 * 60 * 60 * MILLIS;

/** Packages stay packages: some are native, and each has its own licence. */
const isPackage = (id: string): boolean => !id.startsWith(".") && !id.startsWith("/");

interface Build {
  /** Tells the state of the sources before they were read: what changes meanwhile makes the build an old one. */
  readonly sources: string;
  readonly files: readonly string[];
}

interface BuiltForm {
  sourcesStamp(root: string): string;
  lastBuild(root: string): Build | undefined;
}

/** Plain JavaScript, since `bin/knarr` reads it on any Node.js. */
const { sourcesStamp, lastBuild } = (await import(join(root, "bin", "built.mjs"))) as BuiltForm;

/** What a running cluster was built of may still be loaded by it, and has names of its own. */
function removeOld(replaced: readonly string[], kept: ReadonlySet<string>, nowMs: number): void {
  for (const name of replaced) {
    // Its day begins now, however long ago it was built.
    if (!kept.has(name)) utimesSync(join(target, name), nowMs / MILLIS, nowMs / MILLIS);
  }
  for (const name of globSync(["*.{js,map}", "fresh-*"], { cwd: target })) {
    const path = join(target, name);
    // Another build that runs now takes its own things away.
    const isOld = (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? nowMs) < nowMs - KEPT_MS;
    if (isOld && !kept.has(name)) rmSync(path, { recursive: true, force: true });
  }
}

/** What earlier builds left is not published. */
const ignoredByNpm = (files: readonly string[]): string =>
  ["*.js", "*.map", "fresh-*", ...files.map((name) => `!${name}`)].join("\n");

async function bundle(): Promise<void> {
  const nowMs = Date.now();
  const sources = sourcesStamp(root);
  const replaced = (lastBuild(root)?.files ?? []).filter((name) => existsSync(join(target, name)));
  const fresh = join(target, `fresh-${process.pid}`);
  const input = { main: join(root, "src/cli/main.ts"), index: join(root, "src/index.ts") };
  const build = await rolldown({ input, platform: "node", external: isPackage });
  try {
    const { output } = await build.write({
      dir: fresh,
      format: "esm",
      sourcemap: true,
      chunkFileNames: "[name]-[hash].js",
    });
    const files = output.map((file) => file.fileName);
    // The command line comes last: nobody finds one whose pieces are not there.
    const names = files.toSorted((a, b) => Number(a === "main.js") - Number(b === "main.js"));
    const form: Build = { sources, files };
    writeFileSync(join(fresh, "built.json"), JSON.stringify(form));
    writeFileSync(join(fresh, ".npmignore"), ignoredByNpm(files));
    for (const name of [...names, ".npmignore", "built.json"]) renameSync(join(fresh, name), join(target, name));
    removeOld(replaced, new Set(files), nowMs);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    await build.close();
  }
}

/** Writes the types of the library; the exit code. */
function declarations(): number {
  const config = join(root, "tsconfig.build.json");
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    outDir: "dist/types",
    rootDir: "src",
  };
  const all = { extends: "./tsconfig.json", compilerOptions, include: ["src/**/*.ts"], exclude: ["src/**/*.test.ts"] };
  writeFileSync(config, JSON.stringify(all));
  try {
    const tsc = spawnSync(join(root, "node_modules", ".bin", "tsc"), ["-p", config], { cwd: root, stdio: "inherit" });
    return tsc.status ?? 1;
  } finally {
    rmSync(config);
  }
}

await bundle();
if (process.argv.includes("--declarations")) {
  // A published package has what a set-up makes, whether there was one or not.
  const made = spawnSync(process.execPath, [join(root, "tools", "generate-descriptions.ts")], { stdio: "inherit" });
  process.exitCode = made.status === 0 ? declarations() : 1;
}
