// SPDX-License-Identifier: Apache-2.0

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { storeSuite } from "../../../test/contract/store-suite.ts";
import { openLmdbStore } from "./lmdb-store.ts";

const folders: string[] = [];
after(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "knarr-lmdb-"));
  folders.push(made);
  return made;
}

storeSuite({
  name: "LMDB store",
  durable: true,
  open: (options) => openLmdbStore(options),
  folder,
});
