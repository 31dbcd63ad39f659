// SPDX-License-Identifier: Apache-2.0

import { StatusError } from "../../apimachinery/index.ts";
import type { Clock } from "../../base/index.ts";
import type { RequestContext } from "../request-context.ts";
import { JsonForm } from "./json-form.ts";
import { CONTENT_TYPES, isPretty, type Negotiated, negotiateAnswer } from "./media-types.ts";
import { MetadataForm } from "./metadata-form.ts";
import type { ObjectForm } from "./object-form.ts";
import { metadataAlone, ProtobufForm, wholeObjects } from "./protobuf-form.ts";
import { indentJson, RewrittenForm, writeYaml } from "./rewritten-form.ts";
import type { ServedKind } from "./served-kind.ts";
import { goTypeOf, MetadataShape, RefusedForm } from "./shape-forms.ts";
import { type IncludeObject, readIncludeObject, TableForm } from "./table-form.ts";

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
    const { query } = context.info;
    const wanted = negotiateAnswer(context, this.#served.custom ? "custom" : "builtIn");
    const pretty = wanted.encoding === "json" && isPretty(context, wanted);
    if (wanted.encoding === "json" && wanted.shape === "object" && !pretty) return this.#json;
    const include = wanted.shape === "table" ? readIncludeObject(query) : "";
    if (include instanceof StatusError) return new RefusedForm(include);
    const key = `${wanted.encoding} ${wanted.shape} ${wanted.metaVersion} ${include} ${pretty}`;
    let form = this.#forms.get(key);
    if (!form) this.#forms.set(key, (form = this.#make(wanted, include || "Metadata", pretty)));
    return form;
  }

  #make(wanted: Negotiated, include: IncludeObject, pretty: boolean): ObjectForm {
    const form = this.#encoded(wanted, include, pretty);
    if (wanted.shape === "metadata" || wanted.shape === "metadataList") {
      return new MetadataShape(form, wanted.shape, goTypeOf(this.#served));
    }
    return form;
  }

  #encoded(wanted: Negotiated, include: IncludeObject, pretty: boolean): ObjectForm {
    if (wanted.encoding === "protobuf") {
      const whole = wanted.shape === "object";
      return new ProtobufForm(
        this.#served,
        whole ? wholeObjects(this.#served) : metadataAlone(this.#served, wanted.metaVersion),
      );
    }
    const json = this.#makeJson(wanted, include);
    if (wanted.encoding === "yaml") return new RewrittenForm(json, CONTENT_TYPES.yaml, writeYaml);
    return pretty ? new RewrittenForm(json, CONTENT_TYPES.json, indentJson) : json;
  }

  #makeJson(wanted: Negotiated, include: IncludeObject): ObjectForm {
    const { metaVersion } = wanted;
    if (wanted.shape === "object") return this.#json;
    if (wanted.shape !== "table") return new MetadataForm(this.#served, metaVersion);
    return new TableForm(this.#served, { metaVersion, include, clock: this.#clock });
  }
}
