// SPDX-License-Identifier: Apache-2.0

import { capital, groupVersionId, groupWord, type Operation, type PathOperations } from "./operations.ts";

const META = "io.k8s.apimachinery.pkg.apis.meta.v1";
const VERSION_INFO = "io.k8s.apimachinery.pkg.version.Info";

/** A path that tells of the server itself: one answer to GET. */
const readPath = (path: string, operation: Pick<Operation, "id" | "description" | "answer"> & Partial<Operation>) => ({
  path,
  named: "",
  shared: [],
  operations: [{ method: "get" as const, parameters: [], codes: [], ...operation }],
});

const listed = (typeName: string): Operation["answer"] => ({ type: "object", typeName: `${META}.${typeName}` });

const baseOf = (group: string): string => (group ? `/apis/${group}` : "/api");

/** What discovery answers of one group version. */
export const versionPath = (group: string, version: string): PathOperations =>
  readPath(`${baseOf(group)}/${version}/`, {
    id: `get${groupVersionId(group, version)}APIResources`,
    description: "get available resources",
    answer: listed("APIResourceList"),
  });

/** What discovery answers of a group; the core group has none but its versions. */
export const groupPath = (group: string): PathOperations =>
  readPath(`${baseOf(group)}/`, {
    id: `get${capital(groupWord(group))}API${group ? "Group" : "Versions"}`,
    description: group ? "get information of a group" : "get available API versions",
    answer: listed(group ? "APIGroup" : "APIVersions"),
  });

const groupsPath = readPath("/apis/", {
  id: "getAPIVersions",
  description: "get available API versions",
  answer: listed("APIGroupList"),
});

/** Paths beside the groups' own, each with its tag and the media types that it takes and gives. */
export const SERVER_PATHS: Readonly<Record<string, { readonly tag: string; readonly path: PathOperations }>> = {
  ".well-known/openid-configuration": {
    tag: "WellKnown",
    path: readPath("/.well-known/openid-configuration/", {
      id: "getServiceAccountIssuerOpenIDConfiguration",
      description: "get service account issuer OpenID configuration, also known as the 'OIDC discovery doc'",
      answer: { type: "text" },
      consumes: [],
      produces: ["application/json"],
    }),
  },
  apis: { tag: "apis", path: groupsPath },
  "openid/v1/jwks": {
    tag: "openid",
    path: readPath("/openid/v1/jwks/", {
      id: "getServiceAccountIssuerOpenIDKeyset",
      description: "get service account issuer OpenID JSON Web Key Set (contains public token verification keys)",
      answer: { type: "text" },
      consumes: [],
      produces: ["application/jwk-set+json"],
    }),
  },
  version: {
    tag: "version",
    path: readPath("/version/", {
      id: "getCodeVersion",
      description: "get the version information for this server",
      answer: { type: "object", typeName: VERSION_INFO },
      consumes: ["application/json"],
      produces: ["application/json"],
    }),
  },
};
