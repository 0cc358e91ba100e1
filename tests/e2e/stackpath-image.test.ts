import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stackpathApi, type StackPathApi } from "../../constructs/providers/stackpath/stackpath-api";
import { fileObjectStore } from "../../live/file-object-store";
import { readJson, recordSchema } from "../../sandbox/sandbox-record";
import { describeWithTerraform } from "./engine-terraform";
import { SandboxHome, type Running } from "./harness";

describeWithTerraform("StackPath's images, with real Terraform in the sandbox", () => {
  const temporary = mkdtempSync(join(tmpdir(), "polycast-temporary-"));
  const home = new SandboxHome({ TMPDIR: temporary });
  const build = (): Running => home.start("image", "build", "--provider", "stackpath");
  let api: StackPathApi;

  beforeAll(async () => {
    await home.succeed("sandbox", "up", "--clock", "600");
    const { imageApis } = recordSchema.parse(readJson(home.places.record));
    api = await stackpathApi({ variables: imageApis, fetch });
  }, 120_000);
  afterAll(async () => {
    await home.dispose();
    rmSync(temporary, { recursive: true });
  }, 60_000);
  afterEach(async () => {
    await home.succeed("sandbox", "fault", "clear");
    await home.succeed("sandbox", "clock", "600");
  }, 60_000);

  /** All that a builder is made of. */
  const builders = async (): Promise<string[]> =>
    [...(await api.workloads()), ...(await api.networkPolicies())].map(({ slug }) => slug);

  /** What runs left on this machine: each has the key of its builder in it. */
  const workspaces = (): string[] =>
    readdirSync(temporary).filter((name) => name.startsWith("polycast-image-"));

  /** A killed process gives its lock back only by the time; here that time has passed. */
  async function endLocks(): Promise<void> {
    const objects = fileObjectStore(home.places.directory);
    for (const key of await objects.list("images/locks/")) {
      const stored = await objects.read(key);
      const text = JSON.stringify({
        ...(JSON.parse(stored?.text ?? "{}") as object),
        until: new Date(0).toISOString(),
      });
      expect(await objects.write(key, text, stored?.version)).toBe(true);
    }
  }

  async function killed(building: Running): Promise<void> {
    building.child.kill("SIGKILL");
    await building.done();
    expect((await builders()).length).toBeGreaterThan(0);
    expect(workspaces()).toHaveLength(1);
    await endLocks();
    await home.succeed("sandbox", "clock", "600");
  }

  test("a capture that fails is told, with its reason, and leaves no builder", async () => {
    await home.succeed(
      "sandbox",
      "fault",
      "add",
      "failAfter",
      "--type",
      "stackpath_image",
      "--message",
      "bad volume",
    );
    const { code, stdout } = await build().done();
    expect(stdout).toMatch(/could not capture the image[^]*FAILED: bad volume/);
    expect(code).toBe(1);
    expect(await builders()).toEqual([]);
  }, 120_000);

  test("a quota that is used up is told in StackPath's words", async () => {
    const fault = ["--type", "stackpath_compute_workload", "--message", "429: quota exceeded"];
    await home.succeed("sandbox", "fault", "add", "refuse", ...fault);
    const { code, stdout } = await build().done();
    expect(stdout).toMatch(/terraform apply: 429: quota exceeded/);
    expect(code).toBe(1);
    expect(await builders()).toEqual([]);
  }, 120_000);

  test("Ctrl-C destroys the builder at once", async () => {
    await home.succeed("sandbox", "clock", "1");
    const building = build();
    await building.printed("captures the image");
    building.child.kill("SIGINT");
    const { code } = await building.done();
    expect(code).toBe(130);
    expect(await builders()).toEqual([]);
  }, 120_000);

  test("what a kill while Terraform makes the machine leaves is destroyed by the next run", async () => {
    const fault = ["--type", "stackpath_compute_workload", "--milliseconds", "3000", "--times", "1"];
    await home.succeed("sandbox", "fault", "add", "delay", ...fault);
    const building = build();
    await building.printed("Terraform makes the builder");
    // Its network policy is there first; the machine comes when nobody waits for it any more.
    while ((await builders()).length === 0) await sleep(100);
    await killed(building);
    const next = build();
    await next.printed("is built");
    expect((await next.done()).stdout).toMatch(/destroying the builder that an earlier run/);
    expect(await builders()).toEqual([]);
  }, 180_000);

  test("what a kill while it captures leaves is destroyed by the next run, and the half image with it", async () => {
    await home.succeed("image", "prune", "--keep", "0", "--auto-approve");
    await home.succeed("sandbox", "clock", "1");
    const building = build();
    await building.printed("captures the image");
    await killed(building);
    expect((await build().done()).stdout).toMatch(/destroying the builder[^]*is built/);
    expect(await builders()).toEqual([]);
    expect((await build().done()).stdout).toMatch(/is there already: nothing to do/);
  }, 180_000);

  test("a simulated builder has no bill of materials, and says why", async () => {
    const { stdout } = await home.succeed("image", "list", "--json");
    const { builds } = JSON.parse(stdout) as { builds: { provider: string; hash: string; checks: object }[] };
    expect(builds).toMatchObject([{ provider: "stackpath", checks: { ran: "simulated" } }]);
    const { code, stderr } = await home.run("image", "sbom", String(builds[0]?.hash.slice(0, 12)));
    expect(stderr).toMatch(/no bill of materials[^]*simulated, so nothing was installed in it/);
    expect(code).toBe(1);
    expect((await home.run("image", "sbom", "0000")).stderr).toMatch(/no one such image/);
  }, 60_000);

  test("no process is left, and no key of a builder", () => {
    expect(workspaces()).toEqual([]);
    expect(home.processes().filter((line) => /terraform|packer/.test(line))).toEqual([]);
  }, 60_000);
});
