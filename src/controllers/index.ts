// SPDX-License-Identifier: Apache-2.0

export { runControllers, type ControllersOptions } from "./run-controllers.ts";
