// SPDX-License-Identifier: Apache-2.0

import type { Peer } from "../../client/transport.ts";
import type { UserInfo } from "../request-context.ts";
import { BadCredentials, type RequestAuthenticator } from "./authenticator.ts";
import { AUTHENTICATED, CREDENTIAL_ID_KEY } from "./user-names.ts";

type Certificate = NonNullable<Peer["certificate"]>;

function userOf(certificate: Certificate): UserInfo | undefined {
  if (certificate.commonName === "") return undefined;
  const { uids = [] } = certificate;
  if (uids.length > 1) throw new BadCredentials(`expected 1 UID, but found multiple: [${uids.join(" ")}]`);
  if (uids[0] === "") throw new BadCredentials("UID cannot be an empty string");
  const groups = certificate.organizations.includes(AUTHENTICATED)
    ? certificate.organizations
    : [...certificate.organizations, AUTHENTICATED];
  const { fingerprint } = certificate;
  return {
    name: certificate.commonName,
    groups,
    ...(uids[0] === undefined ? {} : { uid: uids[0] }),
    ...(fingerprint ? { extra: { [CREDENTIAL_ID_KEY]: [`X509SHA256=${fingerprint}`] } } : {}),
  };
}

/** Client certificates: the common name is the user, organisations are groups. One user object a connection. */
export function certificateAuthenticator(): RequestAuthenticator {
  const users = new WeakMap<Certificate, UserInfo>();
  return {
    name: "x509",
    authenticate({ peer: { certificate, badCertificate } }) {
      if (badCertificate) throw new BadCredentials("verifying certificate failed");
      if (!certificate) return undefined;
      const known = users.get(certificate);
      if (known) return known;
      const user = userOf(certificate);
      if (user) users.set(certificate, user);
      return user;
    },
  };
}
