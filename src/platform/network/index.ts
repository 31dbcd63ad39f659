// SPDX-License-Identifier: Apache-2.0

export { ConntrackCommand, NftCommand } from "./nft-command.ts";
