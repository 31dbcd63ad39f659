// SPDX-License-Identifier: Apache-2.0

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildImageArchive, type ImageFile } from "../../../src/platform/node/index.ts";

/** Debian's static BusyBox. */
const BUSYBOX = "/bin/busybox";
const APPLETS =
  "sh ash cat ls sleep echo env grep head tail wc true false kill ps hostname nslookup wget httpd mkdir rm touch dd date id printf test awk sed tar yes stat mount df cp mv chmod seq".split(
    " ",
  );

const text = (lines: readonly string[]): Uint8Array => new TextEncoder().encode(`${lines.join("\n")}\n`);

/**
 * BusyBox 1.36 knows `nc -z HOST:PORT`, Debian's 1.35 does not: this `nc` adds it and leaves the rest to the original.
 */
const NC = text([
  "#!/bin/sh",
  'if [ "$1" = "-z" ]; then',
  "  shift",
  '  target="$1"; port="$2"',
  '  if [ -z "$port" ]; then port="${target##*:}"; target="${target%:*}"; fi',
  '  exec /bin/busybox nc -w 2 "$target" "$port" -e /bin/true </dev/null',
  "fi",
  'exec /bin/busybox nc "$@"',
]);

const base: readonly ImageFile[] = [
  { path: "/bin/busybox", source: BUSYBOX },
  ...APPLETS.map((name): ImageFile => ({ path: `/bin/${name}`, link: "busybox" })),
  { path: "/bin/nc", bytes: NC, mode: 0o755 },
  {
    path: "/etc/passwd",
    bytes: text(["root:x:0:0:root:/root:/bin/sh", "nobody:x:65534:65534:nobody:/:/bin/false"]),
    mode: 0o644,
  },
  { path: "/etc/group", bytes: text(["root:x:0:", "nogroup:x:65534:"]), mode: 0o644 },
  { path: "/tmp/.keep", bytes: text([""]), mode: 0o644 },
];

/** Answers /healthz, /ready and /startup on 8080 as long as the files are there, and its name under /cgi-bin/hostname. */
const service: readonly ImageFile[] = [
  ...base,
  { path: "/www/healthz", bytes: text(["ok"]), mode: 0o644 },
  { path: "/www/ready", bytes: text(["ok"]), mode: 0o644 },
  { path: "/www/startup", bytes: text(["ok"]), mode: 0o644 },
  {
    path: "/www/cgi-bin/hostname",
    bytes: text(["#!/bin/sh", "printf 'Content-Type: text/plain\\r\\n\\r\\n'", "exec /bin/hostname"]),
    mode: 0o755,
  },
];

const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const IMAGES = [
  { name: "busybox:1.36", files: base, config: { Cmd: ["sh"], Env: [PATH] } },
  {
    name: "company/payments-api:v2.1.4",
    files: service,
    config: { Entrypoint: ["/bin/httpd", "-f", "-p", "8080", "-h", "/www"], Env: [PATH] },
  },
] as const;

/** Writes the archives of the images that the tests run, and gives their paths; `remove` deletes them. */
export async function writeTestImages(): Promise<{ readonly archives: readonly string[]; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), "knarr-images-"));
  const archives: string[] = [];
  for (const [index, image] of IMAGES.entries()) {
    const path = join(folder, `image-${index}.tar`);
    writeFileSync(path, await buildImageArchive(image));
    archives.push(path);
  }
  return { archives, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
