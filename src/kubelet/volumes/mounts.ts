// SPDX-License-Identifier: Apache-2.0

import { randomInt, type Random } from "../../base/index.ts";
import { encodeText } from "../environment/environment.ts";
import { expand } from "../environment/expansion.ts";
import type { CriMount, KeyValue, MountPropagation } from "../cri.ts";
import { hostNetworkHostsFile, podHostsFile } from "../network/hosts-file.ts";
import { StartError } from "../pods/start-error.ts";
import type { VolumeFiles } from "../ports.ts";
import type { Container, Pod, VolumeMount } from "../types.ts";
import type { MountedVolumes } from "./pod-volumes.ts";

export interface MountContext {
  readonly pod: Pod;
  readonly container: Container;
  readonly volumes: MountedVolumes;
  readonly env: readonly KeyValue[];
  readonly podIps: readonly string[];
  readonly files: VolumeFiles;
  readonly podDirectory: string;
  readonly clusterDomain: string;
  readonly random: Random;
}

const HOSTS_PATH = "/etc/hosts";
const HOSTS_MODE = 0o644;
/** Written to by whoever the container runs as. */
const TERMINATION_LOG_MODE = 0o666;
const DIRECTORY_MODE = 0o750;

const PROPAGATION: Readonly<Record<string, MountPropagation>> = {
  None: "PROPAGATION_PRIVATE",
  HostToContainer: "PROPAGATION_HOST_TO_CONTAINER",
  Bidirectional: "PROPAGATION_BIDIRECTIONAL",
};

const decoder = new TextDecoder();

function subPathOf(mount: VolumeMount, env: readonly KeyValue[]): string {
  if (!mount.subPathExpr) return mount.subPath ?? "";
  let missing: string | undefined;
  const path = expand(mount.subPathExpr, (name) => {
    const found = env.find((e) => e.key === name);
    if (!found) missing = name;
    return found?.value;
  });
  if (missing !== undefined) throw new StartError("CreateContainerConfigError", `missing value for "${missing}"`);
  return path;
}

function checkSubPath(path: string): void {
  if (path.startsWith("/"))
    throw new StartError("CreateContainerConfigError", `error SubPath \`${path}\` must not be an absolute path`);
  if (path.split("/").includes(".."))
    throw new StartError(
      "CreateContainerConfigError",
      `unable to provision SubPath \`${path}\`: must not contain '..'`,
    );
}

async function volumeMount(mount: VolumeMount, index: number, context: MountContext): Promise<CriMount> {
  const volume = context.volumes.get(mount.name);
  if (!volume) {
    const why = `cannot find volume "${mount.name}" to mount into container "${context.container.name}"`;
    throw new StartError("CreateContainerConfigError", why);
  }
  let hostPath = volume.path;
  const subPath = subPathOf(mount, context.env);
  if (subPath) {
    checkSubPath(subPath);
    const target = `${context.podDirectory}/volume-subpaths/${mount.name}/${context.container.name}/${index}`;
    try {
      await context.files.bindSubPath({ base: volume.path, subPath, target });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const message = `failed to prepare subPath for volumeMount "${mount.name}" of container "${context.container.name}": ${why}`;
      throw new StartError("CreateContainerConfigError", message, { cause: error });
    }
    hostPath = target;
  }
  const readonly = mount.readOnly === true || volume.readOnly;
  return {
    containerPath: mount.mountPath.startsWith("/") ? mount.mountPath : `/${mount.mountPath}`,
    hostPath,
    readonly,
    propagation: PROPAGATION[mount.mountPropagation ?? "None"],
    recursiveReadOnly: mount.recursiveReadOnly === "Enabled",
  };
}

async function hostsMount(context: MountContext): Promise<CriMount> {
  const { pod, files } = context;
  const hostPath = `${context.podDirectory}/etc-hosts`;
  let text: string;
  if (pod.spec?.hostNetwork) {
    const own = await files.readFile(HOSTS_PATH);
    text = hostNetworkHostsFile(pod, own ? decoder.decode(own) : "");
  } else text = podHostsFile(pod, context.podIps, context.clusterDomain);
  await files.writeFile(hostPath, encodeText(text), { mode: HOSTS_MODE });
  return { containerPath: HOSTS_PATH, hostPath, readonly: false };
}

async function terminationMount(context: MountContext): Promise<CriMount | undefined> {
  const { container, files, random } = context;
  if (!container.terminationMessagePath) return undefined;
  const directory = `${context.podDirectory}/containers/${container.name}`;
  await files.makeDirectory(directory, { mode: DIRECTORY_MODE });
  const hostPath = `${directory}/${randomInt(random, 2 ** 32)
    .toString(16)
    .padStart(8, "0")}`;
  await files.writeFile(hostPath, new Uint8Array(0), { mode: TERMINATION_LOG_MODE });
  return { containerPath: container.terminationMessagePath, hostPath, readonly: false };
}

/** Everything that is mounted into a container: volumes, the hosts file and the file for its last words. */
export async function containerMounts(context: MountContext): Promise<readonly CriMount[]> {
  const own = context.container.volumeMounts ?? [];
  const mounts: CriMount[] = [];
  for (const [i, mount] of own.entries()) mounts.push(await volumeMount(mount, i, context));
  const knowsHosts = context.podIps.length > 0 || context.pod.spec?.hostNetwork === true;
  if (knowsHosts && !own.some((m) => m.mountPath === HOSTS_PATH)) mounts.push(await hostsMount(context));
  const last = await terminationMount(context);
  if (last) mounts.push(last);
  return mounts;
}
