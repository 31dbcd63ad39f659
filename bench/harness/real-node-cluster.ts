// SPDX-License-Identifier: Apache-2.0

import { type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { PAUSE_IMAGE } from "../../src/platform/node/index.ts";
import { ApiClient } from "./api-client.ts";
import { freePort, KnarrHome } from "./knarr-target.ts";
import { readKubeconfig } from "./kubeconfig.ts";

const POLL_MS = 5;
const START_LIMIT_MS = 120_000;
const POD = "first";
const PODS = "/api/v1/namespaces/default/pods";

/** When a cluster came so far, in milliseconds since its command was started. */
export interface StartTimes {
  readonly readyMs: number;
  readonly kubeconfigMs: number;
  readonly nodeReadyMs: number;
  readonly podAcceptedMs: number;
  readonly containerMs: number;
}

interface StatusOutput {
  readonly parts: readonly { readonly name: string; readonly pid: number }[];
  readonly runtime: readonly {
    readonly pid1?: { readonly pid: number };
    readonly containerd?: { readonly pid: number };
  }[];
}

/** A cluster with one real node, from its first moment. */
export class RealNodeCluster implements AsyncDisposable {
  readonly #home = new KnarrHome();
  #child: ChildProcess | undefined;

  /** Starts it, runs one container of an image that is on the node, and tells when. */
  async start(): Promise<StartTimes> {
    const port = await freePort();
    const began = performance.now();
    const since = (): number => performance.now() - began;
    const child = this.#home.command(["up", "--nodes", "1", "--port", String(port)]);
    this.#child = child;
    let log = "";
    child.stderr!.on("data", (chunk: Buffer) => {
      log += chunk.toString();
    });
    child.stdout!.resume();
    const until = async (isSo: () => Promise<boolean>): Promise<number> => {
      while (!(await isSo())) {
        if (child.exitCode !== null || since() > START_LIMIT_MS) throw new Error(`knarr did not come up: ${log}`);
        await sleep(POLL_MS);
      }
      return since();
    };
    const readyMs = await untilReady(`https://127.0.0.1:${port}`, until);
    const kubeconfigMs = await until(async () => existsSync(this.#home.kubeconfig));
    using client = new ApiClient(readKubeconfig(this.#home.kubeconfig));
    const accepted = until(async () => (await client.call("POST", PODS, firstPod())).status === 201);
    const nodeReady = until(async () => hasReadyNode((await client.must("GET", "/api/v1/nodes")) as NodeList));
    const podAcceptedMs = await accepted;
    const containerMs = await until(async () => isRunning((await client.must("GET", `${PODS}/${POD}`)) as PodStatus));
    return { readyMs, kubeconfigMs, nodeReadyMs: await nodeReady, podAcceptedMs, containerMs };
  }

  /** Process ids of our own parts, and of what the node runs on. */
  async processes(): Promise<{ readonly parts: StatusOutput["parts"]; readonly runtime: readonly number[] }> {
    const status = JSON.parse(await this.#home.run(["status", "-o", "json"])) as StatusOutput;
    const runtime = status.runtime.flatMap((node) => [node.pid1?.pid, node.containerd?.pid]);
    return { parts: status.parts, runtime: runtime.filter((pid) => pid !== undefined) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#home.run(["down", "--purge"]);
    if (this.#child?.exitCode === null) await once(this.#child, "exit");
    this.#home[Symbol.dispose]();
  }
}

interface NodeList {
  readonly items: readonly { readonly status: { readonly conditions?: readonly Condition[] } }[];
}

interface Condition {
  readonly type: string;
  readonly status: string;
}

interface PodStatus {
  readonly status: { readonly containerStatuses?: readonly { readonly state: { readonly running?: unknown } }[] };
}

const hasReadyNode = ({ items }: NodeList): boolean =>
  items.some(({ status }) => status.conditions?.some((c) => c.type === "Ready" && c.status === "True"));

const isRunning = ({ status }: PodStatus): boolean => status.containerStatuses?.[0]?.state.running !== undefined;

const firstPod = (): object => ({
  metadata: { name: POD },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [{ name: "pause", image: PAUSE_IMAGE, imagePullPolicy: "Never" }],
  },
});

/** Asks until the server says that it is ready; nobody listens at first. */
async function untilReady(server: string, until: (isSo: () => Promise<boolean>) => Promise<number>): Promise<number> {
  using anonymous = new ApiClient({ server });
  return await until(() =>
    anonymous.call("GET", "/readyz").then(
      (answer) => answer.status === 200,
      () => false,
    ),
  );
}
