/** A provider lies in its own folder, and nothing else has to change when one comes or goes. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { PROJECT_ROOT } from "../../../live/state-location";
import { simulations } from "../../../sandbox/simulations";

const FOLDER = join(PROJECT_ROOT, "constructs", "providers");
const PROVIDERS = readdirSync(FOLDER).sort();

/** The code of the product; environments, tests, benches and the checks against real plugins name whom they like. */
const CODE = ["constructs", "stacks", "live", "builds", "rollout", "sandbox", "cli"];

/** Who may import a provider beside its own folder, and why. */
const ALLOWED: Readonly<Record<string, string>> = {
  "constructs/dns/route53": "Route 53 is AWS's, and its health checks are simulated with AWS",
  "constructs/management/cloudwatch": "CloudWatch is AWS's",
  "constructs/secrets": "nodes everywhere write their logs to AWS",
  "sandbox/ec2-api": "the API with which AWS images are made",
  "sandbox/route53-api": "the API of Route 53",
  "sandbox/stackpath-api": "the API with which StackPath images are made",
  "sandbox/vultr-api": "the API with which Vultr images are made",
};

function sourcesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));
}

const sources = CODE.flatMap((folder) => sourcesIn(join(PROJECT_ROOT, folder)));

/** Files of the product that import a file of a provider's folder. */
function importersOf(provider: string): readonly string[] {
  const own = join(FOLDER, provider);
  return sources
    .filter((file) => !file.startsWith(`${own}/`))
    .filter((file) =>
      [...readFileSync(file, "utf8").matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)].some(([, path = ""]) =>
        resolve(dirname(file), path).startsWith(`${own}/`),
      ),
    )
    .map((file) => relative(PROJECT_ROOT, file));
}

test.each(PROVIDERS)("nothing but what is allowed imports %s", (provider) => {
  const strangers = importersOf(provider).filter(
    (file) => !Object.keys(ALLOWED).some((folder) => file.startsWith(`${folder}/`)),
  );
  expect(strangers).toEqual([]);
});

test("every provider is simulated, without being named", () => {
  const sourceNames = simulations.map(({ source }) => source.split("/")[1]);
  expect(sourceNames).toEqual(expect.arrayContaining([...PROVIDERS]));
});

/** What a file of a provider's is; the first that fits. All that is left are constructs. */
const KINDS: readonly (readonly [string, (name: string, text: string) => boolean])[] = [
  ["of simulation", (name) => /^(simulation|life|sandbox-credentials)/.test(name)],
  ["of images", (name) => /(^|-)(image|archive|builder|ec2)|-(api|gateway)\.ts$/.test(name)],
  // Regions, plans and prices: no function, so nothing to get wrong but a fact.
  ["of tables", (name, text) => /(s|cities)\.ts$/.test(name) && isTable(text)],
  ["of constructs", () => true],
];

/** Constants and nothing else. */
function isTable(text: string): boolean {
  return /^export const/m.test(text) && !/=>|\bfunction\b|\bclass\b|\binterface\b/.test(text);
}

function kindOf(file: string): string {
  const text = readFileSync(file, "utf8");
  return KINDS.find(([, is]) => is(basename(file), text))?.[0] ?? "";
}

/** An afternoon's work. Who is above it says why. */
const GOAL = 250;
const LARGER: Readonly<Record<string, number>> = {
  // Networks, load balancers, groups, roles and an accelerator in each region: no other provider needs them.
  aws: 1_200,
  // One resource for everything, but its image, its firewall and its adoption are its own.
  stackpath: 600,
  // BGP sessions with a password, a firewall or a project of its own, and what each of them refuses.
  equinix: 450,
  vultr: 450,
};

test("each provider's size is known, and a new one is within the goal", () => {
  const linesOf = (file: string) => readFileSync(file, "utf8").split("\n").length - 1;
  const report = PROVIDERS.map((provider) => {
    const files = sourcesIn(join(FOLDER, provider)).map((file) => [kindOf(file), linesOf(file)] as const);
    const counts = KINDS.toReversed().map(([kind]) => {
      const own = files.filter(([each]) => each === kind);
      return { kind, files: own.length, lines: own.reduce((sum, [, lines]) => sum + lines, 0) };
    });
    return { provider, counts };
  });
  for (const { provider, counts } of report) {
    const text = counts.map(({ kind, lines, files }) => `${lines} lines ${kind} in ${files} files`);
    process.stdout.write(`${provider}: ${text.join("; ")}\n`);
    const lines = counts.find(({ kind }) => kind === "of constructs")?.lines ?? 0;
    expect(lines).toBeGreaterThan(0);
    expect([provider, lines]).toEqual([provider, Math.min(lines, LARGER[provider] ?? GOAL)]);
  }
});
