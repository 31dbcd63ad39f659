// SPDX-License-Identifier: Apache-2.0

import { join } from "node:path";

/** What a node's own containerd is told. */
export interface ContainerdSettings {
  /** The node's folder: images, snapshots and the socket are in it. */
  readonly folder: string;
  /** The node's address, where exec, attach and port-forward are served. */
  readonly address: string;
  readonly cniBinFolder: string;
  /** Scores below the current one need CAP_SYS_RESOURCE. */
  readonly restrictOomScoreAdj: boolean;
}

/** The image of the container that holds a pod's namespaces; made at set-up, never downloaded. */
export const PAUSE_IMAGE = "knarr.dev/pause:1";

/** Inside the node's private /run, so that it ends with the node like a machine's. */
const STATE_FOLDER = "/run/containerd";

export const containerdSocket = (folder: string): string => join(folder, "containerd.sock");
export const cniConfigFolder = (folder: string): string => join(folder, "cni");

/** The text of config.toml. Nothing in it is shared with another containerd of the machine. */
export function containerdConfig(settings: ContainerdSettings): string {
  const { folder, address, cniBinFolder, restrictOomScoreAdj } = settings;
  const text = (value: string) => JSON.stringify(value);
  return `version = 2
root = ${text(join(folder, "containerd"))}
state = ${text(STATE_FOLDER)}
oom_score = 0
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.tracing.processor.v1.otlp",
  "io.containerd.internal.v1.tracing",
]

[grpc]
  address = ${text(containerdSocket(folder))}

[debug]
  level = "warn"

[plugins."io.containerd.internal.v1.opt"]
  path = ${text(join(folder, "opt"))}

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = ${text(PAUSE_IMAGE)}
  disable_tcp_service = true
  stream_server_address = ${text(address)}
  stream_server_port = "0"
  stream_idle_timeout = "4h0m0s"
  enable_selinux = false
  restrict_oom_score_adj = ${restrictOomScoreAdj}
  tolerate_missing_hugetlb_controller = true
  netns_mounts_under_state_dir = true
  # The limit belongs to the kubelet, which truncates nothing; logs are split into lines of at most this many bytes.
  max_container_log_line_size = 16384

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = ${text(cniBinFolder)}
    conf_dir = ${text(cniConfigFolder(folder))}
    max_conf_num = 1

  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    ignore_rdt_not_enabled_errors = true

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"

      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        BinaryName = "runc"
        Root = ${text(join(STATE_FOLDER, "runc"))}
        SystemdCgroup = false

  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "/etc/containerd/certs.d"
`;
}
