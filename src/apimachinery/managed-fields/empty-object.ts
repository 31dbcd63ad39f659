// SPDX-License-Identifier: Apache-2.0

import type { DeepReadonly, KubeObject } from "../object.ts";
import { objectCodec } from "../object-codec.ts";
import type { SchemaRegistry, Shape } from "../schema.ts";

/**
 * What the original prints of an object in which nothing is set: structs that are no pointers, and the zero values of
 * fields without omitempty. A create is compared with it, so nobody owns these.
 */
export const emptyObjectOf = (registry: SchemaRegistry, shape: Shape): DeepReadonly<KubeObject> =>
  shape.type === "ref" ? objectCodec(registry, shape.name).decodeValue({}).object : { metadata: {} };
