// SPDX-License-Identifier: Apache-2.0

/** Keys in a leaf and children in a branch; a node is split when it grows beyond. */
const MAX_NODE_SIZE = 64;

/** Marks the nodes that one writer may change in place; nodes of older marks are shared with snapshots. */
type Owner = object;

interface Leaf<V> {
  readonly leaf: true;
  readonly owner: Owner;
  readonly keys: string[];
  readonly values: V[];
}

interface Branch<V> {
  readonly leaf: false;
  readonly owner: Owner;
  /** The least key below each child; the first may be lower than what is there now. */
  readonly keys: string[];
  readonly children: Node<V>[];
}

type Node<V> = Leaf<V> | Branch<V>;

/** The first index whose key is not below `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The child of a branch under which `key` belongs. */
function childIndex(keys: readonly string[], key: string): number {
  const index = lowerBound(keys, key);
  return index < keys.length && keys[index] === key ? index : Math.max(0, index - 1);
}

const nodeSize = (node: Node<unknown>): number => node.keys.length;

/** What can be read of a sorted map, and of a snapshot of one. */
export interface SortedView<V> {
  readonly size: number;
  get(key: string): V | undefined;
  /** Values whose keys are at or above `from` and below `to`, in order of keys. */
  values(from?: string, to?: string): IterableIterator<V>;
  /** Calls back with each value of the range in order, until the callback returns false. Faster than values(). */
  forEach(from: string, to: string | undefined, callback: (value: V, key: string) => boolean | void): void;
}

function find<V>(root: Node<V>, key: string): V | undefined {
  let node = root;
  while (!node.leaf) node = node.children[childIndex(node.keys, key)]!;
  const index = lowerBound(node.keys, key);
  return node.keys[index] === key ? node.values[index] : undefined;
}

function walk<V>(
  node: Node<V>,
  from: string,
  to: string | undefined,
  callback: (value: V, key: string) => boolean | void,
): boolean {
  const { keys } = node;
  if (node.leaf) {
    for (let i = lowerBound(keys, from); i < keys.length; i++) {
      if (to !== undefined && keys[i]! >= to) return false;
      if (callback(node.values[i]!, keys[i]!) === false) return false;
    }
    return true;
  }
  for (let i = childIndex(keys, from); i < keys.length; i++) {
    if (i > 0 && to !== undefined && keys[i]! >= to) return false;
    if (!walk(node.children[i]!, from, to, callback)) return false;
  }
  return true;
}

function* iterate<V>(node: Node<V>, from: string, to: string | undefined): Generator<V, boolean> {
  const { keys } = node;
  if (node.leaf) {
    for (let i = lowerBound(keys, from); i < keys.length; i++) {
      if (to !== undefined && keys[i]! >= to) return false;
      yield node.values[i]!;
    }
    return true;
  }
  for (let i = childIndex(keys, from); i < keys.length; i++) {
    if (i > 0 && to !== undefined && keys[i]! >= to) return false;
    if (!(yield* iterate(node.children[i]!, from, to))) return false;
  }
  return true;
}

/**
 * A map that is sorted by its keys (as JavaScript compares strings), with snapshots that cost nothing: a B-tree that
 * copies a node only when a snapshot still holds it.
 */
