/** An image for a provider that keeps none, from its source to the nodes that were made from it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileLiveStore } from "../../live/file-live-store";
import { updateLiveRecord } from "../../live/live-store";
import { worldClient } from "../../sandbox/world-api/client";
import { TemporaryImages } from "../temporary-image";
import { describeWithTerraform } from "./engine-terraform";
import { SandboxHome } from "./harness";

jest.setTimeout(300_000);

const PROVIDERS = ["aws", "equinix", "stackpath", "vultr"];

describeWithTerraform("an image of every provider, with one that keeps none among them", () => {
  const images = new TemporaryImages();
  const home = new SandboxHome({ POLYCAST_ENV: "everywhere", POLYCAST_IMAGES: images.directory });
  const manifest = () =>
    JSON.parse(readFileSync(join(images.folder, "manifests", "everywhere.json"), "utf8")) as {
      releases: Record<string, { images: Record<string, unknown>; builds: Record<string, string> }>;
    };
  let sha256 = "";

  beforeAll(async () => {
    await home.succeed("sandbox", "up", "--environment", "everywhere", "--clock", "1000");
  });
  afterAll(async () => {
    await home.dispose();
    images.dispose();
  });

  test("is built by the same command, and says what is left for the first boot", async () => {
    const { stdout, stderr } = await home.succeed("image", "build", "--json");
    const built = JSON.parse(stdout) as { provider: string; did: string; record: { entry: string } }[];
    expect(Object.fromEntries(built.map(({ provider, did }) => [provider, did]))).toEqual(
      Object.fromEntries(PROVIDERS.map((provider) => [provider, "built"])),
    );
    expect(stderr).toMatch(
      /equinix +publishing what nodes fetch at https:\/\/images\.example\.net\/edge-node\/[0-9a-f]{64}\.tar\.gz/,
    );
    sha256 = built.find(({ provider }) => provider === "equinix")?.record.entry ?? "";
    expect(home.cloudObjects().join("\n")).toContain(`/example-images/edge-node/${sha256}.tar.gz`);
  });

  test("is not built twice", async () => {
    const { stdout } = await home.succeed("image", "build", "--provider", "equinix");
    expect(stdout).toMatch(/^equinix +[0-9a-f]{12} is there already/m);
  });

  test("is listed with the others, and has no builder", async () => {
    expect((await home.succeed("image", "list")).stdout).toMatch(
      /^equinix +[0-9a-f]{12} +\S+ \S+ +at-first-boot +this source$/m,
    );
    expect((await home.succeed("image", "builders")).stdout).not.toContain("equinix");
  });

  test("has no bill of materials, and says where a node has one", async () => {
    const { stdout } = await home.succeed("image", "list", "--json");
    const { builds } = JSON.parse(stdout) as { builds: { provider: string; hash: string }[] };
    const { hash = "" } = builds.find(({ provider }) => provider === "equinix") ?? {};
    const { stderr } = await home.run("image", "sbom", hash.slice(0, 12));
    expect(stderr).toMatch(/its nodes install at their first boot[^]*\/usr\/share\/polycast\/packages\.tsv/);
  });

  test("becomes a release of all four", async () => {
    await home.succeed("image", "promote", "--to", "candidate", "--release", "r9", "--new");
    const { images: entries, builds } = manifest().releases["r9"] ?? { images: {}, builds: {} };
    expect(Object.keys(builds).sort()).toEqual(PROVIDERS);
    expect(entries["equinix"]).toBe(sha256);
  });

  test("is what new nodes become", async () => {
    const store = fileLiveStore("everywhere", join(home.env["POLYCAST_HOME"] ?? "", "everywhere"));
    await updateLiveRecord(store, (live) => ({
      ...live,
      fleets: { ...live.fleets, equinix: { release: "r9", share: 100 } },
    }));
    // It ends when every node has served for a while.
    await home.succeed("deploy", "equinix-fleet", "--auto-approve");
    const { nodes } = await worldClient(home.env).world();
    expect(nodes.map(({ site, release, health }) => [site, release, health])).toEqual([
      ["ny", "r9", "healthy"],
      ["am", "r9", "healthy"],
    ]);
  });

  test("is kept while it is used, and goes when nobody uses it any more", async () => {
    const prune = () => home.succeed("image", "prune", "--keep", "0", "--auto-approve");
    expect((await prune()).stdout).toMatch(/Every image is used/);
    const reason = ["--reason", "a test of ours"];
    await home.succeed("image", "revoke", "--release", "r9", ...reason);
    expect((await prune()).stdout).not.toContain("equinix");
    const store = fileLiveStore("everywhere", join(home.env["POLYCAST_HOME"] ?? "", "everywhere"));
    await updateLiveRecord(store, (live) => ({
      ...live,
      fleets: { ...live.fleets, equinix: { release: "r1", share: 100 } },
    }));
    // It is recorded nowhere, and nodes run it all the same.
    expect((await prune()).stdout).not.toContain("equinix");
    await home.succeed("deploy", "equinix-fleet", "--auto-approve");
    expect((await prune()).stdout).toMatch(/^equinix [0-9a-f]{12} is removed\.$/m);
    expect(home.cloudObjects().join("\n")).not.toContain("example-images");
  });
});
