// SPDX-License-Identifier: Apache-2.0

import type { Column } from "../../api/index.ts";
import { type KubeObject, type SchemaRegistry, translateTimestampSince } from "../../apimachinery/index.ts";
import type { ApiResponse } from "../../client/transport.ts";
import { encodedObject } from "../chain/encoded-object.ts";
import type { RequestContext } from "../request-context.ts";
import { type Negotiated, negotiateAnswer } from "./media-types.ts";
import { objectAsMetadataList } from "./shape-forms.ts";
import { definitionsOf } from "./table-row.ts";

/** The type of an object that is no stored one: a Scale, a review, a Status. */
export interface PassingType {
  readonly schemas: SchemaRegistry;
  readonly typeName: string;
  /** How upstream calls it in messages. */
  readonly goType: string;
  /** What a Table of it shows; without, there is none. */
  readonly columns?: readonly Column[];
}

const META = "io.k8s.apimachinery.pkg.apis.meta.v1";
const STATUS_TYPE = `${META}.Status`;

function tableOf(object: KubeObject, columns: readonly Column[], metaVersion: string, nowMs: number): object {
  const apiVersion = `meta.k8s.io/${metaVersion}`;
  const { resourceVersion } = object.metadata;
  const context = { age: (timestamp: string | undefined) => translateTimestampSince(timestamp, nowMs) };
  return {
    kind: "Table",
    apiVersion,
    metadata: { resourceVersion },
    columnDefinitions: definitionsOf(columns),
    rows: [
      {
        cells: columns.map((column) => column.cell(object, context) ?? null),
        object: { kind: "PartialObjectMetadata", apiVersion, metadata: object.metadata },
      },
    ],
  };
}

/** The form in which such an object is wanted; throws 406. */
export const wantedForm = (context: RequestContext, type: Pick<PassingType, "columns">): Negotiated =>
  negotiateAnswer(context, type.columns ? "builtIn" : "passing");

/** Answers with an object that is no stored one, in the encoding and shape that the client accepts. */
export function passingObject(
  context: RequestContext,
  status: number,
  object: KubeObject,
  { type, nowMs }: { readonly type: PassingType; readonly nowMs: number },
): ApiResponse {
  const wanted = wantedForm(context, type);
  const { schemas, typeName, columns = [] } = type;
  const encode = (shown: object, shownType: string) =>
    encodedObject(context, status, shown, { wanted, schemas, typeName: shownType });
  // A Status stays what it is, whatever it was to be turned into.
  if (wanted.shape === "object" || typeName === STATUS_TYPE) return encode(object, typeName);
  if (wanted.shape === "metadataList") throw objectAsMetadataList(type.goType);
  if (wanted.shape === "table") return encode(tableOf(object, columns, wanted.metaVersion, nowMs), typeName);
  const apiVersion = `meta.k8s.io/${wanted.metaVersion}`;
  return encode(
    { kind: "PartialObjectMetadata", apiVersion, metadata: object.metadata },
    `${META}.PartialObjectMetadata`,
  );
}
