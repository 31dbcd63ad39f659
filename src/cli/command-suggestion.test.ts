// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { suggestedCommand } from "./command-suggestion.ts";

const COMMANDS = ["up", "down", "status", "logs", "kubeconfig", "image", "version", "help"];
const suggested = (...words: string[]) => words.map((word) => suggestedCommand(word, COMMANDS));

test("a slip and a word that is not finished are understood", () => {
  assert.deepEqual(suggested("dwon", "lgos", "u", "stat", "kubecfg", "upp", "statsu"), [
    "down",
    "logs",
    "up",
    "status",
    "kubeconfig",
    "up",
    "status",
  ]);
});

test("what other tools call it is understood", () => {
  assert.deepEqual(suggested("start", "stop", "delete", "ls"), ["up", "down", "down --purge", "status"]);
});

test("another word gets no guess", () => {
  assert.deepEqual(suggested("bogus", "frob", "kubectl", "apply", "constructor", ""), Array(6).fill(undefined));
});
