// SPDX-License-Identifier: Apache-2.0

import type { Clock } from "../../base/index.ts";
import type { RequestContext } from "../request-context.ts";
import { JsonForm } from "./json-form.ts";
import { negotiate, notAcceptable } from "./media-types.ts";
import type { ObjectForm } from "./object-form.ts";
import type { ServedKind } from "./served-kind.ts";

/** The forms in which one kind is answered, made on first need. */
export class KindForms {
  readonly #json: JsonForm;

  constructor(served: ServedKind, _clock: Clock) {
    this.#json = new JsonForm(served);
  }

  /** The form that a request's Accept header asks for; throws 406. */
  negotiate(context: RequestContext): ObjectForm {
    const { verb } = context.info;
    const wanted = negotiate(context.request.headers["accept"], { isWatch: verb === "watch" });
    if (!wanted) throw notAcceptable(verb === "list" || verb === "watch");
    return this.#json;
  }
}
