// SPDX-License-Identifier: Apache-2.0

import type { Clock } from "../../base/index.ts";
import {
  CriError,
  type CallOptions,
  type CriImage,
  type FilesystemUsage,
  type ImageService,
  type ImageSpec,
  type PodSandboxConfig,
} from "../../kubelet/index.ts";
import { imagePull } from "./behaviour.ts";

const IMAGE_BYTES = 10_000_000;
/** Registries that exist nowhere (RFC 2606): images of theirs cannot be pulled. */
const NOWHERE = /^[^/]+\.invalid(:\d+)?\//;

/** Every image is there already, but for those of registries under `.invalid`. */
export class SimulatedImages implements ImageService {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  listImages(): Promise<readonly CriImage[]> {
    return Promise.resolve([]);
  }

  imageStatus(image: ImageSpec): Promise<CriImage | undefined> {
    if (NOWHERE.test(image.image)) return Promise.resolve(undefined);
    return Promise.resolve({ id: image.image, repoTags: [image.image], size: IMAGE_BYTES });
  }

  async pullImage(
    image: ImageSpec,
    options: CallOptions & { readonly sandboxConfig?: PodSandboxConfig },
  ): Promise<string> {
    const pull = imagePull(options.sandboxConfig?.annotations);
    if (pull === "fail" || NOWHERE.test(image.image))
      throw new CriError("NotFound", `failed to pull and unpack image "${image.image}": ${image.image}: not found`);
    if (pull > 0) await this.#clock.sleep(pull, options);
    return image.image;
  }

  removeImage(): Promise<void> {
    return Promise.resolve();
  }

  imageFsInfo(): Promise<readonly FilesystemUsage[]> {
    return Promise.resolve([]);
  }
}