export class SortedMap<V> implements SortedView<V> {
  #owner: Owner = {};
  #root: Node<V> = { leaf: true, owner: this.#owner, keys: [], values: [] };
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: string): V | undefined {
    return find(this.#root, key);
  }

  values(from = "", to?: string): IterableIterator<V> {
    return iterate(this.#root, from, to);
  }

  forEach(from: string, to: string | undefined, callback: (value: V, key: string) => boolean | void): void {
    walk(this.#root, from, to, callback);
  }

  /** What the map holds now, unchanged by later writes. */
  snapshot(): SortedView<V> {
    const root = this.#root;
    const size = this.#size;
    this.#owner = {};
    return {
      size,
      get: (key) => find(root, key),
      values: (from = "", to) => iterate(root, from, to),
      forEach: (from, to, callback) => {
        walk(root, from, to, callback);
      },
    };
  }

  set(key: string, value: V): void {
    const root = this.#owned(this.#root);
    this.#root = root;
    const sibling = this.#insert(root, key, value);
    if (!sibling) return;
    this.#root = {
      leaf: false,
      owner: this.#owner,
      keys: [root.keys[0]!, sibling.keys[0]!],
      children: [root, sibling],
    };
  }

  /** Whether the key was there. */
  delete(key: string): boolean {
    if (find(this.#root, key) === undefined) return false;
    let root = this.#owned(this.#root);
    this.#remove(root, key);
    while (!root.leaf && root.children.length === 1) root = root.children[0]!;
    this.#root =
      !root.leaf && root.children.length === 0 ? { leaf: true, owner: this.#owner, keys: [], values: [] } : root;
    this.#size--;
    return true;
  }

  clear(): void {
    this.#root = { leaf: true, owner: this.#owner, keys: [], values: [] };
    this.#size = 0;
  }

  /** The node itself when no snapshot holds it, otherwise a copy. */
  #owned(node: Node<V>): Node<V> {
    if (node.owner === this.#owner) return node;
    const keys = node.keys.slice();
    return node.leaf
      ? { leaf: true, owner: this.#owner, keys, values: node.values.slice() }
      : { leaf: false, owner: this.#owner, keys, children: node.children.slice() };
  }

  /** Puts the value below an owned node; returns the right half when the node was split. */
  #insert(node: Node<V>, key: string, value: V): Node<V> | undefined {
    if (node.leaf) {
      const index = lowerBound(node.keys, key);
      if (node.keys[index] === key) {
        node.values[index] = value;
        return undefined;
      }
      node.keys.splice(index, 0, key);
      node.values.splice(index, 0, value);
      this.#size++;
      return this.#split(node, index);
    }
    const index = childIndex(node.keys, key);
    const child = this.#owned(node.children[index]!);
    node.children[index] = child;
    const sibling = this.#insert(child, key, value);
    if (key < node.keys[index]!) node.keys[index] = key;
    if (!sibling) return undefined;
    node.keys.splice(index + 1, 0, sibling.keys[0]!);
    node.children.splice(index + 1, 0, sibling);
    return this.#split(node, index + 1);
  }

  /** Ascending inserts leave full nodes behind, others halves. */
  #split(node: Node<V>, insertedAt: number): Node<V> | undefined {
    const size = nodeSize(node);
    if (size <= MAX_NODE_SIZE) return undefined;
    const at = insertedAt === size - 1 ? size - 2 : size >>> 1;
    const keys = node.keys.splice(at);
    return node.leaf
      ? { leaf: true, owner: this.#owner, keys, values: node.values.splice(at) }
      : { leaf: false, owner: this.#owner, keys, children: node.children.splice(at) };
  }

  /** Takes the key out below an owned node and drops children that became empty. */
  #remove(node: Node<V>, key: string): void {
    if (node.leaf) {
      const index = lowerBound(node.keys, key);
      node.keys.splice(index, 1);
      node.values.splice(index, 1);
      return;
    }
    const index = childIndex(node.keys, key);
    const child = this.#owned(node.children[index]!);
    node.children[index] = child;
    this.#remove(child, key);
    if (nodeSize(child) === 0) {
      node.keys.splice(index, 1);
      node.children.splice(index, 1);
    } else if (nodeSize(child) < MAX_NODE_SIZE >>> 2) {
      this.#join(node, index);
    }
  }

  /** Melts a small child with its right or left neighbour when both fit into one node. */
  #join(node: Branch<V>, index: number): void {
    const left = index + 1 < node.children.length ? index : index - 1;
    if (left < 0) return;
    const right = node.children[left + 1]!;
    if (nodeSize(node.children[left]!) + nodeSize(right) > MAX_NODE_SIZE >>> 1) return;
    const target = this.#owned(node.children[left]!);
    node.children[left] = target;
    target.keys.push(...right.keys);
    if (target.leaf && right.leaf) target.values.push(...right.values);
    else if (!target.leaf && !right.leaf) target.children.push(...right.children);
    node.keys.splice(left + 1, 1);
    node.children.splice(left + 1, 1);
  }
}
