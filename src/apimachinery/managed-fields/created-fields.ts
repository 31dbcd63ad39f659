// SPDX-License-Identifier: Apache-2.0

import { equalJson, isJsonObject, jsonField, type JsonObject } from "../json-value.ts";
import { EMPTY_SET, isEmptySet, makeSet, type FieldSet } from "./field-set.ts";
import type { PathElement } from "./path-element.ts";
import { ANY, freeEntry, type ListStructure, type Structure } from "./structure.ts";

/** A creator's walks are remembered up to this many steps for each kind; then memory starts afresh. */
const MAX_STEPS = 16_384;

/**
 * What the creator of an object owns, whatever it is of: all that differs from an empty object.
 *
 * Objects of one kind mostly look alike: the same fields in the same order with other values. So every walk over an
 * object follows an automaton whose states remember the walk so far; a step is one field (and what is owned below it)
 * or one list item, and the last state holds the finished set. Only new kinds of looks cost more than the walk.
 */
export class CreatedFields {
  readonly #structure: Structure;
  readonly #empty: unknown;
  #root: Plan;
  #memory: Memory;

  constructor(structure: Structure, empty: unknown) {
    this.#structure = structure;
    this.#empty = empty;
    this.#memory = { steps: 0 };
    this.#root = new Plan(structure, empty, this.#memory);
  }

  /** The same set for objects that look alike. Throws BadListElement. */
  of(object: unknown): FieldSet {
    if (this.#memory.steps > MAX_STEPS) {
      this.#memory = { steps: 0 };
      this.#root = new Plan(this.#structure, this.#empty, this.#memory);
    }
    return visit(this.#root, object).below;
  }
}

interface Memory {
  steps: number;
}

/** What is owned of a value: the path to it, and paths below. One object for each state, so that `===` tells. */
interface Owned {
  readonly isMember: boolean;
  readonly below: FieldSet;
}

const NOTHING: Owned = { isMember: false, below: EMPTY_SET };
const LEAF: Owned = { isMember: true, below: EMPTY_SET };

/** How values at one place are walked. */
class Plan {
  readonly structure: Structure;
  /** What an empty object holds at this place; nobody owns that. */
  readonly empty: unknown;
  readonly start: State;
  readonly memory: Memory;
  readonly #fields = new Map<string, Plan>();
  #items: Plan | undefined;

  constructor(structure: Structure, empty: unknown, memory: Memory) {
    this.structure = structure;
    this.empty = empty;
    this.memory = memory;
    this.start = new State(this, undefined, "", NOTHING);
  }

  field(name: string, structure: Structure): Plan {
    let plan = this.#fields.get(name);
    if (!plan) {
      const empty = isJsonObject(this.empty) ? jsonField(this.empty, name) : undefined;
      plan = new Plan(structure, empty, this.memory);
      this.#fields.set(name, plan);
    }
    return plan;
  }

  items(list: ListStructure): Plan {
    return (this.#items ??= new Plan(list.items, undefined, this.memory));
  }
}

/** The states that led to one, the last first. Not by recursion: ten thousand labels are as many states. */
function* stepsTo(state: State): Generator<State> {
  for (let step = state; step.previous; step = step.previous) yield step;
}

/** A place in the walk over one object or list. */
class State {
  readonly plan: Plan;
  readonly previous: State | undefined;
  readonly element: PathElement;
  readonly child: Owned;
  lastEdge: Edge | undefined;
  readonly #edges = new Map<string, Edge>();
  #owned: Owned | undefined;

  constructor(plan: Plan, previous: State | undefined, element: PathElement, child: Owned) {
    this.plan = plan;
    this.previous = previous;
    this.element = element;
    this.child = child;
    plan.memory.steps++;
  }

  /** The edge of a field of an object. */
  fieldEdge(name: string): Edge {
    let edge = this.#edges.get(name);
    if (!edge) {
      const { structure } = this.plan;
      const entry = structure.type === "map" ? structure.entry(name) : freeEntry(name);
      edge = new Edge(this, name, entry.element, this.plan.field(name, entry.structure ?? ANY));
      this.#edges.set(name, edge);
    }
    return (this.lastEdge = edge);
  }

