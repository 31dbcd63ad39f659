// SPDX-License-Identifier: Apache-2.0

/** What a node's pods get from CNI. */
export interface CniSettings {
  /** The node's part of the pod range. */
  readonly podRange: string;
  /** Where host-local keeps who has which address; gone when the node restarts, like the pods. */
  readonly dataFolder: string;
  readonly mtu?: number;
}

/** The bridge of a node's pods. */
export const POD_BRIDGE = "cni0";

/**
 * A list of one plug-in: no portmap and no ipMasq, since both write rules into tables that are not Knarr's; host ports
 * and masquerading are part of the Service rules.
 */
export function cniConfigList(settings: CniSettings): string {
  const bridge = {
    type: "bridge",
    bridge: POD_BRIDGE,
    isGateway: true,
    hairpinMode: true,
    ipMasq: false,
    ...(settings.mtu ? { mtu: settings.mtu } : {}),
    ipam: {
      type: "host-local",
      dataDir: settings.dataFolder,
      ranges: [[{ subnet: settings.podRange }]],
      routes: [{ dst: "0.0.0.0/0" }],
    },
  };
  return `${JSON.stringify({ cniVersion: "0.4.0", name: "knarr", plugins: [bridge] }, undefined, 2)}\n`;
}
