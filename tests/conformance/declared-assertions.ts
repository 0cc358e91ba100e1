import { capacityOf, type FleetWish, type Size } from "../../constructs/fleet/fleet-inputs";
import { LOG_STRATEGIES } from "../../constructs/fleet/log-access";
import { PROJECT_ROOT } from "../../live/state-location";
import { declared, demand, type Assertion } from "./assertion";
import { longestName, type Changes, type Declaration } from "./declaration";
import { CANARY } from "./story";
import { simulationOf, sitesOf } from "./subject";

/** Refused, and the problem stands where a person finds it. */
function refuses({ problems, provider }: Declaration, changes: Changes, what: string): readonly string[] {
  const found = problems(changes);
  if (found.length === 0) return [`${what} is accepted`];
  const places = [`fleets.${provider.name}`, "releases."];
  const misplaced = found.filter(({ where }) => !places.some((place) => where.startsWith(place)));
  return misplaced.map(({ where }) => `a problem with ${what} is said to be at "${where}"`);
}

/** A wish is refused exactly where the provider says that it cannot be fulfilled. */
function asDeclared(declaration: Declaration, ability: true | string, changes: Changes): readonly string[] {
  const said = declaration.problems(changes).map(({ what }) => what);
  if (ability === true) return said.map((what) => `it is declared to be there, and refused: ${what}`);
  return [
    ...demand(ability.length > 10, "it gives no reason that a reader understands"),
    ...demand(
      said.some((what) => what.includes(ability)),
      "it is not refused with the reason declared",
    ),
  ];
}

const sizeText = ({ cpu, memoryGiB }: Size) => `${cpu} CPU, ${memoryGiB} GiB`;

