// SPDX-License-Identifier: Apache-2.0

import type { Clock } from "../../base/index.ts";
import type { RequestContext } from "../request-context.ts";
import { JsonForm } from "./json-form.ts";
import { type Negotiated, negotiate, notAcceptable } from "./media-types.ts";
import { MetadataForm } from "./metadata-form.ts";
import type { ObjectForm } from "./object-form.ts";
import type { ServedKind } from "./served-kind.ts";
import { readIncludeObject, TableForm } from "./table-form.ts";

/** The forms in which one kind is answered, made on first need. */
export class KindForms {
  readonly #served: ServedKind;
  readonly #clock: Clock;
  readonly #json: JsonForm;
  readonly #forms = new Map<string, ObjectForm>();

  constructor(served: ServedKind, clock: Clock) {
    this.#served = served;
    this.#clock = clock;
    this.#json = new JsonForm(served);
  }

  /** The form that a request's Accept header asks for; throws 406. */
  negotiate(context: RequestContext): ObjectForm {
    const { verb, query } = context.info;
    const wanted = negotiate(context.request.headers["accept"], { isWatch: verb === "watch" });
    if (!wanted) throw notAcceptable(verb === "list" || verb === "watch");
    if (wanted.encoding === "json" && wanted.shape === "object") return this.#json;
    const include = wanted.shape === "table" ? readIncludeObject(query) : "";
    const key = `${wanted.encoding} ${wanted.shape} ${wanted.metaVersion} ${include}`;
    let form = this.#forms.get(key);
    if (!form) this.#forms.set(key, (form = this.#make(wanted, query)));
    return form;
  }

  #make(wanted: Negotiated, query: URLSearchParams): ObjectForm {
    const { metaVersion } = wanted;
    if (wanted.shape === "metadata") return new MetadataForm(this.#served, metaVersion);
    if (wanted.shape === "table") {
      return new TableForm(this.#served, { metaVersion, include: readIncludeObject(query), clock: this.#clock });
    }
    return this.#json;
  }
}
