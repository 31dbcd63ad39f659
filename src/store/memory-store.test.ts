// SPDX-License-Identifier: Apache-2.0

import { storeSuite } from "../../test/contract/store-suite.ts";
import { MemoryStore } from "./memory-store.ts";

storeSuite({
  name: "memory store",
  durable: false,
  open: async ({ clock }) => new MemoryStore({ clock }),
  folder: async () => "",
});
