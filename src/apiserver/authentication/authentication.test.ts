// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { formatTime, type KubeObject } from "../../apimachinery/index.ts";
import type { Peer } from "../../client/transport.ts";
import { get, startServer, type Answer, type TestServer } from "../server-fixture.test.ts";

const NS = "/api/v1/namespaces/default";
const SELF = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
const REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews";

interface Review {
  readonly status: {
    readonly userInfo?: { readonly username: string; readonly uid?: string; readonly groups: readonly string[] };
    readonly authenticated?: boolean;
    readonly error?: string;
    readonly audiences?: readonly string[];
  };
}

const base64 = (text: string): string => new TextEncoder().encode(text).toBase64();
const dataOf = (values: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, base64(value)]));

/** Who the server takes the sender for; the status when it refuses him. */
async function whoami(server: TestServer, headers: Readonly<Record<string, string>>) {
  const { status, body } = await get(server, SELF, { user: undefined, headers, body: {} });
  return (body as Review).status.userInfo ?? status;
}
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

const review = async (server: TestServer, token: string, audiences?: readonly string[]): Promise<Review["status"]> =>
  ((await get(server, REVIEWS, { body: { spec: { token, audiences } } })).body as Review).status;

async function create(server: TestServer, path: string, body: object): Promise<KubeObject> {
  const answer = await get(server, path, { body });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return answer.body as KubeObject;
}

const bootstrapSecret = (
  id: string,
  values: Readonly<Record<string, string>>,
  type = "bootstrap.kubernetes.io/token",
) => ({
  metadata: { name: `bootstrap-token-${id}` },
  type,
  data: dataOf({
    "token-id": id,
    "token-secret": "0123456789abcdef",
    "usage-bootstrap-authentication": "true",
    ...values,
  }),
});

test("a bootstrap token is its secret's user, as long as the secret says so", async () => {
  await using server = await startServer({});
  const secrets = "/api/v1/namespaces/kube-system/secrets";
  const groups = "system:bootstrappers:b,system:bootstrappers:a,system:bootstrappers:b";
  const expiration = formatTime(server.clock.nowMs() + 60_000);
  await create(server, secrets, bootstrapSecret("good00", { "auth-extra-groups": groups, expiration }));
  await create(server, secrets, bootstrapSecret("group0", { "auth-extra-groups": "system:masters" }, "Opaque"));
  await create(server, secrets, bootstrapSecret("usage0", { "usage-bootstrap-authentication": "false" }));
  await create(server, secrets, bootstrapSecret("opaque", {}, "Opaque"));
  assert.deepEqual(await whoami(server, bearer("good00.0123456789abcdef")), {
    username: "system:bootstrap:good00",
    groups: ["system:bootstrappers", "system:bootstrappers:a", "system:bootstrappers:b", "system:authenticated"],
  });
  for (const token of ["good00.0123456789abcdee", "group0.0123456789abcdef", "usage0.0123456789abcdef"]) {
    assert.equal(await whoami(server, bearer(token)), 401, token);
  }
  assert.equal(await whoami(server, bearer("opaque.0123456789abcdef")), 401);
  assert.equal((await review(server, "good00.0123456789abcdef", ["elsewhere"])).error, "invalid bearer token");
  await server.clock.advance(70_000);
  assert.equal(await whoami(server, bearer("good00.0123456789abcdef")), 401);
});

/** A secret with a token as its controller writes it, and the token. */
async function legacyToken(server: TestServer, { uid }: KubeObject["metadata"], name: string): Promise<string> {
  const token = server.pki.signer.sign({
    iss: "kubernetes/serviceaccount",
    "kubernetes.io/serviceaccount/namespace": "default",
    "kubernetes.io/serviceaccount/secret.name": name,
    "kubernetes.io/serviceaccount/service-account.name": "old",
    "kubernetes.io/serviceaccount/service-account.uid": uid,
    sub: "system:serviceaccount:default:old",
  });
  const annotations = { "kubernetes.io/service-account.name": "old" };
  const type = "kubernetes.io/service-account-token";
  await create(server, `${NS}/secrets`, { metadata: { name, annotations }, type, data: dataOf({ token }) });
  return token;
}

