/** Shorter values are too common in honest text to be told from it. */
const SHORTEST = 8;

/** Keeps values out of texts that others will read. */
export interface SecretFilter {
  /** From now on this value is hidden too. */
  add(name: string, value: string): void;
  /** The text with `(NAME)` in place of each value, plain or in base64. */
  hide(text: string): string;
  /** Names of values that a text holds. */
  found(text: string): readonly string[];
}

/** Names of environment variables whose values nobody may see. */
const SECRET_NAME =
  /(SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|PRIVATE|CREDENTIAL|API_?KEY|ACCESS_KEY|CLIENT_ID)/i;
/** Variables that hold where a secret is, or only which one. */
const NO_SECRET = /(_FILE|_PATH|_URI|_URL|_ENDPOINT|_SOCK)$/i;

/** @param variables an environment; its secret variables' values are hidden. */
export function secretFilter(variables: NodeJS.ProcessEnv): SecretFilter {
  const forms = new Map<string, string>();
  const add = (name: string, value: string): void => {
    // Of a key of several lines each line is a secret, since logs are read line by line.
    for (const line of value.split(/\r?\n/)) {
      if (line.length < SHORTEST || line.startsWith("-----")) continue;
      for (const form of [line, JSON.stringify(line).slice(1, -1), encodeURIComponent(line)])
        forms.set(form, name);
      for (const form of inBase64(line)) forms.set(form, name);
    }
  };
  for (const [name, value = ""] of Object.entries(variables)) {
    if (SECRET_NAME.test(name) && !NO_SECRET.test(name)) add(name, value);
  }
  return {
    add,
    hide: (text) => {
      let hidden = text;
      for (const [form, name] of longestFirst(forms)) hidden = hidden.replaceAll(form, `(${name})`);
      return hidden;
    },
    found: (text) => [...new Set([...forms].flatMap(([form, name]) => (text.includes(form) ? [name] : [])))],
  };
}

/** One value may hold another. */
function longestFirst(forms: ReadonlyMap<string, string>): readonly (readonly [string, string])[] {
  return [...forms].sort(([one], [other]) => other.length - one.length);
}

/** What base64 of a longer text has of a value, for each of the three places that the value can begin at. */
function inBase64(value: string): readonly string[] {
  return [0, 1, 2].flatMap((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), Buffer.from(value)]).toString("base64");
    // The characters at both ends hold bits of the neighbours.
    const from = offset === 0 ? 0 : offset + 1;
    const to = Math.floor(((offset + Buffer.byteLength(value)) * 8) / 6);
    const inner = text.slice(from, to);
    return inner.length < SHORTEST ? [] : [inner];
  });
}
