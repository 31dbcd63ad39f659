// SPDX-License-Identifier: Apache-2.0

/** Who a certificate (or a request for one) names. */
export interface CertificateSubject {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

/** Reads the subject of a certificate signing request in base64 of PEM; undefined when it is none. */
export type CertificateSubjectReader = (request: string) => CertificateSubject | undefined;

const SEQUENCE = 0x30;
const SET = 0x31;
const OID = 0x06;
const VERSION = 0xa0;
const COMMON_NAME = "2.5.4.3";
const ORGANIZATION = "2.5.4.10";
/** The attribute of a subject that holds the UID of a user. */
const USER_UID = "1.3.6.1.4.1.57683.2";

interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly end: number;
}

function elementAt(bytes: Uint8Array, start: number): Element | undefined {
  const tag = bytes[start];
  const first = bytes[start + 1];
  if (tag === undefined || first === undefined) return undefined;
  let length = first;
  let at = start + 2;
  if (first & 0x80) {
    length = 0;
    for (let i = 0; i < (first & 0x7f); i++) length = length * 256 + (bytes[at++] ?? 0);
  }
  const end = at + length;
  return end <= bytes.length ? { tag, content: bytes.subarray(at, end), end } : undefined;
}

function childrenOf({ content }: Element): Element[] {
  const children: Element[] = [];
  for (let at = 0; at < content.length; ) {
    const child = elementAt(content, at);
    if (!child) break;
    children.push(child);
    at = child.end;
  }
  return children;
}

function oidText(content: Uint8Array): string {
  const parts = [Math.floor((content[0] ?? 0) / 40), (content[0] ?? 0) % 40];
  let value = 0;
  for (const byte of content.subarray(1)) {
    value = value * 128 + (byte & 0x7f);
    if ((byte & 0x80) === 0) {
      parts.push(value);
      value = 0;
    }
  }
  return parts.join(".");
}

function derOf(base64Pem: string): Uint8Array | undefined {
  try {
    const pem = new TextDecoder().decode(Uint8Array.fromBase64(base64Pem));
    const body = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([^-]+)-----END/.exec(pem)?.[1];
    return body === undefined ? undefined : Uint8Array.fromBase64(body.replaceAll(/\s/g, ""));
  } catch {
    return undefined;
  }
}

/** The attributes of a name by type and text, in the order in which it lists them. */
function* attributesOf(name: Element): Iterable<readonly [type: string, value: string]> {
  for (const set of childrenOf(name)) {
    if (set.tag !== SET) continue;
    for (const attribute of childrenOf(set)) {
      const [type, value] = childrenOf(attribute);
      if (type?.tag === OID && value) yield [oidText(type.content), new TextDecoder().decode(value.content)];
    }
  }
}

/** The subject stands second in the request's body: version, subject, key. */
export const readRequestSubject: CertificateSubjectReader = (request) => {
  const der = derOf(request);
  const outer = der && elementAt(der, 0);
  if (outer?.tag !== SEQUENCE) return undefined;
  const body = childrenOf(outer)[0];
  const subject = body && childrenOf(body)[1];
  if (subject?.tag !== SEQUENCE) return undefined;
  let commonName = "";
  const organizations: string[] = [];
  for (const [type, value] of attributesOf(subject)) {
    if (type === COMMON_NAME) commonName = value;
    if (type === ORGANIZATION) organizations.push(value);
  }
  return { commonName, organizations };
};

/**
 * The UIDs that a certificate's subject holds, from its DER. The subject follows serial, algorithm, issuer and validity in
 * the body, which a version may precede.
 */
export function certificateUids(der: Uint8Array): string[] {
  const outer = elementAt(der, 0);
  const body = outer?.tag === SEQUENCE ? childrenOf(outer)[0] : undefined;
  const fields = body ? childrenOf(body) : [];
  const subject = fields[fields[0]?.tag === VERSION ? 5 : 4];
  if (!subject) return [];
  return [...attributesOf(subject)].filter(([type]) => type === USER_UID).map(([, value]) => value);
}