test("a token that a secret holds is good while secret and account are, and the day of its use is noted", async () => {
  await using server = await startServer({});
  const { metadata } = await create(server, `${NS}/serviceaccounts`, { metadata: { name: "old" } });
  const token = await legacyToken(server, metadata, "kept");
  const user = await whoami(server, bearer(token));
  assert.equal(typeof user === "object" && user.username, "system:serviceaccount:default:old");
  assert.equal(typeof user === "object" && user.uid, metadata.uid);
  const secret = (await get(server, `${NS}/secrets/kept`)).body as KubeObject;
  const today = formatTime(server.clock.nowMs()).slice(0, 10);
  assert.deepEqual(secret.metadata.labels, { "kubernetes.io/legacy-token-last-used": today });
  const other = await legacyToken(server, metadata, "marked");
  const headers = { "content-type": "application/merge-patch+json" };
  const labels = { "kubernetes.io/legacy-token-invalid-since": today };
  await get(server, `${NS}/secrets/marked`, { method: "PATCH", headers, body: { metadata: { labels } } });
  assert.match(
    (await review(server, other)).error!,
    /^\[invalid bearer token, the token in secret default\/marked .* has been marked invalid/,
  );
  await get(server, `${NS}/secrets/kept`, { method: "DELETE" });
  assert.equal((await review(server, token)).error, "[invalid bearer token, Token has been invalidated]");
});

test("a generated secret's token works and warns", async () => {
  await using server = await startServer({});
  const account = { metadata: { name: "old" }, secrets: [{ name: "gen" }] };
  const { metadata } = await create(server, `${NS}/serviceaccounts`, account);
  const token = await legacyToken(server, metadata, "gen");
  const request = { user: undefined, headers: bearer(token), body: {} };
  const answer = await server.api.handler.handle({
    method: "POST",
    path: SELF,
    headers: { ...request.headers, "content-type": "application/json" },
    body: new TextEncoder().encode("{}"),
    signal: server.signal,
    peer: { address: "test" },
  });
  assert.match(String(answer.headers["warning"]), /instead of auto-generated secret-based tokens/);
});

const claimsOf = (server: TestServer, uid: string | undefined, change: object = {}) => {
  const now = Math.floor(server.clock.nowMs() / 1000);
  return {
    aud: ["https://kubernetes.default.svc.cluster.local"],
    exp: now + 600,
    iat: now,
    iss: "https://kubernetes.default.svc.cluster.local",
    "kubernetes.io": { namespace: "default", serviceaccount: { name: "a", uid } },
    nbf: now,
    sub: "system:serviceaccount:default:a",
    ...change,
  };
};

test("a review says why a token is not good", async () => {
  await using server = await startServer({});
  const { metadata } = await create(server, `${NS}/serviceaccounts`, { metadata: { name: "a" } });
  const now = Math.floor(server.clock.nowMs() / 1000);
  const errorOf = async (change: object, audiences?: readonly string[]) =>
    (await review(server, server.pki.signer.sign(claimsOf(server, metadata.uid, change)), audiences)).error;
  const account = (name: string, uid: string) => ({
    "kubernetes.io": { namespace: "default", serviceaccount: { name, uid } },
  });
  const pod = { ...account("a", metadata.uid!)["kubernetes.io"], pod: { name: "p", uid: "u" } };
  assert.equal(await errorOf({}), undefined);
  const cases: readonly [object, string][] = [
    [{ exp: now - 61 }, "service account token has expired"],
    [{ nbf: now + 61 }, "service account token is not valid yet"],
    [{ iat: now + 61 }, "service account token is issued in the future"],
    [account("b", "u"), 'serviceaccounts "b" not found'],
    [account("a", "u"), `service account UID (${metadata.uid}) does not match claim (u)`],
    [{ "kubernetes.io": pod }, "service account token has been invalidated"],
  ];
  for (const [change, why] of cases) assert.equal(await errorOf(change), `[invalid bearer token, ${why}]`);
  assert.equal(await errorOf({ exp: now - 59 }), undefined);
  assert.equal(await errorOf({ iss: "https://elsewhere" }), "invalid bearer token");
  assert.equal(
    await errorOf({ aud: ["x"] }, ["y", "z"]),
    '[invalid bearer token, token audiences ["x"] is invalid for the target audiences ["y" "z"]]',
  );
  assert.equal((await review(server, "nonsense")).error, "invalid bearer token");
});

const askAs = async (server: TestServer, peer: Peer): Promise<number> => {
  const headers = {};
  return (await server.api.handler.handle({ method: "GET", path: "/version", headers, signal: server.signal, peer }))
    .status;
};

test("a certificate that is not good is refused, one with a UID gives it", async () => {
  await using server = await startServer({});
  assert.equal(await askAs(server, { address: "test" }), 200);
  assert.equal(await askAs(server, { address: "test", badCertificate: true }), 401);
  const certificate = { commonName: "alice", organizations: [] };
  assert.equal(await askAs(server, { address: "test", certificate: { ...certificate, uids: ["1", "2"] } }), 401);
  assert.equal(await askAs(server, { address: "test", certificate: { ...certificate, uids: [""] } }), 401);
  assert.equal(await askAs(server, { address: "test", certificate: { ...certificate, uids: ["1"] } }), 200);
});

test("the word after bearer is the token; other schemes are no credentials", async () => {
  await using server = await startServer({});
  const statusOf = async (authorization: string): Promise<number> =>
    (await get(server, "/version", { user: undefined, headers: { authorization } })).status;
  assert.equal(await statusOf("Basic YTpi"), 200);
  assert.equal(await statusOf("Bearer"), 200);
  assert.equal(await statusOf("Bearer  junk"), 200);
  assert.equal(await statusOf("bEARER junk"), 401);
});

test("a WebSocket carries its token in a subprotocol, beside another", async () => {
  await using server = await startServer({});
  const { metadata } = await create(server, `${NS}/serviceaccounts`, { metadata: { name: "a" } });
  const token = server.pki.signer.sign(claimsOf(server, metadata.uid));
  const protocol = `base64url.bearer.authorization.k8s.io.${base64(token).replaceAll("=", "").replaceAll("+", "-").replaceAll("/", "_")}`;
  const as = (protocols: string, upgrade = "websocket") =>
    whoami(server, { connection: "Upgrade", upgrade, "sec-websocket-protocol": protocols });
  const user = await as(`${protocol}, v4.channel.k8s.io`);
  assert.equal(typeof user === "object" && user.username, "system:serviceaccount:default:a");
  assert.equal(await as(protocol), 401);
  assert.equal(await as(`${protocol},${protocol},x`), 401);
  assert.equal(await as(`${protocol}!,x`), 401);
  assert.equal(await as(`${protocol},x`, "h2c"), 403);
});

const impersonated = async (server: TestServer, headers: Readonly<Record<string, string>>): Promise<Answer> =>
  get(server, SELF, { headers, body: {} });

test("who is impersonated gets the groups that go with him", async () => {
  await using server = await startServer({});
  const groupsOf = async (user: string, groups?: string) => {
    const headers = { "impersonate-user": user, ...(groups === undefined ? {} : { "impersonate-group": groups }) };
    return ((await impersonated(server, headers)).body as Review).status.userInfo!.groups;
  };
  assert.deepEqual(await groupsOf("bob", "a,b\nc"), ["a,b", "c", "system:authenticated"]);
  assert.deepEqual(await groupsOf("bob", "system:unauthenticated\nsystem:masters"), [
    "system:unauthenticated",
    "system:masters",
  ]);
  assert.deepEqual(await groupsOf("system:anonymous", "system:masters"), ["system:masters", "system:unauthenticated"]);
  const account = ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"];
  assert.deepEqual(await groupsOf("system:serviceaccount:default:x"), account);
  assert.deepEqual(await groupsOf("system:serviceaccount:default:x", "a"), ["a", "system:authenticated"]);
  assert.equal((await impersonated(server, { "impersonate-other": "x" })).status, 201);
});
