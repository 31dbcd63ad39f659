// SPDX-License-Identifier: Apache-2.0

import { goQuote, isNotFound, nameIsPathSegment, StatusError, type DeepReadonly } from "../../apimachinery/index.ts";
import type { Container, Pod, ServiceAccount, Volume } from "../../api/index.ts";
import { randomSuffix, type Clock, type Random } from "../../base/index.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../admission-plugin.ts";
import type { ResourceStores } from "../resource-store.ts";
import { admissionForbidden } from "./attributes.ts";
import { mirrorPodRefusal, MIRROR_ANNOTATION } from "./mirror-pod.ts";
import { foreignEphemeralSecret, foreignPodSecret } from "./mountable-secrets.ts";

const DEFAULT_NAME = "default";
const VOLUME_PREFIX = "kube-api-access-";
const MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";
const ENFORCE_ANNOTATION = "kubernetes.io/enforce-mountable-secrets";
const TOKEN_SECONDS = 3607;
const FILE_MODE = 0o644;
/** The default account of a new namespace is made by a controller: a pod may be a moment early. */
const DEFAULT_ACCOUNT_TRIES = 10;
const RETRY_MS = 100;

export interface ServiceAccountOptions {
  readonly stores: ResourceStores;
  readonly clock: Clock;
  readonly random: Random;
}

const isPodCreate = ({ kind, resource, subresource, operation }: AdmissionAttributes): boolean =>
  kind.group === "" && resource === "pods" && operation === "CREATE" && subresource === "";

const isEphemeralUpdate = ({ kind, resource, subresource, operation }: AdmissionAttributes): boolean =>
  kind.group === "" && resource === "pods" && operation === "UPDATE" && subresource === "ephemeralcontainers";

const tokenVolume = (name: string): Volume => ({
  name,
  projected: {
    sources: [
      { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: "token" } },
      { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
      {
        downwardAPI: {
          items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }],
        },
      },
    ],
    defaultMode: FILE_MODE,
  },
});

function mountInto(containers: readonly Container[] | undefined, volumeName: string): boolean {
  let mounted = false;
  for (const container of containers ?? []) {
    if (container.volumeMounts?.some(({ mountPath }) => mountPath === MOUNT_PATH)) continue;
    const mount = { name: volumeName, readOnly: true, mountPath: MOUNT_PATH };
    container.volumeMounts = [...(container.volumeMounts ?? []), mount];
    mounted = true;
  }
  return mounted;
}

function mountToken({ spec }: Pod, random: Random): void {
  const existing = spec.volumes?.find(({ name }) => name.startsWith(VOLUME_PREFIX))?.name;
  const volumeName = existing ?? VOLUME_PREFIX + randomSuffix(random, 5);
  const inInit = mountInto(spec.initContainers, volumeName);
  const inMain = mountInto(spec.containers, volumeName);
  if ((inInit || inMain) && !existing) spec.volumes = [...(spec.volumes ?? []), tokenVolume(volumeName)];
}

const automounts = (account: DeepReadonly<ServiceAccount>, { spec }: Pod): boolean =>
  spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;

/** What Go's strconv reads as true. */
const TRUE: ReadonlySet<string> = new Set(["1", "t", "T", "TRUE", "true", "True"]);

function checkMirrorPod(attributes: AdmissionAttributes): void {
  const refusal = mirrorPodRefusal(attributes.object as Pod);
  if (refusal) throw admissionForbidden(attributes, refusal);
}

/** Gives every pod its service account, the account's token and its image pull secrets. */
export class ServiceAccountPlugin implements AdmissionPlugin {
  readonly name = "ServiceAccount";
  readonly #options: ServiceAccountOptions;

  constructor(options: ServiceAccountOptions) {
    this.#options = options;
  }

  handles(attributes: AdmissionAttributes): boolean {
    return isPodCreate(attributes) || isEphemeralUpdate(attributes);
  }

