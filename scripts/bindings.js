// Generates `.gen/providers/<name>` from each provider's schema.json, for those without prebuilt bindings.
// `npm ci` runs it (postinstall), bootstrap runs it where install scripts are off. 0.7 s, offline.
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");

/** Of the project, or of another one that is laid out like it. */
const root = process.argv[2] ?? path.join(__dirname, "..");
/** Where providers lie that have a schema.json and a behaviour.json. */
const FOLDERS = ["constructs/providers", "constructs/dns"];

/**
 * Every provider without a package of prebuilt bindings. Its source, and the exact version that its facts were read from,
 * are what its behaviour.json begins with: `vultr/vultr 2.32.0`.
 */
function findProviders() {
  return FOLDERS.flatMap((folder) =>
    fs
      .readdirSync(path.join(root, folder))
      .sort()
      .map((name) => `${folder}/${name}`)
      .filter((each) => fs.existsSync(path.join(root, each, "schema.json")))
      .flatMap((each) => {
        const { _ } = JSON.parse(fs.readFileSync(path.join(root, each, "behaviour.json"), "utf8"));
        const [source, version] = _.provider.split(" ");
        const package_ = path.join(root, "node_modules", "@cdktf", `provider-${source.split("/")[1]}`);
        return fs.existsSync(package_) ? [] : [{ schema: `${each}/schema.json`, source, version }];
      }),
  );
}

/** Generated code does not meet our compiler's settings; and it is compiled once, here, not at every synth. */
function finish(file) {
  const source = fs.readFileSync(file, "utf8");
  fs.writeFileSync(file, `// @ts-nocheck\n${source}`);
  const { code } = require("@swc/core").transformSync(source, {
    jsc: { parser: { syntax: "typescript" }, target: "es2022", keepClassNames: true },
    module: { type: "commonjs" },
  });
  fs.writeFileSync(file.replace(/\.ts$/, ".js"), code);
}

async function main() {
  // `npm install --package-lock-only` runs this without node_modules.
  if (!fs.existsSync(path.join(root, "node_modules", "@cdktf", "provider-generator"))) return;
  const providers = findProviders();
  const inputs = [__filename, ...providers.map(({ schema }) => path.join(root, schema))];
  const digest = inputs
    .reduce((hash, file) => hash.update(fs.readFileSync(file)), createHash("sha256"))
    .digest("hex");
  const stamp = path.join(root, ".gen", "stamp");
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, "utf8") === digest) return;

  // Otherwise the generator reports its use to a server, and complains where it cannot.
  process.env.CHECKPOINT_DISABLE = "1";
  const { CodeMaker } = require("codemaker");
  const { TerraformProviderGenerator } = require("@cdktf/provider-generator");
  const { TerraformProviderConstraint } = require("@cdktf/commons");
  fs.rmSync(path.join(root, ".gen"), { recursive: true, force: true });
  for (const { schema, source, version } of providers) {
    const code = new CodeMaker();
    code.indentation = 2;
    const generator = new TerraformProviderGenerator(
      code,
      JSON.parse(fs.readFileSync(path.join(root, schema), "utf8")),
    );
    generator.generate(new TerraformProviderConstraint({ source, version, name: source.split("/")[1] }));
    await code.save(path.join(root, ".gen"));
  }
  for (const file of fs.readdirSync(path.join(root, ".gen"), { recursive: true })) {
    if (file.endsWith("index.ts")) finish(path.join(root, ".gen", file));
  }
  fs.writeFileSync(stamp, digest);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
