// SPDX-License-Identifier: Apache-2.0

import {
  base64ToBytes,
  bytesToBase64,
  configMapKeyErrors,
  fieldError as field,
  goJsonKind,
  isJsonObject,
  JsonSyntaxError,
  parseJson,
} from "../../apimachinery/index.ts";
import { decodedLength, IMMUTABLE_DATA, isDataChange, MAX_DATA_BYTES } from "../shared/data-limits.ts";
import { checkImmutableChoice, type Errors, pushInvalid } from "../validation/checks.ts";
import { fieldLabelNotSupported } from "../shared/field-labels.ts";
import { keyPairMistake } from "./tls-key-pair.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import type { Secret } from "../generated/v1.35/core-v1.ts";

const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder();
const toBase64 = (text: string): string => bytesToBase64(utf8Encoder.encode(text));
const fromBase64 = (base64: string): string => utf8Decoder.decode(base64ToBytes(base64));

const ACCOUNT_NAME = "kubernetes.io/service-account.name";

function checkJsonObject(data: Record<string, string>, key: string, errors: Errors): void {
  const path = `data[${key}]`;
  const base64 = data[key];
  if (base64 === undefined) {
    errors.push(field.required(path));
    return;
  }
  const wrong = jsonObjectError(fromBase64(base64));
  if (wrong) errors.push(field.invalid(path, "<secret contents redacted>", wrong));
}

/** What Go says of bytes that are no JSON object; undefined when they are one. */
function jsonObjectError(text: string): string | undefined {
  try {
    const value = parseJson(text);
    if (value === null || isJsonObject(value)) return undefined;
    return `json: cannot unmarshal ${goJsonKind(value)} into Go value of type map[string]interface {}`;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error.message;
    throw error;
  }
}

/** What each type of Secret must hold. */
function checkContent(secret: Secret, data: Record<string, string>, errors: Errors): void {
  const require = (key: string): number => errors.push(field.required(`data[${key}]`));
  switch (secret.type) {
    case "kubernetes.io/service-account-token":
      if (!secret.metadata.annotations?.[ACCOUNT_NAME])
        errors.push(field.required(`metadata.annotations[${ACCOUNT_NAME}]`));
      break;
    case "kubernetes.io/dockercfg":
      checkJsonObject(data, ".dockercfg", errors);
      break;
    case "kubernetes.io/dockerconfigjson":
      checkJsonObject(data, ".dockerconfigjson", errors);
      break;
    case "kubernetes.io/basic-auth":
      if (!("username" in data) && !("password" in data)) {
        require("username");
        require("password");
      }
      break;
    case "kubernetes.io/ssh-auth":
      if (!data["ssh-privatekey"]) require("ssh-privatekey");
      break;
    case "kubernetes.io/tls":
      for (const key of ["tls.crt", "tls.key"]) if (!(key in data)) require(key);
      break;
  }
}

function validateSecret(secret: Secret): Errors {
  const errors: Errors = [];
  const data = secret.data ?? {};
  let bytes = 0;
  for (const key in data) {
    pushInvalid(configMapKeyErrors(key), key, `data[${key}]`, errors);
    bytes += decodedLength(data[key]!);
  }
  if (bytes > MAX_DATA_BYTES) errors.push(field.tooLong("data", MAX_DATA_BYTES));
  checkContent(secret, data, errors);
  return errors;
}

/** A warning where certificate and key of a TLS server are no pair. */
function pairWarnings({ type, data = {} }: Secret): string[] {
  if (type !== "kubernetes.io/tls") return [];
  const mistake = keyPairMistake(fromBase64(data["tls.crt"] ?? ""), fromBase64(data["tls.key"] ?? ""));
  return mistake === undefined ? [] : [mistake];
}

/** Secret. */
export const secret = defineKind<Secret>({
  group: "",
  version: "v1",
  kind: "Secret",
  resource: "secrets",
  singular: "secret",
  namespaced: true,
  type: "io.k8s.api.core.v1.Secret",
  defaults(secret) {
    secret.type ||= "Opaque";
    if (secret.stringData) {
      secret.data ??= {};
      for (const key in secret.stringData) secret.data[key] = toBase64(secret.stringData[key]!);
      delete secret.stringData;
    }
  },
  validate: validateSecret,
  warnings: pairWarnings,
  prepareForUpdate(secret, old) {
    if (!secret.type && old.type) secret.type = old.type;
  },
  validateUpdate(secret, old) {
    const errors: Errors = [];
    checkImmutableChoice(secret.type, old.type, "type", errors);
    if (old.immutable) {
      if (!secret.immutable) errors.push(field.fieldForbidden("immutable", IMMUTABLE_DATA));
      if (isDataChange(secret, old, "data")) errors.push(field.fieldForbidden("data", IMMUTABLE_DATA));
    }
    return errors;
  },
  updateChecks: ["metadata change", "change", "metadata", "object"],
  selectableFields: {
    type: (secret) => secret.type ?? "",
  },
  fieldLabelError: fieldLabelNotSupported,
  columns: [
    nameColumn,
    {
      name: "Type",
      type: "string",
      description:
        "Used to facilitate programmatic handling of secret data. More info: https://kubernetes.io/docs/concepts/configuration/secret/#secret-types",
      cell: (o) => o.type ?? "",
    },
    {
      name: "Data",
      type: "string",
      description:
        "Data contains the secret data. Each key must consist of alphanumeric characters, '-', '_' or '.'. The serialized form of the secret data is a base64 encoded string, representing the arbitrary (possibly non-string) data value here. Described in https://tools.ietf.org/html/rfc4648#section-4",
      cell: (o) => Object.keys(o.data ?? {}).length,
    },
    ageColumn,
  ],
});
