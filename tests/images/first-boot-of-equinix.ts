/**
 * What a node of Equinix Metal's is given, for images/edge-node/test/first-boot.sh: its user data, and the archive that these
 * name.
 *
 * usage: node -r ts-node/register tests/images/first-boot-of-equinix.ts URL OUTPUT
 *
 * URL: where archives will be found. OUTPUT gets `user-data` and `<sha256>.tar.gz`.
 * POLYCAST_VARIABLES: values of variables beside those of build.json, JSON.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { DEFAULT_HEALTH_CHECK } from "../../constructs/fleet/fleet-inputs";
import { readRecipe } from "../../constructs/image/image-recipe";
import { scriptArchive } from "../../constructs/image/script-archive";
import { machineUserData } from "../../constructs/fleet/machine-fleet";
import { reserved } from "../../constructs/providers/equinix/equinix-bgp";
import { deviceKind } from "../../constructs/providers/equinix/equinix-fleet";

const IMAGE = path.join(__dirname, "../../images/edge-node");

async function main(url: string, output: string): Promise<void> {
  const given: unknown = JSON.parse(process.env["POLYCAST_VARIABLES"] ?? "{}");
  const { variables } = readRecipe(IMAGE);
  const { content, sha256 } = await scriptArchive({
    folder: IMAGE,
    variables: { ...variables, ...z.record(z.string(), z.string()).parse(given) },
  });
  const archives = { url, bucket: "proof", region: "us-east-1" };
  const text = machineUserData(
    {
      environment: "proof",
      listeners: [
        { port: 443, protocol: "TCP" },
        { port: 2222, protocol: "TCP", role: "tunnel" },
      ],
      health: DEFAULT_HEALTH_CHECK,
      clientAffinity: "none",
      controlPlaneUrl: "https://control.invalid",
      sandbox: false,
      logAccess: undefined,
      release: { id: "r7", image: sha256 },
    },
    "equinix",
    "ny",
    deviceKind(reserved("203.0.113.1"), "a password", { archives }, sha256),
  );
  mkdirSync(output, { recursive: true });
  writeFileSync(path.join(output, `${sha256}.tar.gz`), content);
  writeFileSync(path.join(output, "user-data"), text);
}

const [url = "", output = ""] = process.argv.slice(2);
main(url, path.resolve(output)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
