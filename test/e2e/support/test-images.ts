// SPDX-License-Identifier: Apache-2.0

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

const HIDDEN_NC = "nb";

/**
 * BusyBox 1.36 knows `nc -z HOST:PORT`, Debian's 1.35 does not. Its shell prefers what is built in to what is on the
 * PATH, so the built-in goes by another name, of the same length and place in the alphabet, and a script is `nc`.
 */
function busyboxWithoutNc(): Uint8Array {
  const program = readFileSync(BUSYBOX);
  const at = program.indexOf("\0nc\0", 0, "latin1");
  if (at < 0) throw new Error(`${BUSYBOX} has no nc`);
  program.write(HIDDEN_NC, at + 1, "latin1");
  return program;
}

const NC = text([
  "#!/bin/sh",
  'if [ "$1" = "-z" ]; then',
  "  shift",
  '  target="$1"; port="$2"',
  '  if [ -z "$port" ]; then port="${target##*:}"; target="${target%:*}"; fi',
  `  exec /bin/busybox ${HIDDEN_NC} -w 2 "$target" "$port" -e /bin/true </dev/null`,
  "fi",
  `exec /bin/busybox ${HIDDEN_NC} "$@"`,
]);

const base = (): readonly ImageFile[] => [
  { path: "/bin/busybox", bytes: busyboxWithoutNc(), mode: 0o755 },
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
const service = (): readonly ImageFile[] => [
  ...base(),
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

const images = () => [
  { name: "busybox:1.36", files: base(), config: { Cmd: ["sh"], Env: [PATH] } },
  {
    name: "company/payments-api:v2.1.4",
    files: service(),
    config: { Entrypoint: ["/bin/httpd", "-f", "-p", "8080", "-h", "/www"], Env: [PATH] },
  },
];

/** Writes the archives of the images that the tests run, and gives their paths; `remove` deletes them. */
export async function writeTestImages(): Promise<{ readonly archives: readonly string[]; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), "knarr-images-"));
  const archives: string[] = [];
  for (const [index, image] of images().entries()) {
    const path = join(folder, `image-${index}.tar`);
    writeFileSync(path, await buildImageArchive(image));
    archives.push(path);
  }
  return { archives, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
