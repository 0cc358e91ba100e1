/** A provider lies in its own folder, and nothing else has to change when one comes or goes. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
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

test("each provider's size is known", () => {
  const lines = (files: readonly string[]) =>
    files.reduce((sum, file) => sum + readFileSync(file, "utf8").split("\n").length - 1, 0);
  const sizes = PROVIDERS.map((provider) => {
    const files = sourcesIn(join(FOLDER, provider));
    // What stands in for its cloud, and what makes its images, are no constructs.
    const others = files.filter((file) =>
      /\/(simulation|life|builder|[a-z0-9-]*image|ec2)[a-z0-9-]*\.ts$/.test(file),
    );
    const constructs = files.filter((file) => !others.includes(file));
    return {
      provider,
      constructs: lines(constructs),
      files: constructs.length,
      others: lines(others),
      all: files.length,
    };
  });
  process.stdout.write(
    `${sizes
      .map(
        ({ provider, constructs, files, others, all }) =>
          `${provider}: ${constructs} lines of constructs in ${files} files; ${others} of simulation and images in ${all - files}`,
      )
      .join("\n")}\n`,
  );
  for (const { constructs } of sizes) expect(constructs).toBeGreaterThan(0);
});
