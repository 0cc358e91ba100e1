/** `polycast secrets` and `polycast deploy --keep-identity` as a person runs them, in a sandbox of their own. */
import { describeWithTerraform } from "./engine-terraform";
import { SandboxHome } from "./harness";

jest.setTimeout(240_000);

describeWithTerraform("secrets in the sandbox", () => {
  const home = new SandboxHome();
  afterAll(() => home.dispose());

  const deploy = (...more: string[]) => home.run("deploy", "stackpath-fleet", "--auto-approve", ...more);
  const rotate = async (...more: string[]) => {
    const { stdout } = await home.succeed("secrets", "rotate", "--fleet", "stackpath", "--json", ...more);
    return JSON.parse(stdout) as { phase: string; recorded: boolean; next: string | null };
  };
  const status = async () => {
    const { stdout } = await home.succeed("secrets", "status", "--json");
    return JSON.parse(stdout) as { fleet: string; strategy: string; phase?: string; secretId?: string }[];
  };

  test("a key is rotated step by step, and a fleet changed while AWS is down", async () => {
    await home.succeed("sandbox", "up");
    await home.succeed("sandbox", "clock", "600");
    const early = await home.run("secrets", "rotate", "--fleet", "stackpath");
    expect([early.code, early.stderr]).toEqual([1, expect.stringContaining("has no secret yet")]);
    expect((await deploy()).code).toBe(0);
    const [aws, first] = await status();
    expect(aws).toMatchObject({ fleet: "aws", strategy: "instanceRole" });
    expect(first).toMatchObject({ fleet: "stackpath", strategy: "staticKey", phase: "settled" });
    expect(first?.secretId).toMatch(/^SIMK/);

    const next = "npx polycast deploy stackpath-fleet";
    expect(await rotate()).toEqual({ fleet: "stackpath", phase: "created", recorded: true, next });
    expect(await rotate()).toEqual({ fleet: "stackpath", phase: "created", recorded: false, next });
    expect((await deploy()).code).toBe(0);
    expect(await rotate()).toMatchObject({ phase: "given", recorded: true });
    // The nodes are replaced one after the other; until the last one is, the first key stays.
    await home.succeed("sandbox", "clock", "1");
    expect((await deploy()).code).toBe(0);
    const { code, stderr } = await home.run("secrets", "rotate", "--fleet", "stackpath");
    expect(stderr).toMatch(/would end a secret that nodes of "stackpath" may need[^]*--confirmed/);
    expect(code).toBe(1);
    await home.succeed("sandbox", "clock", "600");
    while ((await home.run("secrets", "rotate", "--fleet", "stackpath")).code !== 0) continue;

    // Nothing of AWS can be read: a plain deploy fails, one without the identity does not notice.
    await home.succeed(
      "sandbox",
      "fault",
      "add",
      "refuse",
      "--type",
      "aws_*",
      "--operation",
      "read",
      "--message",
      "down",
    );
    expect((await deploy()).code).not.toBe(0);
    const kept = await deploy("--keep-identity");
    expect(`${kept.stdout}${kept.stderr}`).toContain("stackpath-fleet");
    expect(kept.code).toBe(0);
    await home.succeed("sandbox", "fault", "clear");
    expect((await deploy()).code).toBe(0);
    const [, last] = await status();
    expect(last?.phase).toBe("inactive");
    expect(last?.secretId).not.toBe(first?.secretId);
  });

  test("what cannot be rotated says why", async () => {
    const { code, stderr } = await home.run("secrets", "rotate", "--fleet", "aws");
    expect([code, stderr]).toEqual([1, expect.stringContaining("no secret exists that could be rotated")]);
    const other = await home.run("secrets", "rotate", "--fleet", "awss");
    expect([other.code, other.stderr]).toEqual([
      1,
      expect.stringContaining('no fleet "awss"; nearest: "aws"'),
    ]);
  });
});
