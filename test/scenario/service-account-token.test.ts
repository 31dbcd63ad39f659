// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { SECRETS, SERVICE_ACCOUNTS, TOKEN_REVIEWS } from "../../src/client/index.ts";
import { isNotFound } from "../../src/apimachinery/index.ts";
import type { Secret } from "../../src/api/index.ts";
import { virtualCluster } from "./virtual-time.ts";

const { signal } = new AbortController();
const LIMIT = { limitMs: 60_000 };
const ACCOUNT_UID = "kubernetes.io/service-account.uid";

type Story = Awaited<ReturnType<typeof virtualCluster>>;

const secretsOf = ({ cluster }: Story) => cluster.client.resource(SECRETS).namespace("default");
const accountsOf = ({ cluster }: Story) => cluster.client.resource(SERVICE_ACCOUNTS).namespace("default");

const tokenSecret = (name: string, account: string): Secret => ({
  metadata: { name, annotations: { "kubernetes.io/service-account.name": account } },
  type: "kubernetes.io/service-account-token",
});

const decoded = (secret: Secret, key: string): string =>
  new TextDecoder().decode(Uint8Array.fromBase64(secret.data?.[key] ?? ""));

async function written(story: Story, name: string): Promise<Secret> {
  const secrets = secretsOf(story);
  let secret: Secret = { metadata: {} };
  await story.clock.advanceUntil(async () => {
    secret = await secrets.get(name, { signal });
    return secret.data?.["token"] !== undefined;
  }, LIMIT);
  return secret;
}

/** Moves time until a secret is no more; fails when it stays. */
async function goes(story: Story, name: string): Promise<void> {
  const isGone = async (): Promise<boolean> => {
    try {
      await secretsOf(story).get(name, { signal });
      return false;
    } catch (error) {
      if (isNotFound(error)) return true;
      throw error;
    }
  };
  await story.clock.advanceUntil(isGone, LIMIT);
}

const userOf = async ({ cluster }: Story, token: string): Promise<string | undefined> =>
  (await cluster.client.resource(TOKEN_REVIEWS).create({ metadata: {}, spec: { token } }, { signal })).status?.user
    ?.username;

test("a secret that names an account gets a token, which is good until the account goes, and goes with it", async () => {
  await using story = await virtualCluster();
  const account = await accountsOf(story).create({ metadata: { name: "robot" } }, { signal });
  await secretsOf(story).create(tokenSecret("key", "robot"), { signal });
  await secretsOf(story).create({ ...tokenSecret("plain", "robot"), type: "Opaque" }, { signal });
  const secret = await written(story, "key");
  assert.equal(secret.metadata?.annotations?.[ACCOUNT_UID], account.metadata.uid);
  assert.equal(decoded(secret, "namespace"), "default");
  assert.match(decoded(secret, "ca.crt"), /^-----BEGIN CERTIFICATE-----\n/);
  assert.equal(secret.metadata?.managedFields?.at(-1)?.manager, "kube-controller-manager");
  const token = decoded(secret, "token");
  assert.equal(await userOf(story, token), "system:serviceaccount:default:robot");
  await accountsOf(story).delete("robot", { signal });
  await goes(story, "key");
  assert.equal(await userOf(story, token), undefined);
  assert.equal((await secretsOf(story).get("plain", { signal })).data, undefined);
});

test("a secret whose account is not there, or is another one by now, is removed", async () => {
  await using story = await virtualCluster();
  await secretsOf(story).create(tokenSecret("nobody", "nobody"), { signal });
  await goes(story, "nobody");
  await accountsOf(story).create({ metadata: { name: "robot" } }, { signal });
  const other = tokenSecret("other", "robot");
  const annotations = { ...other.metadata?.annotations, [ACCOUNT_UID]: "11111111-2222-3333-4444-555555555555" };
  await secretsOf(story).create({ ...other, metadata: { ...other.metadata, annotations } }, { signal });
  await goes(story, "other");
  await secretsOf(story).create(tokenSecret("key", "robot"), { signal });
  await written(story, "key");
});

test("an account loses the reference to a secret that was deleted; a token that was taken out comes anew", async () => {
  await using story = await virtualCluster();
  const secrets = [{ name: "key" }, { name: "kept" }];
  await accountsOf(story).create({ metadata: { name: "robot" }, secrets }, { signal });
  await secretsOf(story).create(tokenSecret("key", "robot"), { signal });
  const { data: _, ...empty } = await written(story, "key");
  await secretsOf(story).update(empty, { signal });
  await written(story, "key");
  await secretsOf(story).delete("key", { signal });
  const references = async () => (await accountsOf(story).get("robot", { signal })).secrets?.map(({ name }) => name);
  await story.clock.advanceUntil(async () => (await references())?.length === 1, LIMIT);
  assert.deepEqual(await references(), ["kept"]);
});
