// SPDX-License-Identifier: Apache-2.0

import type { Header } from "tar-stream";

/** A member of an archive. */
export interface TarEntry {
  /** Relative to the archive's root. */
  readonly path: string;
  readonly mode: number;
  readonly content:
    | { readonly type: "file"; readonly bytes: Uint8Array }
    | { readonly type: "directory" }
    | { readonly type: "symlink"; readonly target: string };
}

/** The bytes of an archive. The same members give the same bytes: no times, no owners. */
export async function tarBytes(entries: readonly TarEntry[]): Promise<Buffer> {
  const { pack } = await import("tar-stream");
  const archive = pack();
  const chunks: Buffer[] = [];
  const collected = (async () => {
    for await (const chunk of archive) chunks.push(chunk as Buffer);
  })();
  for (const { path, mode, content } of entries) {
    const header: Partial<Header> & { name: string } = {
      name: path,
      mode,
      mtime: new Date(0),
      uid: 0,
      gid: 0,
      type: content.type,
    };
    if (content.type === "symlink") header.linkname = content.target;
    const body = content.type === "file" ? content.bytes : "";
    await new Promise<void>((resolve, reject) => {
      archive.entry(header, body, (error) => (error ? reject(error) : resolve()));
    });
  }
  archive.finalize();
  await collected;
  return Buffer.concat(chunks);
}
