/** A fleet is retired in a sandbox that lives, with real Terraform, and stopped on the way as often as it can be. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { RetirementReport } from "../../cli/fleet/retire";
import type { DriftReport } from "../../cli/dns/drift-report";
import type { LiveRecord } from "../../live/live-record";
import { fileLiveStore } from "../../live/file-live-store";
import { readRetirement, writeRetirement } from "../../live/retirement-record";
import { queryDns } from "../../sandbox/dns/query";
import { attachedSandbox } from "../../sandbox/sandbox";
import { worldClient } from "../../sandbox/world-api/client";
import { DeployedEnvironment } from "./deployed-environment";
import { describeWithTerraform } from "./engine-terraform";
import { SandboxHome } from "./harness";

jest.setTimeout(180_000);

const FLEET = "stackpath";
const TUNNEL = `${FLEET}.tunnel.edge.example.net`;

describeWithTerraform("a protected fleet", () => {
  const deployed = new DeployedEnvironment();
  beforeAll(() => deployed.start());
  afterAll(() => deployed.stop());

  test("is destroyed by a plan for which its guards were lifted, and by no other", async () => {
    const stack = `${FLEET}-fleet`;
    await deployed.want({ environment: { protect: true } });
    await deployed.apply(stack);
    const destroy = async () =>
      (await deployed.terraform(stack)).run("destroy", "-auto-approve", "-no-color");
    const refused = await destroy();
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining("prevent_destroy")]);
    await deployed.want({ environment: { protect: false } });
    expect((await destroy()).status).toBe(0);
    expect(deployed.store.list("stackpath_compute_workload")).toEqual([]);
  });
});

describeWithTerraform("a fleet whose provider is gone for good", () => {
  const home = new SandboxHome();
  const stack = `${FLEET}-fleet`;
  const ours = () => home.stateObjects(stack).filter((object) => !object.startsWith(`${FLEET}_`));
  beforeAll(async () => {
    await home.succeed("sandbox", "up", "--clock", "600");
    await home.succeed("deploy", stack, "--auto-approve");
  });
  afterAll(() => home.dispose());

  test("is retired by taking what was the provider's out of the state, as docs/retiring.md says", async () => {
    const { objects } = fileLiveStore("sandbox", home.places.directory);
    await writeRetirement(
      objects,
      { fleet: FLEET, phase: "destroying", share: 100, ttl: 60, leftAt: 0, by: "a test" },
      undefined,
    );
    for (const operation of ["read", "delete"]) {
      await home.succeed(
        ...["sandbox", "fault", "add", "refuse", "--type", `${FLEET}_*`],
        ...["--operation", operation, "--message", "nobody is there"],
      );
    }
    expect(ours()).not.toEqual([]);
    const retire = () => home.run("fleet", "retire", FLEET, "--auto-approve");
    const failed = await retire();
    expect([failed.code, failed.stderr]).toEqual([
      1,
      expect.stringMatching(/stackpath-fleet: nobody is there[^]*gone for good[^]*docs\/retiring\.md/),
    ]);
    expect(home.stateObjects(stack).length).toBeGreaterThan(ours().length);

    const directory = join(home.places.directory, "retirement-stacks", "cdktf.out", "stacks", stack);
    const forget = `cd ${directory} && terraform state list | grep ^${FLEET}_ | xargs terraform state rm`;
    await home.succeed("sandbox", "exec", "--", "sh", "-c", forget);
    const done = await retire();
    expect([done.code, done.stdout]).toEqual([0, expect.stringContaining("stackpath is retired")]);
    expect(home.stateObjects(stack)).toEqual([]);
  });
});

describeWithTerraform("polycast fleet retire", () => {
  const home = new SandboxHome();
  const store = fileLiveStore("sandbox", home.places.directory);
  const clock = (scale: number) => home.succeed("sandbox", "clock", String(scale));
  const retire = (...more: string[]) =>
    home.start("fleet", "retire", FLEET, "--auto-approve", "--allow", "25", ...more);
  const phase = async () => (await readRetirement(store.objects))?.record.phase;
  const live = async () =>
    (JSON.parse((await home.succeed("live", "show")).stdout) as LiveRecord).fleets[FLEET];
  const answers = async (name: string) =>
    ((await queryDns(attachedSandbox(home.env).record.dns, name, "A")).answers ?? []).length;
  const stateOf = (stack: string) => {
    const file = join(home.places.directory, "state", `${stack}.tfstate`);
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  };

  beforeAll(async () => {
    await home.succeed("sandbox", "up", "--clock", "600");
    await home.succeed("deploy", "--auto-approve");
  });
  afterAll(async () => {
    await home.dispose();
    expect(home.processes()).toEqual([]);
  });

  test("a fleet that is none is refused, and nothing begins", async () => {
    const { code, stderr } = await home.run("fleet", "retire", "stackpth", "--auto-approve");
    expect([code, stderr]).toEqual([1, expect.stringContaining("stackpth was not retired")]);
    expect(await phase()).toBeUndefined();
  });

  test("stopped on its way to zero it holds a rollout off, and goes back", async () => {
    await clock(1); // it would wait for two minutes
    const stopped = retire();
    await stopped.printed(/step 1 of 2: aws 75 %, stackpath 25 %[^]*waiting 120 s/);
    stopped.child.kill("SIGINT");
    expect((await stopped.done()).code).toBe(130);
    expect([await phase(), (await live())?.share]).toEqual(["draining", 0]);

    const rollout = await home.run("rollout", "start", "--release", "r2", "--auto-approve");
    expect([rollout.code, rollout.stderr]).toEqual([
      1,
      expect.stringContaining(`fleets.${FLEET}: is being retired: draining`),
    ]);

    await clock(6_000);
    const back = await retire("--back", "--json").done();
    expect(back.stderr + back.stdout).toContain("it gets its share back");
    expect(JSON.parse(back.stdout)).toEqual({ fleet: FLEET, result: "kept", next: null });
    expect([await phase(), (await live())?.share]).toEqual([undefined, 100]);
    expect(stateOf("edge-dns")).toContain(TUNNEL);
  });

  test("what name servers still answer with is not destroyed, whatever the record says", async () => {
    const before = home.stateObjects(`${FLEET}-fleet`).length;
    const lie = { fleet: FLEET, phase: "leaving" as const, share: 100, ttl: 60, leftAt: 0, by: "a test" };
    await writeRetirement(store.objects, lie, undefined);
    const { code, stderr } = await retire().done();
    expect(code).toBe(1);
    expect(stderr).toMatch(/not proven that nobody is sent to stackpath[^]*ns1: holds [\d.]+$/m);
    expect(stderr).toMatch(/the sandbox: gone-\w+\.edge\.example\.net A: still answers [\d.]+$/m);
    expect(stderr).toMatch(/the sandbox: _ssh\._tcp\.\S+ SRV: still answers 0 1 2222 stackpath\.tunnel/);
    expect(home.stateObjects(`${FLEET}-fleet`)).toHaveLength(before);
    await retire("--back").done();
    expect(await phase()).toBeUndefined();
  });

  test("out of DNS it waits, every synth leaves it out, and nothing is destroyed before the proof", async () => {
    const before = home.stateObjects(`${FLEET}-fleet`).length;
    const stopped = retire();
    await stopped.printed("it leaves DNS");
    await clock(1);
    await stopped.printed(/Waiting \d+ s, until all resolvers/);
    stopped.child.kill("SIGKILL");
    await stopped.done();
    expect(await phase()).toBe("leaving");
    expect(await answers(TUNNEL)).toBe(0);
    expect(home.stateObjects(`${FLEET}-fleet`)).toHaveLength(before);
    const { stdout } = await home.succeed("dns", "check", "--json", "--queries", "50");
    expect((JSON.parse(stdout) as DriftReport).verdict).toBe("same");
  });

  test("stopped while it is destroyed it goes on, and no way leads back", async () => {
    await clock(600);
    const stopped = retire();
    await stopped.printed(/replies of the name server were read, and none leads to stackpath/);
    await stopped.printed("Terraform destroys it");
    stopped.child.kill("SIGINT");
    expect((await stopped.done()).code).toBe(130);
    expect(await phase()).toBe("destroying");
    const back = await home.run("fleet", "retire", FLEET, "--back", "--auto-approve");
    expect([back.code, back.stderr]).toEqual([1, expect.stringContaining("no way leads back")]);

    const done = await retire("--json").done();
    expect([done.code, done.stderr]).toEqual([0, expect.any(String)]);
    expect(JSON.parse(done.stdout) as RetirementReport).toMatchObject({
      result: "retired",
      next: expect.stringContaining("Delete stackpath from the environment") as string,
    });
  });

  test("no trace is left, and a deploy does not bring it back though its line is there", async () => {
    expect(home.stateObjects(`${FLEET}-fleet`)).toEqual([]);
    expect(await live()).toBeUndefined();
    for (const stack of ["edge-dns", "management"]) expect(stateOf(stack)).not.toContain(FLEET);
    const { nodes } = await worldClient(home.env).world();
    expect([...new Set(nodes.map(({ fleet }) => fleet))]).toEqual(["aws"]);
    expect([await answers("www.edge.example.net"), await answers(TUNNEL)]).toEqual([1, 0]);
    const { stdout } = await home.succeed("deploy", "--auto-approve");
    expect(stdout).not.toContain(`${FLEET}-fleet`);
    expect(stdout).not.toMatch(/[1-9]\d* (added|destroyed)/);
    expect(home.stateObjects(`${FLEET}-fleet`)).toEqual([]);
  });
});
