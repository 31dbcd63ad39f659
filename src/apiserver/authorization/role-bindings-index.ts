// SPDX-License-Identifier: Apache-2.0

import type { DeepReadonly, KubeObject } from "../../apimachinery/index.ts";
import { serviceAccountUserName } from "../authentication/user-names.ts";
import type { UserInfo } from "../request-context.ts";
import type { ResourceObserver } from "../resource-store.ts";

/** A subject of a binding, in wire form. */
export interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

/** What a binding grants, and the words in which upstream explains it. */
export interface BoundRole {
  readonly key: string;
  readonly bindingKind: "ClusterRoleBinding" | "RoleBinding";
  readonly bindingName: string;
  readonly bindingNamespace: string;
  readonly roleKind: string;
  readonly roleName: string;
  readonly subject: Subject;
  /** All that the binding grants, this one included: one for each subject, in the binding's order. */
  readonly siblings: readonly BoundRole[];
}

/** Whether a subject of a binding is this user or one of his groups. */
function isSubject({ subject, bindingNamespace }: BoundRole, user: UserInfo): boolean {
  if (subject.kind === "Group") return user.groups.includes(subject.name);
  if (subject.kind !== "ServiceAccount") return subject.name === user.name;
  return serviceAccountUserName(subject.namespace || bindingNamespace, subject.name) === user.name;
}

/** Bindings of one scope (the cluster or one namespace) by subject. */
class ScopeIndex {
  readonly users = new Map<string, BoundRole[]>();
  readonly groups = new Map<string, BoundRole[]>();

  add(binding: BoundRole): void {
    const [map, name] = this.#place(binding.subject, binding.bindingNamespace);
    const list = map.get(name);
    if (list) list.push(binding);
    else map.set(name, [binding]);
  }

  remove(binding: BoundRole): void {
    const [map, name] = this.#place(binding.subject, binding.bindingNamespace);
    const rest = (map.get(name) ?? []).filter((entry) => entry.key !== binding.key);
    if (rest.length > 0) map.set(name, rest);
    else map.delete(name);
  }

  #place(subject: Subject, bindingNamespace: string): [Map<string, BoundRole[]>, string] {
    if (subject.kind === "Group") return [this.groups, subject.name];
    if (subject.kind !== "ServiceAccount") return [this.users, subject.name];
    return [this.users, serviceAccountUserName(subject.namespace || bindingNamespace, subject.name)];
  }

  *of(user: UserInfo): Iterable<BoundRole> {
    const own = this.users.get(user.name);
    if (own) yield* own;
    for (const group of user.groups) {
      const shared = this.groups.get(group);
      if (shared) yield* shared;
    }
  }
}

interface RoleRef {
  readonly kind: string;
  readonly name: string;
}

function bindingsOf(object: DeepReadonly<KubeObject>, bindingKind: BoundRole["bindingKind"]): BoundRole[] {
  const { name: bindingName = "", namespace: bindingNamespace = "" } = object.metadata;
  const roleRef = object["roleRef"] as RoleRef;
  const subjects = (object["subjects"] as readonly Subject[] | undefined) ?? [];
  const siblings: BoundRole[] = [];
  for (const subject of subjects)
    siblings.push({
      key: `${bindingNamespace}/${bindingName}`,
      bindingKind,
      bindingName,
      bindingNamespace,
      roleKind: roleRef.kind,
      roleName: roleRef.name,
      subject,
      siblings,
    });
  return siblings;
}

/** All role bindings by subject, kept up to date by the watch cache: an access is decided without walking bindings. */
export class RoleBindingsIndex {
  readonly #cluster = new ScopeIndex();
  readonly #namespaces = new Map<string, ScopeIndex>();

  readonly clusterRoleBindings: ResourceObserver = {
    onChange: (entry, old) => {
      if (old) for (const bound of bindingsOf(old.object, "ClusterRoleBinding")) this.#cluster.remove(bound);
      if (entry) for (const bound of bindingsOf(entry.object, "ClusterRoleBinding")) this.#cluster.add(bound);
    },
  };

  readonly roleBindings: ResourceObserver = {
    onChange: (entry, old) => {
      const scope = this.#scope((entry ?? old)!.namespace);
      if (old) for (const bound of bindingsOf(old.object, "RoleBinding")) scope.remove(bound);
      if (entry) for (const bound of bindingsOf(entry.object, "RoleBinding")) scope.add(bound);
      const namespace = old?.namespace;
      if (namespace && scope.users.size === 0 && scope.groups.size === 0) this.#namespaces.delete(namespace);
    },
  };

  #scope(namespace: string): ScopeIndex {
    let scope = this.#namespaces.get(namespace);
    if (!scope) {
      scope = new ScopeIndex();
      this.#namespaces.set(namespace, scope);
    }
    return scope;
  }

  /** Of the subjects of a binding that are this user, the one that it names first. */
  firstSubject(bound: BoundRole, user: UserInfo): BoundRole {
    if (bound.siblings.length === 1) return bound;
    return bound.siblings.find((sibling) => isSubject(sibling, user)) ?? bound;
  }

  /** The bindings that hold for a user: cluster-wide ones first, then those of the namespace. */
  *of(user: UserInfo, namespace: string): Iterable<BoundRole> {
    yield* this.#cluster.of(user);
    const scope = namespace ? this.#namespaces.get(namespace) : undefined;
    if (scope) yield* scope.of(user);
  }
}
