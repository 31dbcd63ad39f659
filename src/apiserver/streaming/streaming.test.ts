// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ByteSink } from "../../client/transport.ts";
import { get, send, startServer, type TestServer } from "../server-fixture.test.ts";
import type {
  Backend,
  BackendRequest,
  BackendResponse,
  BackendTransport,
  ClientConnection,
  WebSocketChoice,
} from "./backend-transport.ts";

const NS = "/api/v1/namespaces/default";
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** One end of a connection in memory; the other end is `peer`. */
class TestConnection implements ClientConnection {
  readonly received: string[] = [];
  peer: TestConnection | undefined;
  ended = false;
  destroyed = false;
  /** What was chosen for a WebSocket; its messages are then in `messages`. */
  chosen: WebSocketChoice | undefined;
  readonly messages: string[] = [];
  readonly #data: ((chunk: Uint8Array) => void)[] = [];
  readonly #end: (() => void)[] = [];
  readonly #close: (() => void)[] = [];

  static pair(): [TestConnection, TestConnection] {
    const [a, b] = [new TestConnection(), new TestConnection()];
    a.peer = b;
    b.peer = a;
    return [a, b];
  }

  write(chunk: Uint8Array): boolean {
    this.peer!.received.push(decode(chunk));
    for (const callback of this.peer!.#data) callback(chunk);
    return true;
  }
  onData(callback: (chunk: Uint8Array) => void): void {
    this.#data.push(callback);
  }
  onDrain(): void {}
  onEnd(callback: () => void): void {
    this.#end.push(callback);
  }
  onClose(callback: () => void): void {
    this.#close.push(callback);
  }
  pause(): void {}
  resume(): void {}
  end(): void {
    this.ended = true;
    for (const callback of this.peer!.#end) callback();
  }
  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    for (const callback of this.peer!.#close) callback();
  }
  async webSocket(choice: WebSocketChoice): Promise<ByteSink> {
    this.chosen = choice;
    return {
      write: (message) => this.messages.push(decode(message)) > 0,
      bufferedBytes: 0,
      onDrain: () => undefined,
      onClose: (callback) => this.onClose(callback),
      end: () => this.end(),
    };
  }
}

class TestBackends implements BackendTransport {
  readonly asked: { backend: Backend; request: BackendRequest }[] = [];
  answer: BackendResponse = { status: 200, headers: {}, body: chunks("hello\n", "world\n") };
  upgraded: TestConnection | undefined;

  async request(backend: Backend, request: BackendRequest): Promise<BackendResponse> {
    this.asked.push({ backend, request });
    return this.answer;
  }

  async upgrade(backend: Backend, request: BackendRequest) {
    this.asked.push({ backend, request });
    if (!this.upgraded) return { upgraded: false as const, ...this.answer };
    return {
      upgraded: true as const,
      headers: { upgrade: "websocket", "sec-websocket-protocol": "v5.channel.k8s.io" },
      connection: this.upgraded,
    };
  }
}

async function* chunks(...texts: string[]): AsyncIterable<Uint8Array> {
  for (const text of texts) yield encode(text);
}

async function start(backends: BackendTransport): Promise<TestServer> {
  const server = await startServer({ backends });
  const make = async (path: string, body: object): Promise<void> => {
    const answer = await get(server, path, { body });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
  };
  await make(`${NS}/serviceaccounts`, { metadata: { name: "default" } });
  await make("/api/v1/nodes", { metadata: { name: "n1" } });
  const status = {
    addresses: [{ type: "InternalIP", address: "10.1.0.5" }],
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
  };
  const headers = { "content-type": "application/merge-patch+json" };
  await get(server, "/api/v1/nodes/n1/status", { method: "PATCH", headers, body: { status } });
  const containers = [
    { name: "a", image: "i" },
    { name: "b", image: "i" },
  ];
  await make(`${NS}/pods`, { metadata: { name: "p" }, spec: { containers } });
  await make(`${NS}/pods/p/binding`, { metadata: { name: "p" }, target: { kind: "Node", name: "n1" } });
  return server;
}

const messageOf = (body: unknown): string => (body as { message: string }).message;

test("logs come from the kubelet of the pod's node, as they are", async () => {
  const backends = new TestBackends();
  await using server = await start(backends);
  const { status, body } = await get(server, `${NS}/pods/p/log?container=b&follow=true&tailLines=5`);
  assert.deepEqual([status, body], [200, "hello\nworld\n"]);
  const { backend, request } = backends.asked[0]!;
  assert.deepEqual(backend, { type: "kubelet", nodeName: "n1", host: "10.1.0.5", port: 10250 });
  assert.equal(request.path, "/containerLogs/default/p/b?follow=true&tailLines=5");
});

test("logs of a pod with several containers need a name, and options are checked", async () => {
  await using server = await start(new TestBackends());
  assert.equal(
    messageOf((await get(server, `${NS}/pods/p/log`)).body),
    "a container name must be specified for pod p, choose one of: [a b]",
  );
  assert.equal(
    messageOf((await get(server, `${NS}/pods/p/log?container=x`)).body),
    "container x is not valid for pod p",
  );
  assert.equal(
    messageOf((await get(server, `${NS}/pods/p/log?container=a&tailLines=-1`)).body),
    'PodLogOptions "p" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
  );
});

test("what the kubelet refuses is told in its words", async () => {
  const backends = new TestBackends();
  await using server = await start(backends);
  const text = 'container "a" in pod "p" is waiting to start: ContainerCreating';
  backends.answer = { status: 400, headers: {}, body: chunks(text) };
  const { status, body } = await get(server, `${NS}/pods/p/log?container=a`);
  assert.deepEqual([status, messageOf(body)], [400, text]);
});

const upgradeRequest = (server: TestServer, path: string, user: string, organizations: string[]) => ({
  method: "GET",
  path,
  headers: {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-key": "k",
    "sec-websocket-protocol": "v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.dG9rZW4",
  },
  signal: server.signal,
  peer: { address: "test", certificate: { commonName: user, organizations } },
});

test("an exec is joined to the kubelet's connection, byte for byte", async () => {
  const backends = new TestBackends();
  const [kubelet, ours] = TestConnection.pair();
  backends.upgraded = ours;
  await using server = await start(backends);
  const [client, socket] = TestConnection.pair();
  const path = `${NS}/pods/p/exec?container=a&command=ls&command=-l&stdout=true&stdin=true`;
  await server.api.upgrade(upgradeRequest(server, path, "admin", ["system:masters"]), socket);
  const { request } = backends.asked[0]!;
  assert.equal(request.path, "/exec/default/p/a?input=1&output=1&command=ls&command=-l");
  assert.equal(request.headers["sec-websocket-protocol"], "v5.channel.k8s.io");
  assert.match(client.received[0]!, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
  client.write(encode("to kubelet"));
  kubelet.write(encode("to client"));
  assert.deepEqual(kubelet.received, ["to kubelet"]);
  assert.equal(client.received[1], "to client");
  kubelet.destroy();
  assert.equal(socket.destroyed, true);
});

test("an exec over WebSocket needs the right to create it, not only to get it", async () => {
  const backends = new TestBackends();
  await using server = await start(backends);
  const rbac = "/apis/rbac.authorization.k8s.io/v1";
  const rules = [{ apiGroups: [""], resources: ["pods/exec"], verbs: ["get"] }];
  await get(server, `${rbac}/clusterroles`, { body: { metadata: { name: "r" }, rules } });
  await get(server, `${rbac}/clusterrolebindings`, {
    body: {
      metadata: { name: "r" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "r" },
      subjects: [{ kind: "User", name: "alice", apiGroup: "rbac.authorization.k8s.io" }],
    },
  });
  const [client, socket] = TestConnection.pair();
  await server.api.upgrade(upgradeRequest(server, `${NS}/pods/p/exec?container=a`, "alice", []), socket);
  assert.match(client.received[0]!, /^HTTP\/1\.1 403 Forbidden/);
  assert.match(client.received[1]!, /cannot create resource \\"pods\/exec\\"/);
  assert.equal(backends.asked.length, 0);
});

test("a log goes to a WebSocket as messages, in base64 for those who want text", async () => {
  const cases: readonly [protocols: string, chosen: WebSocketChoice, messages: string[]][] = [
    ["", { protocol: "", binary: true }, ["", "hello\n", "world\n"]],
    ["x, binary.k8s.io", { protocol: "binary.k8s.io", binary: true }, ["", "hello\n", "world\n"]],
    ["base64.binary.k8s.io", { protocol: "base64.binary.k8s.io", binary: false }, ["", "aGVsbG8K", "d29ybGQK"]],
  ];
  const backends = new TestBackends();
  await using server = await start(backends);
  const path = `${NS}/pods/p/log?container=a`;
  for (const [protocols, chosen, messages] of cases) {
    const [client, socket] = TestConnection.pair();
    const over = new Promise<void>((resolve) => client.onEnd(resolve));
    backends.answer = { status: 200, headers: {}, body: chunks("hello\n", "world\n") };
    const request = upgradeRequest(server, path, "admin", ["system:masters"]);
    const headers = { ...request.headers, "sec-websocket-version": "13", "sec-websocket-protocol": protocols };
    await server.api.upgrade({ ...request, headers }, socket);
    await over;
    assert.deepEqual([socket.chosen, socket.messages], [chosen, messages]);
  }
  const [client, socket] = TestConnection.pair();
  const request = upgradeRequest(server, path, "admin", ["system:masters"]);
  const headers = { ...request.headers, "sec-websocket-version": "13", "sec-websocket-protocol": "x" };
  await server.api.upgrade({ ...request, headers }, socket);
  assert.match(client.received[0]!, /^HTTP\/1\.1 403 Forbidden/);
  const old = { ...request.headers, "sec-websocket-version": "8" };
  await server.api.upgrade({ ...request, headers: old }, socket);
  assert.match(client.received[1]!, /^HTTP\/1\.1 400 Bad Request[^]*Sec-Websocket-Version: 13/);
});

test("a stream that nobody wants upgraded is refused", async () => {
  await using server = await start(new TestBackends());
  const { status, body } = await get(server, `${NS}/pods/p/exec?container=a`);
  assert.deepEqual([status, messageOf(body)], [400, "Upgrade request required"]);
});

test("a proxied request reaches the pod, and its redirects come back through the proxy", async () => {
  const backends = new TestBackends();
  await using server = await start(backends);
  const headers = { "content-type": "application/merge-patch+json" };
  const status = { phase: "Running", podIP: "10.2.0.9", podIPs: [{ ip: "10.2.0.9" }] };
  await get(server, `${NS}/pods/p/status`, { method: "PATCH", headers, body: { status } });
  backends.answer = { status: 302, headers: { location: "/login" }, body: chunks() };
  const response = await send(server, `${NS}/pods/https:p:8443/proxy/a/b?x=1`, {
    headers: { authorization: "Bearer secret", cookie: "c" },
    user: ["admin", "system:masters"],
  });
  assert.equal(response.status, 302);
  assert.equal(response.headers["location"], `${NS}/pods/https:p:8443/proxy/login`);
  const { backend, request } = backends.asked[0]!;
  assert.deepEqual(backend, { type: "endpoint", scheme: "https", host: "10.2.0.9", port: 8443 });
  assert.equal(request.path, "/a/b?x=1");
  assert.equal(request.headers["authorization"], undefined);
  assert.equal(request.headers["cookie"], "c");
  const bare = await send(server, `${NS}/pods/p/proxy`);
  assert.deepEqual([bare.status, bare.headers["location"]], [301, `${NS}/pods/p/proxy/`]);
});

test("nobody makes the API server call itself", async () => {
  const backends = new TestBackends();
  await using server = await start(backends);
  const headers = { "content-type": "application/merge-patch+json" };
  for (const ip of ["127.0.0.1", "169.254.169.254", "::1"]) {
    const status = { phase: "Running", podIP: ip, podIPs: [{ ip }] };
    await get(server, `${NS}/pods/p/status`, { method: "PATCH", headers, body: { status } });
    const answer = await get(server, `${NS}/pods/p:80/proxy/`);
    assert.deepEqual([answer.status, messageOf(answer.body)], [400, "address not allowed"], ip);
  }
  assert.equal(backends.asked.length, 0);
});

test("a Service is proxied to pods that its Endpoints name", async () => {
  const backends = new TestBackends();
  await using server = await start(backends);
  const headers = { "content-type": "application/merge-patch+json" };
  const status = { podIP: "10.2.0.9", podIPs: [{ ip: "10.2.0.9" }] };
  await get(server, `${NS}/pods/p/status`, { method: "PATCH", headers, body: { status } });
  const ports = [{ name: "http", port: 80 }];
  await get(server, `${NS}/services`, { body: { metadata: { name: "s" }, spec: { ports } } });
  const targetRef = { kind: "Pod", namespace: "default", name: "p" };
  const addresses = [{ ip: "10.2.0.9", targetRef }, { ip: "10.2.0.10", targetRef }, { ip: "10.2.0.9" }];
  const subsets = [{ addresses, ports: [{ name: "http", port: 8080 }] }];
  await get(server, `${NS}/endpoints`, { body: { metadata: { name: "s" }, subsets } });
  assert.equal((await send(server, `${NS}/services/s:80/proxy/x`)).status, 200);
  assert.deepEqual(backends.asked[0]!.backend, { type: "endpoint", scheme: "http", host: "10.2.0.9", port: 8080 });
  const other = await get(server, `${NS}/services/s:81/proxy/`);
  assert.equal(messageOf(other.body), 'no service port 81 found for service "s"');
  const unnamed = await get(server, `${NS}/services/s/proxy/`);
  assert.equal(messageOf(unnamed.body), 'no endpoints available for service "s"');
});

test("links of a proxied page lead through the proxy", async () => {
  const backends = new TestBackends();
  await using server = await start(backends);
  const patch = { "content-type": "application/merge-patch+json" };
  const status = { podIP: "10.2.0.9", podIPs: [{ ip: "10.2.0.9" }] };
  await get(server, `${NS}/pods/p/status`, { method: "PATCH", headers: patch, body: { status } });
  const prefix = `${NS}/pods/p:80/proxy`;
  const page = '<A HREF=/x?a=1&b=2>x</a><a href="y">y</a><script>"<a href=/z>"</script>';
  backends.answer = { status: 200, headers: { "content-type": "text/html; charset=utf-8" }, body: chunks(page) };
  const { body } = await get(server, `${prefix}/dir/../page?q=1`, {
    headers: { te: "trailers", "x-remote-user": "u" },
  });
  assert.equal(body, `<a href="${prefix}/x?a=1&amp;b=2">x</a><a href="y">y</a><script>"<a href=/z>"</script>`);
  const { request } = backends.asked[0]!;
  assert.equal(request.path, "/page?q=1");
  assert.equal(request.headers["x-forwarded-for"], "test");
  assert.equal(request.headers["te"], "trailers");
  assert.equal(request.headers["x-remote-user"], undefined);
});

test("a Service without ready endpoints cannot be proxied to", async () => {
  await using server = await start(new TestBackends());
  await get(server, `${NS}/services`, { body: { metadata: { name: "s" }, spec: { ports: [{ port: 80 }] } } });
  const early = await get(server, `${NS}/services/s/proxy/`);
  assert.deepEqual([early.status, messageOf(early.body)], [404, 'services "s" not found']);
  await get(server, `${NS}/endpoints`, { body: { metadata: { name: "s" } } });
  const { status, body } = await get(server, `${NS}/services/s/proxy/`);
  assert.deepEqual([status, messageOf(body)], [503, 'no endpoints available for service "s"']);
});