/** What a provider says of itself and what it refuses, without Terraform. */
export const DECLARED: readonly Assertion[] = [
  declared("has a name that is a word", "NAME.ts: `provider` is the name of its folder", ({ provider }) =>
    demand(/^[a-z][a-z0-9-]*$/.test(provider.provider), `"${provider.provider}" is none`),
  ),
  declared(
    "takes the name that it is given",
    "NAME.ts: `name` is `wish.name`, where it is given",
    ({ subject }) =>
      demand(subject.make({ ...subject.wish, name: "other" }).name === "other", "its name stays as it was"),
  ),
  declared("takes a sound wish", "NAME.ts: `check` finds problems where there are none", ({ problems }) =>
    problems().map(({ where, what }) => `${where}: ${what}`),
  ),
  declared(
    "knows the form of its wish",
    "NAME.ts: add every key of NAME-wish.ts to `wishSchema`",
    ({ provider }) =>
      (provider.wishSchema.safeParse(provider.wish).error?.issues ?? []).map(
        ({ path, message }) => `${path.join(".")}: ${message}`,
      ),
  ),
  declared(
    "refuses a key that no wish has",
    "NAME.ts: make `wishSchema` by `fleetWishSchema`, which is strict",
    ({ provider }) =>
      demand(!provider.wishSchema.safeParse({ ...provider.wish, sitse: 1 }).success, "`sitse` is accepted"),
  ),
  declared("has sizes, each once", "plans.ts: list its plans", ({ provider: { sizes } }) => [
    ...demand(sizes.length >= 2, "there are fewer than two"),
    ...demand(new Set(sizes.map(sizeText)).size === sizes.length, "one is there twice"),
  ]),
  declared(
    "builds every size that it lists",
    "plans.ts: each size needs a plan, and NAME-fleet.ts takes it",
    (declaration) =>
      declaration.provider.sizes.flatMap((size) => {
        try {
          declaration.stack({ wish: { size } });
          return [];
        } catch (error) {
          return [`${sizeText(size)}: ${(error as Error).message}`];
        }
      }),
  ),
  declared("refuses a size that it lacks", "plans.ts: list only what there is", (declaration) =>
    refuses(declaration, { wish: { size: { cpu: 3, memoryGiB: 7 } } }, "a node of 3 CPU and 7 GiB"),
  ),
  declared(
    "knows what its nodes cost",
    "plans.ts: give each plan its price, with source and date",
    ({ provider }) => {
      const { sizes, monthlyPrice } = provider;
      return sizes.flatMap((size) => {
        const price = monthlyPrice?.(size) ?? NaN;
        return demand(price > 0 && price < 100_000, `${sizeText(size)} costs ${price}`);
      });
    },
  ),
  declared(
    "asks no less for more",
    "plans.ts: look at the prices again",
    ({ provider: { sizes, monthlyPrice } }) =>
      sizes.flatMap((one) =>
        sizes
          .filter(({ cpu, memoryGiB }) => cpu >= one.cpu && memoryGiB >= one.memoryGiB)
          .filter((other) => (monthlyPrice?.(other) ?? 0) < (monthlyPrice?.(one) ?? 0))
          .map((other) => `${sizeText(other)} costs less than ${sizeText(one)}`),
      ),
  ),
  declared(
    "has IPv6, or says why not",
    "NAME.ts: `ABILITIES.ipv6`: true, and an address in NAME-fleet.ts, or the reason why not",
    (declaration) => {
      const { provider, subject } = declaration;
      if (provider.abilities.ipv6 === true)
        return demand(subject.wish.ipv6 === true, "it is declared to be there, and the test's wish lacks it");
      return asDeclared(declaration, provider.abilities.ipv6, { wish: { ipv6: true } });
    },
  ),
  declared(
    "has UDP, or says why not",
    "NAME.ts: `ABILITIES.udp`: true, or the reason why not",
    (declaration) => {
      const listeners = [
        { port: 443, protocol: "TCP" },
        { port: 443, protocol: "UDP" },
      ] as const;
      const { announce } = declaration.subject.wish as FleetWish & { announce?: object };
      const four = announce === undefined ? {} : { announce: { ...announce, ipv6: undefined } };
      return asDeclared(declaration, declaration.provider.abilities.udp, {
        wish: { ...four, ipv6: false },
        environment: { listeners },
      });
    },
  ),
  declared(
    "keeps clients at their node, or says why not",
    "NAME.ts: `ABILITIES.sourceIpAffinity`: true, or the reason why not",
    (declaration) =>
      asDeclared(declaration, declaration.provider.abilities.sourceIpAffinity, {
        environment: { clientAffinity: "source-ip" },
      }),
  ),
  declared(
    "scales with the load, or says why not",
    "NAME.ts: `ABILITIES.scaling`: true, or the reason why not",
    (declaration) => {
      const [first] = sitesOf(declaration.subject);
      const sites = { [first]: { nodes: { min: 2, max: 4, cpuPercent: 60 } } };
      return asDeclared(declaration, declaration.provider.abilities.scaling, { wish: { sites } });
    },
  ),
  declared(
    "carries some way to write logs, and says why not the others",
    "NAME.ts: `ABILITIES.logs`: true, or the reason why not, for each",
    ({ provider }) => {
      const { logs } = provider.abilities;
      const reasons = LOG_STRATEGIES.map((strategy) => logs[strategy]);
      return [
        ...demand(reasons.includes(true), "it carries none"),
        ...demand(
          reasons.every((reason) => reason === true || reason.length > 10),
          "a reason is missing",
        ),
        ...demand(
          provider.logs !== undefined && logs[provider.logs.strategy] === true,
          "it carries not its own",
        ),
      ];
    },
  ),
  declared(
    "refuses a site that is nowhere",
    "NAME.ts: `check` looks each site up: `checkMachines`, by the names in sites.ts",
    (declaration) =>
      refuses(declaration, { wish: { sites: { "zz-nowhere-9": { nodes: 1 } } } }, 'the site "zz-nowhere-9"'),
  ),
  declared(
    "names the site that is nowhere",
    "NAME.ts: `check` says which site, and the nearest: `suggest`",
    ({ problems, provider }) => {
      const found = problems({ wish: { sites: { "zz-nowhere-9": { nodes: 1 } } } });
      return demand(
        found.some(({ where, what }) => `${where} ${what}`.includes("zz-nowhere-9")),
        `no problem of ${provider.name} names it`,
      );
    },
  ),
  declared(
    "refuses a site without nodes",
    "NAME.ts: `wish` is what was given, so that the core sees it",
    (declaration) => {
      const [first] = sitesOf(declaration.subject);
      return refuses(declaration, { wish: { sites: { [first]: { nodes: 0 } } } }, "a site of 0 nodes");
    },
  ),
  ...[undefined, "", 7, "not an image of anybody's", { nowhere: "x" }].map((image) =>
    declared(
      `refuses ${image === undefined ? "nothing" : JSON.stringify(image)} as an image`,
      "NAME.ts: `check` looks at the form of `release.image`: `checkImageText`",
      (declaration) => refuses(declaration, { image }, "it"),
    ),
  ),
  declared("names all problems at once", "NAME.ts: `check` collects, and never throws", ({ problems }) =>
    demand(
      problems({ image: "", wish: { sites: { "zz-nowhere-9": { nodes: 1 } } } }).length >= 2,
      "of two mistakes one is named",
    ),
  ),
  declared(
    "refuses user data that are too long",
    "NAME.ts: `check` measures them: `checkMachines` or `checkUserData`",
    (declaration) => {
      const url = `https://control.example.net/${"x".repeat(20_000)}`;
      return refuses(declaration, { environment: { controlPlaneUrl: url } }, "20 kB of user data");
    },
  ),
  declared("takes a name of twelve letters", "NAME-fleet.ts: shorten what it makes of names", (declaration) =>
    demand(longestName(declaration).length >= 12, `the longest has ${longestName(declaration).length}`),
  ),
  declared(
    "says which credentials it needs",
    "NAME-credential.ts: the variables that its plugin reads, and in `obtain` how one gets a key",
    ({ provider }) => [
      ...demand(provider.credentials.length > 0, "it needs none"),
      ...provider.credentials.flatMap(({ api, obtain, variables }) => [
        ...demand(variables.length > 0, `${api}: no variable is named`),
        ...demand(obtain.length > 20, `${api}: it does not say where to get one`),
      ]),
    ],
  ),
  declared(
    "makes its images, or leaves that to others",
    "NAME-image-source.ts: how, or delete it, and `image` in NAME.ts",
    ({ provider }) =>
      demand(provider.image?.template !== "to-do", "it says that it does, and has no builder"),
  ),
  declared(
    "is simulated after its plugin",
    "behaviour.json: cut it, and schema.json, from the plugin: docs/add-a-provider.md",
    ({ subject, provider }) => {
      const known = simulationOf(subject, provider.provider);
      return [
        ...demand(known !== undefined, "it has no simulation"),
        ...demand(!JSON.stringify(known?.behaviour["_"] ?? {}).includes("to do"), "its schema is made up"),
      ];
    },
  ),
  declared(
    "brings policies of its own",
    "NAME-policies.ts: rules for its objects, each id beginning with NAME-",
    ({ provider: { policies, provider } }) => [
      ...demand(policies.length > 0, "there are none"),
      ...policies
        .filter(({ id }) => !id.startsWith(`${provider}-`))
        .map(({ id }) => `the rule ${id} does not begin with its name`),
    ],
  ),
  declared("synthesizes the same twice", "NAME-fleet.ts: no time and no chance in constructs", ({ stack }) =>
    demand(JSON.stringify(stack()) === JSON.stringify(stack()), "it differs"),
  ),
  declared(
    "writes no secret into a stack",
    "NAME-fleet.ts: leave credentials to the plugin, and let other secrets be Terraform variables",
    ({ stack, provider }) => {
      const variables = provider.credentials.flatMap((credential) => credential.variables);
      const before = Object.fromEntries(variables.map((name) => [name, process.env[name]]));
      try {
        for (const name of variables) process.env[name] = CANARY;
        return demand(!JSON.stringify(stack()).includes(CANARY), "a credential of the environment is in it");
      } finally {
        for (const [name, value] of Object.entries(before)) {
          if (value === undefined) Reflect.deleteProperty(process.env, name);
          else process.env[name] = value;
        }
      }
    },
  ),
  declared(
    "names no path of this machine",
    "NAME-fleet.ts: use `projectRoot`, which is relative",
    ({ stack }) =>
      // A relative path ends in the same names.
      demand(
        !new RegExp(`(?<!\\.\\.)${PROJECT_ROOT}`).test(JSON.stringify(stack())),
        `${PROJECT_ROOT} is in it`,
      ),
  ),
  declared("refers to no other stack", "NAME-fleet.ts: a fleet needs nobody", ({ stack }) =>
    demand(!("terraform_remote_state" in (stack().data ?? {})), "it reads another stack's state"),
  ),
  declared(
    "protects the address that it was given",
    "NAME-fleet.ts: `lifecycle: { preventDestroy: protect }` on what holds the address",
    ({ stack, provider }) => {
      if (provider.reach === "bgp") return []; // its address is ours, and no object's
      const text = JSON.stringify(stack({ environment: { protect: true } }));
      return demand(text.includes('"prevent_destroy":true'), "with `protect` nothing is protected");
    },
  ),
  declared(
    "reports the capacity of its wish",
    "NAME-fleet.ts: `capacity` is `capacityOf(wish)`",
    ({ stack, subject }) => {
      const { connections } = capacityOf(subject.wish);
      const said = stack().output["capacity_connections"]?.value;
      return demand(said === connections, `it says ${String(said)}, and carries ${connections}`);
    },
  ),
];
