// SPDX-License-Identifier: Apache-2.0

import type { PodTemplateSpec } from "../api/index.ts";
import type { DeepReadonly } from "../apimachinery/index.ts";

/** The letters of generated names (k8s.io/apimachinery rand): no vowels, no look-alikes. */
const SAFE_ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

class Fnv1a {
  #hash = FNV_OFFSET;

  text(value: string): void {
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      this.byte(unit & 0xff);
      if (unit > 0xff) this.byte(unit >>> 8);
    }
    this.byte(0);
  }

  byte(value: number): void {
    this.#hash = Math.imul(this.#hash ^ value, FNV_PRIME);
  }

  get value(): number {
    return this.#hash >>> 0;
  }
}

/** Feeds a JSON value with its keys in order: equal values give equal hashes however they were written. */
function feed(hash: Fnv1a, value: unknown): void {
  if (Array.isArray(value)) {
    hash.byte(91);
    for (const item of value) feed(hash, item);
    hash.byte(93);
  } else if (value !== null && typeof value === "object") {
    hash.byte(123);
    for (const key of Object.keys(value).sort()) {
      const field = (value as Record<string, unknown>)[key];
      if (field === undefined) continue;
      hash.text(key);
      feed(hash, field);
    }
    hash.byte(125);
  } else {
    hash.text(`${typeof value}:${String(value)}`);
  }
}

/** Writes a number in letters that form no words (rand.SafeEncodeString of its decimal text). */
function safeEncode(value: number): string {
  let out = "";
  for (const digit of String(value)) out += SAFE_ALPHABET[digit.charCodeAt(0) % SAFE_ALPHABET.length]!;
  return out;
}

/** The value of the pod-template-hash label: of the template, and of how often its hash collided before. */
export function podTemplateHash(template: DeepReadonly<PodTemplateSpec>, collisionCount = 0): string {
  return objectHash(template, collisionCount);
}

/** A short stable name for any JSON value. */
export function objectHash(value: unknown, collisionCount = 0): string {
  const hash = new Fnv1a();
  feed(hash, value);
  if (collisionCount > 0) hash.text(String(collisionCount));
  return safeEncode(hash.value);
}
