// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Secret } from "../types.ts";
import { credentialsFor } from "./credentials.ts";

const secret = (auths: object): Secret =>
  ({
    type: "kubernetes.io/dockerconfigjson",
    data: { ".dockerconfigjson": btoa(JSON.stringify({ auths })) },
  }) as unknown as Secret;

test("the most specific credentials come first", () => {
  const secrets = [
    secret({ "r.io": { username: "wide", password: "1" }, "https://r.io/team": { auth: btoa("narrow:2:3") } }),
  ];
  const found = credentialsFor("r.io/team/app", secrets);
  assert.deepEqual(
    found.map((a) => [a.username, a.password]),
    [
      ["narrow", "2:3"],
      ["wide", "1"],
    ],
  );
});

test("credentials of other registries are not used", () => {
  assert.deepEqual(credentialsFor("q.io/app", [secret({ "r.io": { username: "u", password: "p" } })]), []);
});

test("a star stands for a part of one label", () => {
  const secrets = [secret({ "*.r.io": { username: "u", password: "p" } })];
  assert.equal(credentialsFor("eu.r.io/app", secrets).length, 1);
  assert.equal(credentialsFor("a.eu.r.io/app", secrets).length, 0);
});

test("Docker Hub is known by its old address", () => {
  const secrets = [secret({ "https://index.docker.io/v1/": { username: "u", password: "p" } })];
  assert.equal(credentialsFor("docker.io/library/busybox", secrets)[0]?.username, "u");
});

test("a secret that is not JSON holds nothing", () => {
  const broken = {
    type: "kubernetes.io/dockerconfigjson",
    data: { ".dockerconfigjson": btoa("{") },
  } as unknown as Secret;
  assert.deepEqual(credentialsFor("docker.io/library/busybox", [broken]), []);
});
