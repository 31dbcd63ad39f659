// SPDX-License-Identifier: Apache-2.0

import { nodeNameOf } from "../authentication/user-names.ts";
import type { RuleResolver, RulesOfUser } from "./authorizer.ts";

const NOT_LISTED = "node authorizer does not support user rule resolution";

/** The rules of roles; of nodes it says that they may do more, by what is related to them, than any list could tell. */
export const withNodeRules = (roles: RuleResolver): RuleResolver => ({
  rulesFor(user, namespace): RulesOfUser {
    const rules = roles.rulesFor(user, namespace);
    if (nodeNameOf(user) === undefined) return rules;
    const others = rules.evaluationError?.replace(/^\[(.*)\]$/s, "$1");
    return { ...rules, incomplete: true, evaluationError: others ? `[${NOT_LISTED}, ${others}]` : NOT_LISTED };
  },
});
