// SPDX-License-Identifier: Apache-2.0

import { isIPv4 } from "node:net";
import { Command, InvalidArgumentError, Option } from "commander";
import { suggestedCommand } from "./command-suggestion.ts";
import type { UpOptions } from "./commands/up.ts";
import { EXIT } from "./failure.ts";

const MAX_SIMULATED_NODES = 100_000;
const MAX_PORT = 65_535;

function wholeNumber(max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value > max)
      throw new InvalidArgumentError(`It must be a whole number from 0 to ${max}.`);
    return value;
  };
}

const IPV4_BITS = 32;
/** As kube-apiserver has it: a larger range of Services would not fit its allocation. */
const SERVICE_PREFIX_MIN = 12;
const POD_PREFIX_MIN = 8;

/** A range of IPv4 addresses, written as its first address and the length of its prefix. */
function addressRange(prefixMin: number): (text: string) => string {
  return (text) => {
    const [address = "", prefix = "", ...more] = text.split("/");
    const length = Number(prefix);
    const isRange = isIPv4(address) && /^\d+$/.test(prefix) && more.length === 0;
    if (isRange && length >= prefixMin && length < IPV4_BITS - 1) return text;
    throw new InvalidArgumentError(`It must be a range such as 10.96.0.0/16, of /${prefixMin} to /${IPV4_BITS - 2}.`);
  };
}

const OUTPUT = new Option("-o, --output <format>", "for programs").choices(["json"]);
const NAME = ["--name <name>", "name of the cluster", "default"] as const;

interface ShowOptions {
  readonly name?: string;
  readonly output?: string;
}

interface NamedOptions extends ShowOptions {
  readonly name: string;
}

interface DownOptions extends NamedOptions {
  readonly purge?: boolean;
}

interface LogsOptions extends NamedOptions {
  readonly follow?: boolean;
  readonly tail?: number;
}

/** Says what an unknown command may have meant, in place of the library's bolder guesses. */
function suggest(parent: Command): void {
  parent.configureOutput({
    outputError(text, write) {
      const line = /^error: unknown command '(.*)'/.exec(text);
      if (!line) return write(text);
      const names = parent
        .createHelp()
        .visibleCommands(parent)
        .map((command) => command.name());
      const meant = suggestedCommand(line[1]!, names);
      write(meant === undefined ? `${line[0]}\n` : `${line[0]}\n(Did you mean ${meant}?)\n`);
    },
  });
}

/** The command line. Each command's code is loaded when it runs: most need little of it. */
export function program(): Command {
  const knarr = new Command("knarr")
    .description("Kubernetes in one process: real and simulated nodes on this machine")
    .showHelpAfterError("(knarr --help lists the commands)")
    .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.ok : EXIT.usage));
  suggest(knarr);
  addUp(knarr);
  knarr
    .command("down")
    .description("Stop a cluster and remove what it has on this machine; its objects stay until --purge")
    .option(...NAME)
    .option("--purge", "remove its objects and certificates too")
    .addOption(OUTPUT)
    .action(async (options: DownOptions) => (await import("./commands/down.ts")).down(options));
  knarr
    .command("status")
    .description("What runs")
    .option("--name <name>", "one cluster only")
    .addOption(OUTPUT)
    .action(async (options: ShowOptions) => (await import("./commands/status.ts")).status(options));
  knarr
    .command("logs")
    .description("What the cluster's own parts wrote")
    .option(...NAME)
    .option("-f, --follow", "go on as more comes")
    .option("--tail <lines>", "only the last lines", wholeNumber(1e9))
    .action(async (options: LogsOptions) => (await import("./commands/logs.ts")).logs(options));
  knarr
    .command("kubeconfig")
    .description("Print the kubeconfig of a cluster")
    .option(...NAME)
    .action(async (options: NamedOptions) => (await import("./commands/kubeconfig.ts")).kubeconfig(options));
  const image = knarr.command("image").description("Images of the real nodes");
  suggest(image);
  image
    .command("load <archive>")
    .description("Give an image archive (docker save, or OCI layout, as tar) to every real node")
    .option(...NAME)
    .addOption(OUTPUT)
    .action(async (archive: string, options: NamedOptions) =>
      (await import("./commands/image-load.ts")).imageLoad(archive, options),
    );
  knarr
    .command("version")
    .description("Versions of Knarr and of the Kubernetes that it is")
    .addOption(OUTPUT)
    .action(async (options: ShowOptions) => (await import("./commands/version.ts")).version(options));
  knarr
    .command("node-agent <config>", { hidden: true })
    .action(async (config: string) => (await import("./commands/node-agent.ts")).nodeAgent(config));
  return knarr;
}

function addUp(knarr: Command): void {
  knarr
    .command("up")
    .description("Start a cluster, or start it again")
    .option(...NAME)
    .option(
      "--nodes <count>",
      "real nodes on this machine: 1 (the default, for root on Linux) or 0",
      wholeNumber(1_000),
    )
    .option("--simulate <count>", "simulated nodes", wholeNumber(MAX_SIMULATED_NODES))
    .option("--api-only", "the API server without scheduler, controllers and nodes")
    .option("--data-dir <folder>", "where objects and certificates are kept")
    .option("--port <port>", "port of the API server (6443, or the next free one)", wholeNumber(MAX_PORT))
    .option("--service-cidr <range>", "addresses of Services", addressRange(SERVICE_PREFIX_MIN))
    .option("--pod-cidr <range>", "addresses of pods", addressRange(POD_PREFIX_MIN))
    .option("--kubeconfig <file>", "the kubeconfig to add the cluster to")
    .option("--wait", "return or report only when the nodes are ready")
    .option("-d, --detach", "leave the cluster running and return when it is up")
    .addOption(OUTPUT)
    .action(async (options: UpOptions) => (await import("./commands/up.ts")).up(options));
}
