// SPDX-License-Identifier: Apache-2.0

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Commands } from "./commands.ts";
import { PAUSE_IMAGE } from "./containerd-config.ts";
import { exists } from "./files.ts";
import { buildImageArchive, fullImageName } from "./image-archive.ts";

/** The namespace that CRI uses in containerd. */
export const CRI_NAMESPACE = "k8s.io";

/** What is needed to talk to a node's containerd. */
export interface ImageTarget {
  readonly containerdSocket: string;
  readonly commands: Commands;
  readonly signal?: AbortSignal;
}

/**
 * Imports an archive (OCI layout or `docker save`) into a node. Gives the names of its images in full, as pods' short
 * names are understood; an archive without an image for this machine's processor is refused.
 */
export async function importImages(archive: string, target: ImageTarget): Promise<string[]> {
  const output = await ctr(target, ["images", "import", archive]);
  const names = [...output.matchAll(/^unpacking (\S+)/gm)].map((match) => match[1] ?? "");
  if (names.length === 0) throw new Error(`${archive} has no image for this machine`);
  return Promise.all(names.map((name) => giveFullName(name, target)));
}

/** Some tools write short names into archives, under which nobody would look for the image. */
async function giveFullName(name: string, target: ImageTarget): Promise<string> {
  const full = fullImageName(name);
  if (full === name) return name;
  await ctr(target, ["images", "tag", "--force", name, full]);
  await ctr(target, ["images", "remove", name]);
  return full;
}

/** Imports an archive that is in memory. */
export async function importImageBytes(bytes: Uint8Array, target: ImageTarget): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "knarr-image-"));
  try {
    const path = join(folder, "image.tar");
    await writeFile(path, bytes);
    return await importImages(path, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Names of the images of a node. */
export async function imageNames(target: ImageTarget): Promise<string[]> {
  const output = await ctr(target, ["images", "list", "--quiet"]);
  return output.split("\n").filter(Boolean);
}

/** A static program that waits, reaps and does nothing else. */
const PAUSE_PROGRAMS = ["/usr/bin/catatonit", "/usr/libexec/catatonit", "/usr/libexec/podman/catatonit"];

/** The image of the container that holds a pod's namespaces, from a program of the machine's packages. */
export async function buildPauseImage(): Promise<Buffer> {
  for (const source of PAUSE_PROGRAMS) {
    if (!(await exists(source))) continue;
    return buildImageArchive({
      name: PAUSE_IMAGE,
      files: [{ path: "/pause", source }],
      config: { Entrypoint: ["/pause", "-P"], User: "65535:65535" },
    });
  }
  throw new Error("catatonit is not installed; pods need it as their pause program");
}

/** Imports the pause image where it is missing, so that starting a pod downloads nothing. */
export async function ensurePauseImage(target: ImageTarget): Promise<void> {
  if ((await imageNames(target)).includes(PAUSE_IMAGE)) return;
  await importImageBytes(await buildPauseImage(), target);
}

function ctr({ containerdSocket, commands, signal }: ImageTarget, args: readonly string[]): Promise<string> {
  const argv = ["ctr", "--address", containerdSocket, "--namespace", CRI_NAMESPACE, ...args];
  return commands.run(argv, { signal });
}
