// SPDX-License-Identifier: Apache-2.0

import { fieldError as field } from "../../apimachinery/index.ts";
import type { CustomResourceDefinition } from "../generated/v1.35/apiextensions-v1.ts";
import type { Errors } from "../validation/checks.ts";

const ANNOTATION = "api-approved.kubernetes.io";
const MORE = "see https://github.com/kubernetes/enhancements/pull/1111";

const isProtected = (group: string): boolean => /(?:^|\.)(?:k8s|kubernetes)\.io$/.test(group);

type Approval = "missing" | "bypassed" | "approved" | "invalid";

function approvalOf({ metadata }: CustomResourceDefinition): Approval {
  const text = metadata.annotations?.[ANNOTATION] ?? "";
  if (text === "") return "missing";
  if (text.startsWith("unapproved")) return "bypassed";
  return /^[a-z][-a-z0-9+.]*:\/\/[^/?#\s]+\S*$/i.test(text) ? "approved" : "invalid";
}

/** Kubernetes' own groups are for kinds that its community has approved. */
export function checkApproval(
  definition: CustomResourceDefinition,
  old: CustomResourceDefinition | undefined,
  errors: Errors,
): void {
  if (!isProtected(definition.spec.group ?? "")) return;
  const approval = approvalOf(definition);
  if (old && approvalOf(old) === approval) return;
  const path = `metadata.annotations[${ANNOTATION}]`;
  const needed = `protected groups must have approval annotation ${JSON.stringify(ANNOTATION)}`;
  if (approval === "missing") errors.push(field.required(path, `${needed}, ${MORE}`));
  if (approval === "invalid")
    errors.push(
      field.invalid(
        path,
        definition.metadata.annotations?.[ANNOTATION] ?? "",
        `${needed} with either a URL or a reason starting with "unapproved", ${MORE}`,
      ),
    );
}
