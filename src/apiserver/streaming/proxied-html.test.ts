// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { rewriteHtml } from "./proxied-html.ts";
import { rewriteLink } from "./proxied-links.ts";
import { joinPaths, printedPath } from "./url-path.ts";

const links = { prefix: "/p/proxy", hosts: ["10.0.0.1:80", "api:6443"] };

const LINKS: readonly (readonly [link: string, rewritten: string | undefined])[] = [
  ["/a", "/p/proxy/a"],
  ["/a/", "/p/proxy/a/"],
  ["/a/../b//c?x=1#f", "/p/proxy/b/c?x=1#f"],
  ["/p/proxy/a", "/p/proxy/a"],
  ["http://10.0.0.1:80/a", "/p/proxy/a"],
  ["//10.0.0.1:80/a", "/p/proxy/a"],
  ["http://api:6443/a", "http://api:6443/p/proxy/a"],
  ["http://example.com/a", "http://example.com/a"],
  ["a/b", "a/b"],
  ["#f", "#f"],
  ["", ""],
  ["mailto:a@b", "mailto:a@b"],
  ["/a b", "/p/proxy/a%20b"],
  ["/%zz", undefined],
  ["/a\u0000", undefined],
];

test("links of the backend lead through the proxy, others stay", () => {
  for (const [link, rewritten] of LINKS) assert.equal(rewriteLink(link, links), rewritten, link);
});

const PAGES: readonly (readonly [html: string, rewritten: string])[] = [
  ["<img src='/i.png' alt=\"it's\"/>", '<img src="/p/proxy/i.png" alt="it&#39;s"/>'],
  ["<FORM ACTION=/f method=post>", '<form action="/p/proxy/f" method="post">'],
  ["<a title='/t' href='/q?a=&quot;&#49;'>", '<a title="/t" href="/p/proxy/q?a=&#34;1">'],
  ["x < y <!-- <a href='/c'> --> </A>", "x < y <!-- <a href='/c'> --> </A>"],
  ["<style>a{b:'<a href=/s>'}</STYLE><a href=/s>", "<style>a{b:'<a href=/s>'}</STYLE><a href=\"/p/proxy/s\">"],
  ["<!doctype html><p>&nbsp;&copy;", "<!doctype html><p>&nbsp;&copy;"],
  ["<a href='/open", "<a href='/open"],
  [
    '<a title=">" href = \'/a>b\'><a x="\'" href=/c>',
    '<a title="&gt;" href="/p/proxy/a%3Eb"><a x="&#39;" href="/p/proxy/c">',
  ],
];

test("start tags are written anew, everything else stays as it was", () => {
  for (const [html, rewritten] of PAGES) assert.equal(rewriteHtml(html, links), rewritten, html);
});

test("a tag that never ends is read once, however its quotes may be paired", () => {
  const html = `<a href=/a><b${' =""'.repeat(200)}`;
  assert.equal(rewriteHtml(html, links), html.replace("/a", '"/p/proxy/a"'));
});

test("paths are joined and printed as Go does it", () => {
  assert.equal(joinPaths("/", "a//b/../c/"), "/a/c/");
  assert.equal(joinPaths("/", ""), "/");
  assert.equal(joinPaths("/a", "../../b"), "/b");
  assert.equal(printedPath("/a%2Fb(c)"), "/a%2Fb(c)");
  assert.equal(printedPath("/\u00e9 (c)"), "/%C3%A9%20%28c%29");
});
