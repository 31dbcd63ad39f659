// SPDX-License-Identifier: Apache-2.0

import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { storeSuite } from "../../../test/contract/store-suite.ts";
import { openLmdbStore } from "./lmdb-store.ts";

storeSuite({
  name: "LMDB store",
  durable: true,
  open: ({ clock, folder }) => openLmdbStore({ clock, folder }),
  folder: () => mkdtemp(join(tmpdir(), "knarr-lmdb-")),
});
