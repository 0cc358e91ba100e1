// Generates `.gen/providers/<name>` from each provider's schema.json, for those without prebuilt bindings.
// `npm ci` runs it (postinstall), bootstrap runs it where install scripts are off. 0.7 s, offline.
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");

const root = path.join(__dirname, "..");
/** Schema file -> Terraform source and the exact version that its facts were read from. */
const PROVIDERS = [
  { schema: "constructs/providers/stackpath/schema.json", source: "stackpath/stackpath", version: "2.1.0" },
  { schema: "constructs/dns/ns1/schema.json", source: "ns1-terraform/ns1", version: "2.9.0" },
];

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
  const inputs = [__filename, ...PROVIDERS.map(({ schema }) => path.join(root, schema))];
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
  for (const { schema, source, version } of PROVIDERS) {
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
