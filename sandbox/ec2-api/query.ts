/** A request in EC2's query protocol, taken apart. */
export interface Ec2Request {
  readonly action: string;
  /** Where it was sent: its signature says so. */
  readonly region: string;
  /** Id of the access key that it was signed with. */
  readonly key: string;
  /** A parameter; undefined where it was not given. */
  readonly one: (name: string) => string | undefined;
  /** A list: `Owner.1`, `Owner.2`, ... */
  readonly all: (name: string) => readonly string[];
  /** Filters by name. */
  readonly filters: ReadonlyMap<string, readonly string[]>;
  /** Tags that the request puts on objects of that type. */
  readonly tags: (resourceType: string) => Readonly<Record<string, string>>;
}

/**
 * @param body the request's, a form.
 * @param authorization its header: `AWS4-HMAC-SHA256 Credential=<key>/<date>/<region>/ec2/aws4_request, ...`.
 */
export function ec2Request(body: string, authorization: string): Ec2Request {
  const form = new URLSearchParams(body);
  const [, key = "", region = ""] = /Credential=([^/]+)\/[^/]+\/([^/]+)\//.exec(authorization) ?? [];
  const one = (name: string): string | undefined => form.get(name) ?? undefined;
  /** Numbers 1, 2, ... below a name, as far as something is there. */
  const numbered = (prefix: string): readonly string[] => {
    const numbers = [...form.keys()]
      .filter((name) => name.startsWith(`${prefix}.`))
      .map((name) => Number(name.slice(prefix.length + 1).split(".")[0]));
    return [...new Set(numbers)].sort((a, b) => a - b).map((number) => `${prefix}.${number}`);
  };
  const all = (name: string): readonly string[] => numbered(name).flatMap((at) => one(at) ?? []);
  return {
    action: one("Action") ?? "",
    region,
    key,
    one,
    all,
    filters: new Map(numbered("Filter").map((at) => [one(`${at}.Name`) ?? "", all(`${at}.Value`)])),
    tags: (resourceType) =>
      Object.fromEntries(
        numbered("TagSpecification")
          .filter((at) => one(`${at}.ResourceType`) === resourceType)
          .flatMap((at) => numbered(`${at}.Tag`))
          .map((at) => [one(`${at}.Key`) ?? "", one(`${at}.Value`) ?? ""]),
      ),
  };
}
