// SPDX-License-Identifier: Apache-2.0

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { arch } from "node:process";
import { tarBytes, type TarEntry } from "./tar-archive.ts";

/** A file of an image: its bytes, a file of the machine, or a symbolic link. */
export type ImageFile = { readonly path: string } & (
  | { readonly bytes: Uint8Array; readonly mode?: number }
  | { readonly source: string; readonly mode?: number }
  | { readonly link: string }
);

/** What a container of the image does when nobody says otherwise. */
export interface ImageConfig {
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Env?: readonly string[];
  readonly WorkingDir?: string;
  readonly User?: string;
  readonly StopSignal?: string;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Labels?: Readonly<Record<string, string>>;
}

/** An image of one layer. */
export interface ImageOptions {
  /** The reference it gets: `busybox:1.36`, `registry.example/pause:1`. */
  readonly name: string;
  readonly files: readonly ImageFile[];
  readonly config?: ImageConfig;
}

const DEFAULT_FILE_MODE = 0o755;
const EPOCH = "1970-01-01T00:00:00Z";
const MEDIA = "application/vnd.oci.image";

/** Docker's short names in full: `busybox` is `docker.io/library/busybox:latest`. */
export function fullImageName(name: string): string {
  const [first = "", ...rest] = name.split("/");
  const hasRegistry = rest.length > 0 && (first.includes(".") || first.includes(":") || first === "localhost");
  const path = hasRegistry ? name : `docker.io/${rest.length > 0 ? name : `library/${name}`}`;
  return /[:@][^/]*$/.test(path) ? path : `${path}:latest`;
}

/** An archive in OCI layout, as `image load` takes it. The same input gives the same bytes and digests. */
export async function buildImageArchive(options: ImageOptions): Promise<Buffer> {
  const layer = await tarBytes(await layerEntries(options.files));
  const config = json({
    created: EPOCH,
    architecture: goArchitecture(),
    os: "linux",
    config: options.config ?? {},
    rootfs: { type: "layers", diff_ids: [digest(layer)] },
    history: [{ created: EPOCH, created_by: "knarr" }],
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: `${MEDIA}.manifest.v1+json`,
    config: descriptor(`${MEDIA}.config.v1+json`, config),
    layers: [descriptor(`${MEDIA}.layer.v1.tar`, layer)],
  });
  const name = fullImageName(options.name);
  const index = json({
    schemaVersion: 2,
    mediaType: `${MEDIA}.index.v1+json`,
    manifests: [
      {
        ...descriptor(`${MEDIA}.manifest.v1+json`, manifest),
        annotations: {
          "io.containerd.image.name": name,
          "org.opencontainers.image.ref.name": name.slice(name.lastIndexOf(":") + 1),
        },
        platform: { architecture: goArchitecture(), os: "linux" },
      },
    ],
  });
  return tarBytes([
    file("oci-layout", json({ imageLayoutVersion: "1.0.0" })),
    file("index.json", index),
    ...[manifest, config, layer].map((blob) => file(`blobs/sha256/${digest(blob).slice("sha256:".length)}`, blob)),
  ]);
}

/** Parents come before what is in them. */
async function layerEntries(files: readonly ImageFile[]): Promise<TarEntry[]> {
  const entries = new Map<string, TarEntry>();
  for (const item of files) {
    const path = item.path.replace(/^\/+/, "");
    const parts = path.split("/");
    for (let i = 1; i < parts.length; i++) {
      const parent = `${parts.slice(0, i).join("/")}/`;
      if (!entries.has(parent)) entries.set(parent, { path: parent, mode: 0o755, content: { type: "directory" } });
    }
    entries.set(path, await layerEntry(path, item));
  }
  return [...entries.values()];
}

async function layerEntry(path: string, item: ImageFile): Promise<TarEntry> {
  if ("link" in item) return { path, mode: 0o777, content: { type: "symlink", target: item.link } };
  const bytes = "bytes" in item ? item.bytes : await readFile(item.source);
  return { path, mode: item.mode ?? DEFAULT_FILE_MODE, content: { type: "file", bytes } };
}

const file = (path: string, bytes: Uint8Array): TarEntry => ({ path, mode: 0o644, content: { type: "file", bytes } });

const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));

const digest = (bytes: Uint8Array): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

const descriptor = (mediaType: string, bytes: Uint8Array) => ({
  mediaType,
  digest: digest(bytes),
  size: bytes.length,
});

/** The name that Go, and with it OCI, has for this machine's processor. */
function goArchitecture(): string {
  return { x64: "amd64", ia32: "386" }[arch as "x64" | "ia32"] ?? arch;
}
