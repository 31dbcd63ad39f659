// SPDX-License-Identifier: Apache-2.0

import type { Json } from "./type-schemas.ts";

const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;
const SIXTY_FOUR_BITS = 0xffffffffffffffffn;
/** Six bytes of the digest are eight characters. */
const DIGEST_BYTES = 6;

/** FNV-1 of 64 bits, shortened: what tells parameters of one name apart. */
function digest(text: string): string {
  let hash = FNV_OFFSET;
  for (const byte of new TextEncoder().encode(text)) hash = ((hash * FNV_PRIME) & SIXTY_FOUR_BITS) ^ BigInt(byte);
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, hash);
  return bytes.subarray(0, DIGEST_BYTES).toBase64({ alphabet: "base64url" });
}

/** As Go's JSON writes text: what could be read as HTML is escaped. */
const goJson = (value: Json): string =>
  JSON.stringify(value).replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);

/** Clients tell by these whether a server checks fields and knows dry runs: they must stand in the operation itself. */
const IN_PLACE = new Set(["dryRun", "fieldValidation", "name"]);
const GENERIC_BODY = "#/definitions/io.k8s.apimachinery";

function isShared(parameter: Json): boolean {
  if (parameter["in"] !== "body") return !IN_PLACE.has(String(parameter["name"]));
  return String((parameter["schema"] as Json)["$ref"]).startsWith(GENERIC_BODY);
}

/** Parameters that many operations have are stated once; their names carry a digest of what they say. */
export class SharedParameters {
  readonly #named = new Map<string, Json>();
  readonly #references = new Map<string, Json>();

  /** The parameter itself, or what refers to it. */
  reference(parameter: Json): Json {
    if (!isShared(parameter)) return parameter;
    const text = goJson(parameter);
    let reference = this.#references.get(text);
    if (!reference) {
      const name = `${String(parameter["name"])}-${digest(text)}`;
      this.#named.set(name, parameter);
      reference = { $ref: `#/parameters/${name}` };
      this.#references.set(text, reference);
    }
    return reference;
  }

  all(): Json {
    return Object.fromEntries([...this.#named].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