  /** The edge of an item of a list. */
  itemEdge(element: PathElement, list: ListStructure): Edge {
    let edge = this.#edges.get(element);
    if (!edge) this.#edges.set(element, (edge = new Edge(this, element, element, this.plan.items(list))));
    return (this.lastEdge = edge);
  }

  /** What is owned when the walk ends here. */
  owned(): Owned {
    return (this.#owned ??= { isMember: this.plan.empty === undefined, below: this.#below() });
  }

  /** Gathers the steps of the walk, the last one first; an item that comes again is owned as a whole. */
  #below(): FieldSet {
    const members = new Set<PathElement>();
    const children = new Map<PathElement, FieldSet>();
    const seen = new Set<PathElement>();
    for (const { element, child } of stepsTo(this)) {
      if (seen.has(element)) children.delete(element);
      else if (!isEmptySet(child.below)) children.set(element, child.below);
      seen.add(element);
      if (child.isMember) members.add(element);
    }
    return makeSet(members, children);
  }
}

/** A step from a state, with the states that it has led to. */
class Edge {
  readonly key: string;
  readonly plan: Plan;
  lastChild: Owned | undefined;
  lastState: State | undefined;
  readonly #from: State;
  readonly #element: PathElement;
  readonly #states = new Map<Owned, State>();

  constructor(from: State, key: string, element: PathElement, plan: Plan) {
    this.#from = from;
    this.key = key;
    this.#element = element;
    this.plan = plan;
  }

  follow(child: Owned): State {
    if (this.lastChild === child) return this.lastState!;
    let state = this.#states.get(child);
    if (!state) {
      state = new State(this.#from.plan, this.#from, this.#element, child);
      this.#states.set(child, state);
    }
    this.lastChild = child;
    return (this.lastState = state);
  }
}

function visit(plan: Plan, value: unknown): Owned {
  const { structure } = plan;
  switch (structure.type) {
    case "scalar":
      return visitLeaf(plan, value);
    case "any":
      return structure.atomic || !isJsonObject(value) ? visitLeaf(plan, value) : visitFields(plan, value);
    case "list":
      if (structure.atomic || !Array.isArray(value) || value.length === 0) return visitLeaf(plan, value);
      return visitItems(plan, value, structure);
    case "map":
      if (structure.atomic) return visitLeaf(plan, value);
      return isJsonObject(value) ? visitFields(plan, value) : visitEmpty(plan, value);
  }
}

function visitLeaf({ empty }: Plan, value: unknown): Owned {
  return empty !== undefined && (empty === value || equalJson(empty, value)) ? NOTHING : LEAF;
}

function visitFields(plan: Plan, value: JsonObject): Owned {
  let state = plan.start;
  for (const name in value) {
    const field = value[name];
    if (field === undefined) continue;
    let edge = state.lastEdge;
    if (edge === undefined || edge.key !== name) edge = state.fieldEdge(name);
    state = edge.follow(visit(edge.plan, field));
  }
  return state === plan.start ? visitEmpty(plan, value) : state.owned();
}

/** An object without fields, or null, is owned where an empty object has neither this nor more. */
function visitEmpty({ empty }: Plan, value: unknown): Owned {
  const hasFields = isJsonObject(empty) && Object.keys(empty).length > 0;
  return hasFields || equalJson(empty, value) ? NOTHING : LEAF;
}

function visitItems(plan: Plan, value: readonly unknown[], structure: ListStructure): Owned {
  let state = plan.start;
  for (const item of value) {
    const element = structure.elementOf(item);
    let edge = state.lastEdge;
    if (edge === undefined || edge.key !== element) edge = state.itemEdge(element, structure);
    state = edge.follow(visit(edge.plan, item));
  }
  return state.owned();
}
