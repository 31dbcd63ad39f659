// SPDX-License-Identifier: Apache-2.0

import { createRequire } from "node:module";

type GrpcLibrary = typeof import("@grpc/grpc-js");

let library: GrpcLibrary | undefined;

/** The gRPC library, loaded with the first connection: only node agents make any. */
export const grpcLibrary = (): GrpcLibrary =>
  (library ??= createRequire(import.meta.url)("@grpc/grpc-js") as GrpcLibrary);
