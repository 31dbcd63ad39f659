// SPDX-License-Identifier: Apache-2.0

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Pki, type PkiFiles } from "./pki.ts";
import { createTokenKey } from "./token-keys.ts";

const FILES = ["ca.crt", "ca.key", "sa.key"] as const;
const BUNDLE = "pki.json";

/** The PKI kept in a folder; a new one is made and kept where there is none. All its files appear at once. */
export async function openPki(folder: string, options: { readonly nowMs: number }): Promise<Pki> {
  const path = join(folder, BUNDLE);
  if (existsSync(path)) return kept(path);
  const pki = Pki.create({ ...options, tokenKey: await createTokenKey() });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = pki.toFiles();
  const fresh = `${path}.new`;
  writeFileSync(fresh, JSON.stringify(files), { mode: 0o600 });
  renameSync(fresh, path);
  for (const name of FILES) writeFileSync(join(folder, name), files[name], { mode: 0o600 });
  return pki;
}

/** The PKI of a cluster that was started before. */
export const readPki = (folder: string): Pki => kept(join(folder, BUNDLE));

function kept(path: string): Pki {
  const text = readFileSync(path, "utf8");
  try {
    return Pki.fromFiles(JSON.parse(text) as PkiFiles);
  } catch (cause) {
    throw new Error(
      `The certificates in ${path} cannot be understood: restore the file from a backup, or give another data folder`,
      { cause },
    );
  }
}