  /** What is wrong with the pod is said at once, before others look at it. */
  admit(attributes: AdmissionAttributes): Promise<void> | void {
    if (!isPodCreate(attributes)) return;
    const pod = attributes.object as Pod;
    if (pod.metadata.annotations?.[MIRROR_ANNOTATION] !== undefined) {
      checkMirrorPod(attributes);
      return;
    }
    pod.spec.serviceAccountName ||= DEFAULT_NAME;
    // The field's old name is written beside it, for old readers.
    pod.spec.serviceAccount = pod.spec.serviceAccountName;
    const apply = (account: DeepReadonly<ServiceAccount>): void => {
      this.#apply(pod, account);
      limitSecrets(attributes, account);
    };
    const account = this.#peek(attributes, pod);
    return account ? apply(account) : this.#wait(attributes, pod).then(apply);
  }

  validate(attributes: AdmissionAttributes): Promise<void> | void {
    const pod = attributes.object as Pod;
    if (isPodCreate(attributes) && pod.metadata.annotations?.[MIRROR_ANNOTATION] !== undefined) {
      checkMirrorPod(attributes);
      return;
    }
    const name = pod.spec.serviceAccountName;
    if (!name) {
      throw admissionForbidden(
        attributes,
        `no service account specified for pod ${attributes.namespace}/${pod.metadata.name ?? ""}`,
      );
    }
    const account = this.#peek(attributes, pod);
    if (account) {
      limitSecrets(attributes, account);
      return;
    }
    return this.#wait(attributes, pod).then((late) => limitSecrets(attributes, late));
  }

  #apply(pod: Pod, account: DeepReadonly<ServiceAccount>): void {
    if (automounts(account, pod)) mountToken(pod, this.#options.random);
    if (!pod.spec.imagePullSecrets?.length && account.imagePullSecrets?.length) {
      pod.spec.imagePullSecrets = account.imagePullSecrets.map((reference) => ({ ...reference }));
    }
  }

  #peek(attributes: AdmissionAttributes, { spec }: Pod): DeepReadonly<ServiceAccount> | undefined {
    const found = this.#options.stores
      .find("", "serviceaccounts")
      ?.peek(attributes.namespace, spec.serviceAccountName ?? "");
    return found as DeepReadonly<ServiceAccount> | undefined;
  }

  async #wait(attributes: AdmissionAttributes, { spec }: Pod): Promise<DeepReadonly<ServiceAccount>> {
    const { stores, clock, random } = this.#options;
    const name = spec.serviceAccountName ?? "";
    const refuse = (why: string) =>
      admissionForbidden(attributes, `error looking up service account ${attributes.namespace}/${name}: ${why}`);
    const mistakes = nameIsPathSegment(name, false);
    if (mistakes.length > 0) throw refuse(`invalid resource name ${JSON.stringify(name)}: [${mistakes.join(" ")}]`);
    const tries = name === DEFAULT_NAME ? DEFAULT_ACCOUNT_TRIES : 1;
    for (let i = 0; i < tries; i++) {
      if (i > 0) await clock.sleep(RETRY_MS + random.next() * RETRY_MS, { signal: attributes.signal });
      try {
        const found = await stores.find("", "serviceaccounts")?.get(attributes.namespace, name);
        if (found) return found as DeepReadonly<ServiceAccount>;
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
    throw refuse(`serviceaccount ${goQuote(name)} not found`);
  }
}

/** Refuses secrets that the account does not list, where its annotation asks for it. */
function limitSecrets(attributes: AdmissionAttributes, account: DeepReadonly<ServiceAccount>): void {
  if (!TRUE.has(account.metadata.annotations?.[ENFORCE_ANNOTATION] ?? "")) return;
  const pod = attributes.object as Pod;
  if (!isPodCreate(attributes)) {
    const foreign = foreignEphemeralSecret(pod, account);
    // Upstream lets this one through as a bare error.
    if (foreign) throw new StatusError({ message: foreign, code: 500 });
    return;
  }
  const foreign = foreignPodSecret(pod, account);
  if (foreign) throw admissionForbidden(attributes, foreign);
}
