// SPDX-License-Identifier: Apache-2.0

import { StatusError } from "../../apimachinery/index.ts";
import type { ApiResponse } from "../../client/index.ts";

/** A request that the node refuses, in plain words as kubelets answer. */
export class NodeError extends Error {
  override readonly name = "NodeError";
  readonly status: number;

  constructor(status: number, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.status = status;
  }
}

const encoder = new TextEncoder();

export const textResponse = (status: number, text: string, contentType = "text/plain; charset=utf-8"): ApiResponse => ({
  status,
  headers: { "content-type": contentType },
  body: { type: "bytes", bytes: encoder.encode(text) },
});

export const jsonResponse = (value: unknown): ApiResponse =>
  textResponse(200, JSON.stringify(value), "application/json");

/** The answer to what failed. */
export function errorResponse(error: unknown): ApiResponse {
  if (error instanceof NodeError) return textResponse(error.status, error.message);
  if (error instanceof StatusError) {
    if (error.code === 401) return textResponse(401, "Unauthorized");
    return textResponse(error.code, error.status.message ?? "");
  }
  return textResponse(500, error instanceof Error ? error.message : String(error));
}
