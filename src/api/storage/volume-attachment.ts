// SPDX-License-Identifier: Apache-2.0

import { validateAttachment, validateAttachmentUpdate } from "./volume-attachment-validation.ts";
import { roundToMilli } from "../shared/resources.ts";
import { defaultSharedSources, type SharedSources } from "../shared/volume.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import type { VolumeAttachment } from "../generated/v1.35/storage-v1.ts";

/** VolumeAttachment. */
export const volumeAttachment = defineKind<VolumeAttachment>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttachment",
  resource: "volumeattachments",
  singular: "volumeattachment",
  namespaced: false,
  type: "io.k8s.api.storage.v1.VolumeAttachment",
  defaults({ spec }) {
    const volume = spec.source?.inlineVolumeSpec;
    if (!volume) return;
    roundToMilli(volume.capacity);
    defaultSharedSources(volume as SharedSources);
  },
  validate: validateAttachment,
  validateUpdate: validateAttachmentUpdate,
  updateChecks: ["metadata", "change"],
  allowUnconditionalUpdate: false,
  returnDeletedObject: true,
  status: { validateUpdate: validateAttachmentUpdate, updateChecks: ["metadata", "change"] },
  resetFields: [["status"]],
  statusResetFields: [["spec"], ["metadata"]],
  columns: [
    nameColumn,
    {
      name: "Attacher",
      type: "string",
      format: "name",
      description:
        "attacher indicates the name of the volume driver that MUST handle this request. This is the name returned by GetPluginName().",
      cell: (o) => o.spec?.attacher ?? "",
    },
    {
      name: "PV",
      type: "string",
      description: "persistentVolumeName represents the name of the persistent volume to attach.",
      cell: (o) => o.spec?.source.persistentVolumeName ?? "",
    },
    {
      name: "Node",
      type: "string",
      description: "nodeName represents the node that the volume should be attached to.",
      cell: (o) => o.spec?.nodeName ?? "",
    },
    {
      name: "Attached",
      type: "boolean",
      description:
        "attached indicates the volume is successfully attached. This field must only be set by the entity completing the attach operation, i.e. the external-attacher.",
      cell: (o) => o.status?.attached ?? false,
    },
    ageColumn,
  ],
});
