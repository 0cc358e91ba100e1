/** The arrows of docs/architecture.md: data flows one way. */
const folder = (...names) => ({ path: `^(${names.join("|")})/` });
const rule = (name, comment, from, to) => ({ name, comment, severity: "error", from, to });

module.exports = {
  forbidden: [
    rule("no-circles", "A circle has no first file to read.", {}, { circular: true }),
    rule(
      "core-knows-no-machinery",
      "What is synthesized does not depend on what runs it.",
      folder("constructs", "stacks", "live", "builds", "environments"),
      folder("sandbox", "cli", "scripts", "verify"),
    ),
    rule(
      "rollout-is-pure",
      "How a rollout goes on depends on nothing that carries it out.",
      folder("rollout"),
      folder("sandbox", "cli", "stacks", "environments", "scripts", "verify", "constructs/providers"),
    ),
    rule(
      "core-knows-no-rollout",
      "What is synthesized does not know how releases go round.",
      folder("constructs", "stacks", "live", "environments", "sandbox"),
      folder("rollout"),
    ),
    rule(
      "constructs-first",
      "Constructs know neither stacks nor what is live.",
      folder("constructs"),
      folder("stacks", "live", "builds", "environments"),
    ),
    rule(
      "builds-beside-live",
      "What is running does not depend on how images are made.",
      folder("live", "environments"),
      folder("builds"),
    ),
    rule(
      "contract-knows-no-provider",
      "The contract is for every provider.",
      folder("constructs/fleet", "constructs/policies"),
      folder(
        "constructs/providers",
        "constructs/dns/ns1",
        "constructs/dns/route53",
        "constructs/management/cloudwatch",
      ),
    ),
    rule(
      "providers-know-no-other",
      "A provider knows itself and the contract.",
      { path: "^constructs/providers/([^/]+)/" },
      { path: "^constructs/providers/", pathNot: "^constructs/providers/$1/" },
    ),
    rule(
      "stacks-know-no-provider",
      "Stacks see the contract only.",
      folder("stacks", "live", "builds"),
      folder(
        "constructs/providers",
        "constructs/dns/ns1",
        "constructs/dns/route53",
        "constructs/management/cloudwatch",
      ),
    ),
    rule(
      "one-list-of-simulations",
      "The engine knows no cloud.",
      { path: "^sandbox/", pathNot: "^sandbox/simulations\\.ts$" },
      folder("constructs/providers", "constructs/dns/ns1", "constructs/dns/route53"),
    ),
    rule(
      "no-aws-root",
      "The package's root costs 6 s and 500 MB; import lib/<resource>.",
      { path: "^[^.]" },
      { path: "@cdktf/provider-aws/lib/index\\.js$" },
    ),
    rule(
      "no-barrels",
      "A barrel hides where things are.",
      { path: "^(constructs|stacks|live|builds|environments|sandbox|cli|scripts|verify|tests)/" },
      {
        path: "^(constructs|stacks|live|builds|environments|sandbox|cli|scripts|verify|tests)/.*/?index\\.ts$",
      },
    ),
    rule("no-test-code", "Tests are for tests.", { pathNot: "^tests/" }, folder("tests")),
    rule(
      "no-dev-dependencies",
      "What users run uses what users install.",
      folder("constructs", "stacks", "live", "builds", "environments", "sandbox", "cli"),
      { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"] },
    ),
  ],
  options: {
    doNotFollow: { path: "node_modules|^\\.gen" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { extensions: [".ts", ".js", ".json"] },
  },
};
