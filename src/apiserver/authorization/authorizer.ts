// SPDX-License-Identifier: Apache-2.0

import type { UserInfo } from "../request-context.ts";

/** What somebody wants to do. A RequestInfo is one. */
export interface Access {
  readonly isResourceRequest: boolean;
  readonly verb: string;
  readonly path: string;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** The query of a list, watch or deletecollection: its selectors narrow what is asked for. */
  readonly query?: URLSearchParams;
}

export type Decision =
  | { readonly decision: "allow"; readonly reason: string }
  | { readonly decision: "deny"; readonly reason: string }
  | { readonly decision: "noOpinion"; readonly reason: string };

export const allow = (reason = ""): Decision => ({ decision: "allow", reason });
export const deny = (reason = ""): Decision => ({ decision: "deny", reason });
export const noOpinion = (reason = ""): Decision => ({ decision: "noOpinion", reason });
const NO_OPINION = noOpinion();

/** Decides who may do what. A promise only where somebody outside is asked (webhook authorizer). */
export interface Authorizer {
  readonly name: string;
  authorize(user: UserInfo, access: Access): Decision | Promise<Decision>;
}

/** A rule as SelfSubjectRulesReview lists it. */
export interface ResourceRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}
export interface NonResourceRule {
  readonly verbs: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}
export interface RulesOfUser {
  readonly resourceRules: readonly ResourceRule[];
  readonly nonResourceRules: readonly NonResourceRule[];
  readonly incomplete: boolean;
  readonly evaluationError?: string;
}

/** Authorizers that can list what a user may do. */
export interface RuleResolver {
  rulesFor(user: UserInfo, namespace: string): RulesOfUser;
}

/** The first decision that is not "no opinion"; denies by default. Reasons of those without opinion are joined. */
export function authorizerUnion(authorizers: readonly Authorizer[]): Authorizer {
  const rest = async (
    user: UserInfo,
    access: Access,
    from: number,
    pending: Promise<Decision>,
    reasons: string[],
  ): Promise<Decision> => {
    let decision = await pending;
    for (let i = from; ; i++) {
      if (decision.decision !== "noOpinion") return decision;
      if (decision.reason) reasons.push(decision.reason);
      if (i >= authorizers.length) return noOpinion(reasons.join("\n"));
      decision = await authorizers[i]!.authorize(user, access);
    }
  };
  return {
    name: "union",
    authorize(user, access) {
      let reasons: string[] | undefined;
      for (let i = 0; i < authorizers.length; i++) {
        const decision = authorizers[i]!.authorize(user, access);
        if (decision instanceof Promise) return rest(user, access, i + 1, decision, reasons ?? []);
        if (decision.decision !== "noOpinion") return decision;
        if (decision.reason) (reasons ??= []).push(decision.reason);
      }
      return reasons ? noOpinion(reasons.join("\n")) : NO_OPINION;
    },
  };
}
