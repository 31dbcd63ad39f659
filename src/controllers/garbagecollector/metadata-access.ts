// SPDX-License-Identifier: Apache-2.0

import { isConflict, isNotFound, StatusError, type ObjectMeta, type OwnerReference } from "../../apimachinery/index.ts";
import type { ApiObject, Client, ResourceClient, ResourceReference, Stored } from "../../client/index.ts";
import type { Identity } from "./graph.ts";

const ATTEMPTS_MAX = 5;

type Options = { readonly signal: AbortSignal };

/** A kind that the server does not serve (any more, or yet). */
export class UnknownKind extends Error {
  override readonly name = "UnknownKind";
}

/** Reads and changes the metadata of any object. */
export class MetadataAccess {
  readonly #client: Client;
  readonly #referenceOf: (apiVersion: string, kind: string) => ResourceReference | undefined;

  constructor(client: Client, referenceOf: (apiVersion: string, kind: string) => ResourceReference | undefined) {
    this.#client = client;
    this.#referenceOf = referenceOf;
  }

  isNamespaced(apiVersion: string, kind: string): boolean {
    return this.#reference(apiVersion, kind).namespaced;
  }

  /** The object of that name now, whatever its uid; undefined when there is none. */
  async read(identity: Omit<Identity, "uid">, options: Options): Promise<Stored<ApiObject> | undefined> {
    try {
      return await this.#resource(identity).get(identity.name, { ...options, form: "metadata" });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Deletes the very object that was looked at. */
  async delete(
    identity: Identity,
    resourceVersion: string,
    options: Options & { readonly propagation: "Orphan" | "Background" | "Foreground" },
  ): Promise<void> {
    const { propagation: propagationPolicy, signal } = options;
    const preconditions = { uid: identity.uid, resourceVersion };
    try {
      await this.#resource(identity).delete(identity.name, { signal, propagationPolicy, preconditions });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  /** Takes references to some owners out of an object. */
  dropOwners(identity: Identity, uids: readonly string[], options: Options): Promise<void> {
    const owners = uids.map((uid) => ({ $patch: "delete", uid }));
    return this.#patch(identity, { metadata: { ownerReferences: owners, uid: identity.uid } }, options, (references) =>
      references.filter(({ uid }) => !uids.includes(uid)),
    );
  }

  /** Lets an object's owners go without waiting for it. */
  async unblockOwners(identity: Identity, object: Stored<ApiObject>, options: Options): Promise<void> {
    const references = (object.metadata.ownerReferences ?? []).map(({ uid }) => ({ uid, blockOwnerDeletion: false }));
    await this.#patch(identity, { metadata: { ownerReferences: references, uid: identity.uid } }, options, (all) =>
      all.map((reference) => ({ ...reference, blockOwnerDeletion: false })),
    );
  }

  /** Takes a finalizer off an object that is being deleted. */
  async removeFinalizer(identity: Identity, finalizer: string, options: Options): Promise<void> {
    await this.#change(identity, options, (metadata) => {
      const finalizers = metadata.finalizers ?? [];
      return finalizers.includes(finalizer)
        ? { finalizers: finalizers.filter((name) => name !== finalizer) }
        : undefined;
    });
  }

  /** A strategic patch needs no read before it; kinds that know none get a merge patch of what was read. */
  async #patch(
    identity: Identity,
    patch: unknown,
    options: Options,
    change: (references: readonly OwnerReference[]) => OwnerReference[],
  ): Promise<void> {
    try {
      await this.#resource(identity).patch(identity.name, "strategic", patch, options);
    } catch (error) {
      if (isNotFound(error)) return;
      if (!(error instanceof StatusError) || error.code !== 415) throw error;
      await this.#change(identity, options, (metadata) => ({
        ownerReferences: change(metadata.ownerReferences ?? []),
      }));
    }
  }

  async #change(
    identity: Identity,
    options: Options,
    change: (metadata: ObjectMeta) => Partial<ObjectMeta> | undefined,
  ): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const object = await this.read(identity, options);
      if (!object || object.metadata.uid !== identity.uid) return;
      const fields = change(object.metadata);
      if (!fields) return;
      const patch = { metadata: { resourceVersion: object.metadata.resourceVersion, ...fields } };
      try {
        await this.#resource(identity).patch(identity.name, "merge", patch, options);
        return;
      } catch (error) {
        if (isNotFound(error)) return;
        if (!isConflict(error) || attempt === ATTEMPTS_MAX) throw error;
      }
    }
  }

  #reference(apiVersion: string, kind: string): ResourceReference {
    const reference = this.#referenceOf(apiVersion, kind);
    if (!reference) throw new UnknownKind(`No resource is served for kind ${kind} of ${apiVersion}`);
    return reference;
  }

  #resource(identity: Omit<Identity, "uid">): ResourceClient<ApiObject> {
    const reference = this.#reference(identity.apiVersion, identity.kind);
    return this.#client.resource(reference).namespace(reference.namespaced ? identity.namespace : "");
  }
}
