// SPDX-License-Identifier: Apache-2.0

import type { Secret, ServiceAccount } from "../../api/index.ts";
import { isConflict, isNotFound } from "../../apimachinery/index.ts";
import {
  DONE,
  SECRETS,
  SERVICE_ACCOUNTS,
  WorkQueue,
  type Cached,
  type Client,
  type Informer,
  type Outcome,
  type Reconciler,
} from "../../client/index.ts";
import { controllerOfParts, type Controller, type ControllerContext } from "../controller.ts";
import {
  accountOf,
  filledSecret,
  isAccount,
  TOKEN_SECRET,
  withoutReference,
  type AccountName,
  type TokenContent,
} from "./decide.ts";

const NAME = "serviceaccount-token-controller";
const WORKERS = 5;
const MAX_RETRIES = 10;

type Options = { readonly signal: AbortSignal };

/** Keys outlive their objects: they carry all that is to be known of what is gone. */
type Key =
  | { readonly type: "account"; readonly account: AccountName }
  | { readonly type: "secret"; readonly name: string; readonly uid: string; readonly account: AccountName };

const secretKey = (secret: Cached<Secret>): string => {
  const { name, uid = "" } = secret.metadata;
  return JSON.stringify({ type: "secret", name, uid, account: accountOf(secret) } satisfies Key);
};

const accountKey = ({ metadata }: Cached<ServiceAccount>): string => {
  const { namespace = "", name, uid = "" } = metadata;
  return JSON.stringify({ type: "account", account: { namespace, name, uid } } satisfies Key);
};

interface Parts {
  readonly client: Client;
  readonly accounts: Informer<ServiceAccount>;
  readonly secrets: Informer<Secret>;
  readonly content: TokenContent;
}

/** Somebody else was there first: the change will be heard of. */
async function unlessOvertaken(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (!isConflict(error) && !isNotFound(error)) throw error;
  }
}

class ServiceAccountTokenReconciler implements Reconciler {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async reconcile(text: string, options: Options): Promise<Outcome> {
    const key = JSON.parse(text) as Key;
    if (key.type === "account") await this.#accountChanged(key.account, options);
    else await this.#secretChanged(key, options);
    return DONE;
  }

  /** The tokens of an account go with it. */
  async #accountChanged(account: AccountName, options: Options): Promise<void> {
    if (this.#known(account)) return;
    const tokens = [...this.#parts.secrets.lister.byNamespace(account.namespace)].filter((secret) =>
      isAccount({ metadata: account }, accountOf(secret)),
    );
    await Promise.all(tokens.map((secret) => this.#delete(secret, options)));
  }

  async #secretChanged(key: Key & { type: "secret" }, options: Options): Promise<void> {
    const secret = this.#parts.secrets.lister.get(key.account.namespace, key.name);
    if (secret?.metadata.uid !== key.uid) {
      if (this.#known(key.account)) await this.#removeReference(key.account, key.name, options);
      return;
    }
    // An account that was made just before its secret may not have been heard of yet.
    const account = this.#known(key.account) ?? (await this.#read(key.account, options));
    if (!account) {
      await this.#delete(secret, options);
      return;
    }
    const filled = filledSecret(secret, account, this.#parts.content);
    if (filled) await unlessOvertaken(this.#secrets(key.account).update(filled, options));
  }

  #known(account: AccountName): Cached<ServiceAccount> | undefined {
    const found = this.#parts.accounts.lister.get(account.namespace, account.name);
    return found && isAccount(found, account) ? found : undefined;
  }

  async #read(account: AccountName, options: Options): Promise<ServiceAccount | undefined> {
    try {
      const found = await this.#accounts(account).get(account.name, options);
      return isAccount(found, account) ? found : undefined;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #removeReference(name: AccountName, secretName: string, options: Options): Promise<void> {
    const account = await this.#read(name, options);
    const changed = account && withoutReference(account, secretName);
    if (!changed) return;
    try {
      await this.#accounts(name).update(changed, options);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async #delete({ metadata }: Cached<Secret>, options: Options): Promise<void> {
    const { namespace = "", name, uid } = metadata;
    await unlessOvertaken(this.#secrets({ namespace }).delete(name, { ...options, preconditions: { uid } }));
  }

  #secrets({ namespace }: Pick<AccountName, "namespace">) {
    return this.#parts.client.resource(SECRETS).namespace(namespace);
  }

  #accounts({ namespace }: Pick<AccountName, "namespace">) {
    return this.#parts.client.resource(SERVICE_ACCOUNTS).namespace(namespace);
  }
}

/** Writes tokens without an end into the secrets that ask for one, and removes them with their service account. */
export function createServiceAccountTokenController(
  context: ControllerContext,
  options: { readonly client: Client; readonly content: TokenContent },
): Controller {
  const queue = new WorkQueue({ clock: context.clock });
  const accounts = context.informers.informer(SERVICE_ACCOUNTS);
  const secrets = context.informers.informer(SECRETS, { fieldSelector: `type=${TOKEN_SECRET}` });
  const enqueue = (secret: Cached<Secret>): void => queue.add(secretKey(secret));
  secrets.addHandler({ added: enqueue, updated: enqueue, deleted: enqueue });
  accounts.addHandler({ deleted: (account) => queue.add(accountKey(account)) });
  return controllerOfParts({
    name: NAME,
    context,
    queue,
    reconciler: new ServiceAccountTokenReconciler({ ...options, accounts, secrets }),
    caches: [accounts, secrets],
    workers: WORKERS,
    maxRetries: MAX_RETRIES,
  });
}
