import type { z } from "zod";
import {
  checkVariables,
  whyUnanswered,
  type ApiCredential,
  type CredentialVariable,
  type Variables,
} from "./api-credential";
import { PolycastError } from "./problem";

/** An API that says by one request as whom it knows a key. */
export interface KeyedApi<Answer> extends Pick<ApiCredential, "api" | "obtain"> {
  readonly variables: readonly CredentialVariable[];
  /** What is asked; it changes nothing. @throws PolycastError where the variables cannot be used. */
  question(variables: Variables): { readonly url: URL; readonly headers: Readonly<Record<string, string>> };
  /** What is needed of the answer. */
  readonly schema: z.ZodType<Answer>;
  /** As whom it knows us; no secret. */
  knows(answer: Answer): string;
  /** What the API fails to do where it refuses: `does not tell whose key it is`. */
  readonly refusal: string;
}

/** The credential of an API whose key is a variable. */
export function keyCredential<Answer>(keyed: KeyedApi<Answer>): ApiCredential {
  const { api, obtain, variables: needed } = keyed;
  return {
    api,
    obtain,
    variables: needed.map(({ name }) => name),
    check: (variables) => Promise.resolve(checkVariables({ api, obtain }, needed, variables)),
    async reach(variables, signal) {
      const { url, headers } = keyed.question(variables);
      const refused = (what: string) =>
        new PolycastError(`${api} ${keyed.refusal}`, [{ where: url.host, what }]);
      // Elsewhere nobody may see the key.
      const response = await fetch(url, { headers, signal, redirect: "error" }).catch((error: unknown) => {
        throw refused(whyUnanswered(error));
      });
      if (!response.ok) throw refused(`status ${response.status}`);
      const parsed = keyed.schema.safeParse(await response.json().catch(() => undefined));
      if (!parsed.success) throw refused(`what it says is not what ${api} says`);
      return keyed.knows(parsed.data);
    },
  };
}
