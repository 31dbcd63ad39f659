// SPDX-License-Identifier: Apache-2.0

import {
  byteLength,
  fieldError as field,
  inclusiveRangeMessage,
  nameIsDnsSubdomain,
  sameJson,
} from "../../apimachinery/index.ts";
import type { VolumeAttachment, VolumeAttachmentSource, VolumeError } from "../generated/v1.35/storage-v1.ts";
import { validateInlineVolumeSpec } from "../core/persistent-volume-validation.ts";
import { checkCsiDriverName } from "../shared/volume-source-rules.ts";
import { type Errors, IMMUTABLE, pushInvalid, samePointer } from "../validation/checks.ts";
import { internalForm } from "../validation/internal-form.ts";

const MAX_METADATA_SIZE = 256 * 1024;
const MAX_MESSAGE_LENGTH = 1024;
const MAX_INT32 = 2 ** 31 - 1;
const ONE_SOURCE = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";

function validateSource(source: VolumeAttachmentSource, path: string, errors: Errors): void {
  const { inlineVolumeSpec: inline, persistentVolumeName: name } = source;
  if (!inline && name === undefined) errors.push(field.required(path, ONE_SOURCE));
  else if (inline && name !== undefined) errors.push(field.fieldForbidden(path, ONE_SOURCE));
  else if (inline) validateInlineVolumeSpec(inline, `${path}.inlineVolumeSpec`, errors);
  else if (name === "")
    errors.push(field.required(`${path}.persistentVolumeName`, "must specify non empty persistentVolumeName"));
}

function validateError(error: VolumeError | undefined, path: string, errors: Errors): void {
  // Upstream names the limit of something else.
  if (byteLength(error?.message ?? "") > MAX_MESSAGE_LENGTH)
    errors.push(field.tooLong(`${path}.message`, MAX_METADATA_SIZE));
  if ((error?.errorCode ?? 0) < 0)
    errors.push(field.invalid(`${path}.errorCode`, error?.errorCode, inclusiveRangeMessage(0, MAX_INT32)));
}

function validateBody({ spec, status }: VolumeAttachment, errors: Errors): void {
  if (!spec.attacher) errors.push(field.required("spec.attacher"));
  validateSource(spec.source ?? {}, "spec.source", errors);
  pushInvalid(nameIsDnsSubdomain(spec.nodeName, false), spec.nodeName, "spec.nodeName", errors);
  let size = 0;
  for (const [key, value] of Object.entries(status?.attachmentMetadata ?? {}))
    size += byteLength(key) + byteLength(value);
  if (size > MAX_METADATA_SIZE) errors.push(field.tooLong("status.attachmentMetadata", MAX_METADATA_SIZE));
  validateError(status?.attachError, "status.attachError", errors);
  validateError(status?.detachError, "status.detachError", errors);
}

/** What is wrong with a new attachment. */
export function validateAttachment(attachment: VolumeAttachment): Errors {
  const errors: Errors = [];
  validateBody(attachment, errors);
  const { attacher, source } = attachment.spec;
  checkCsiDriverName(attacher, "spec.attacher", errors);
  const name = source?.persistentVolumeName;
  if (name !== undefined)
    pushInvalid(nameIsDnsSubdomain(name, false), name, "spec.source.persistentVolumeName", errors);
  return errors;
}

/** An attachment keeps its spec. */
export function validateAttachmentUpdate(attachment: VolumeAttachment, old: VolumeAttachment): Errors {
  const errors: Errors = [];
  validateBody(attachment, errors);
  const isSameVolume = samePointer(attachment.spec.source?.inlineVolumeSpec, old.spec.source?.inlineVolumeSpec);
  if (!isSameVolume || !sameJson(attachment.spec, old.spec))
    errors.push(field.invalid("spec", internalForm("VolumeAttachmentSpec", attachment.spec), IMMUTABLE));
  return errors;
}
