// SPDX-License-Identifier: Apache-2.0

import type { Kind } from "../../api/index.ts";
import type { ApiResponse } from "../../client/transport.ts";
import type { RequestContext } from "../request-context.ts";

/** Answers requests to a subresource, or to a resource that is not stored (TokenReview, SubjectAccessReview). */
export type ResourceHandler = (context: RequestContext, kind: Kind) => Promise<ApiResponse>;

/** Handlers beside the generic ones: for one kind's subresource, or (subresource "") for a whole resource. */
export class ResourceHandlers {
  readonly #handlers = new Map<string, ResourceHandler>();

  /** Group "" is core. A later registration of the same place replaces the earlier one. */
  register(group: string, resource: string, subresource: string, handler: ResourceHandler): void {
    this.#handlers.set(`${group}/${resource}/${subresource}`, handler);
  }

  unregister(group: string, resource: string, subresource: string): void {
    this.#handlers.delete(`${group}/${resource}/${subresource}`);
  }

  find(group: string, resource: string, subresource: string): ResourceHandler | undefined {
    return this.#handlers.get(`${group}/${resource}/${subresource}`);
  }
}
