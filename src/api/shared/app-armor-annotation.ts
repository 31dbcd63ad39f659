// SPDX-License-Identifier: Apache-2.0

import type { AppArmorProfile } from "../generated/v1.35/core-v1.ts";

const LOCALHOST = "localhost/";

/** The profile that an annotation of old names; undefined where it names none. */
export function appArmorProfileOf(annotation: string): AppArmorProfile | undefined {
  if (annotation === "unconfined") return { type: "Unconfined" };
  if (annotation === "runtime/default") return { type: "RuntimeDefault" };
  return annotation.startsWith(LOCALHOST) && annotation.length > LOCALHOST.length
    ? { type: "Localhost", localhostProfile: annotation.slice(LOCALHOST.length) }
    : undefined;
}

export const isSameAppArmor = (a: AppArmorProfile | undefined, b: AppArmorProfile): boolean =>
  a?.type === b.type && a.localhostProfile === b.localhostProfile;
