import { failover, weighted } from "../../constructs/dns/traffic-policy";
import { ns1 } from "../../constructs/dns/ns1/ns1";
import type { TrafficReport } from "../../cli/dns/plan";
import { fileLiveStore } from "../../live/file-live-store";
import { updateLiveRecord } from "../../live/live-store";
import { DeployedEnvironment } from "./deployed-environment";
import { describeWithTerraform } from "./engine-terraform";
import { SandboxHome } from "./harness";

jest.setTimeout(180_000);

const shares = (aws: number, stackpath: number) => ({ dns: ns1({ policy: weighted({ aws, stackpath }) }) });

describeWithTerraform("a plan of DNS", () => {
  const deployed = new DeployedEnvironment();
  beforeAll(() => deployed.start());
  afterAll(() => deployed.stop());
  const ipv4 = async () => (await deployed.outputs("edge-dns"))["shares_ipv4"];

  test("is not held the first time, and a small change is not", async () => {
    await deployed.want({ environment: shares(25, 75), variables: {} });
    for (const stack of ["aws-fleet", "stackpath-fleet", "edge-dns"]) await deployed.apply(stack);
    await deployed.want({ environment: shares(30, 70), variables: {} });
    expect(await deployed.apply("edge-dns")).toEqual({ "ns1_record.dns_wildcard-a": "update" });
    expect(await ipv4()).toBe("aws 30 %, stackpath 70 %");
    expect(await deployed.plan("edge-dns")).toEqual({});
  });

  test("fails where the change is too large, and no other stack's does", async () => {
    const before = JSON.stringify(deployed.store.list("ns1_record"));
    await deployed.want({ environment: shares(60, 40), variables: {} });
    const { errors } = await (await deployed.terraform("edge-dns")).plan();
    expect(errors).toMatchObject([
      {
        summary: "Resource precondition failed",
        detail: expect.stringMatching(
          /DNS would move 30 points of traffic at once; the limit is 10 points\.[^]*aws gains 30 \(30 % to 60 %\), stackpath loses 30[^]*npx polycast dns apply --in-steps[^]*--allow 30/,
        ) as string,
      },
    ]);
    expect(await (await deployed.terraform("edge-dns")).run("apply", "-auto-approve")).toMatchObject({
      status: 1,
    });
    expect(JSON.stringify(deployed.store.list("ns1_record"))).toBe(before);
    expect(await ipv4()).toBe("aws 30 %, stackpath 70 %");
    expect(await deployed.plan("aws-fleet")).toEqual({});
    expect(await deployed.plan("stackpath-fleet")).toEqual({});
  });

  test("does not fail where the environment or the one who deploys says so", async () => {
    await deployed.want({ environment: { ...shares(60, 40), trafficLimit: 30 }, variables: {} });
    expect(await deployed.plan("edge-dns")).toEqual({ "ns1_record.dns_wildcard-a": "update" });
    await deployed.want({ environment: shares(60, 40), variables: { POLYCAST_TRAFFIC_LIMIT: "30" } });
    expect(await deployed.plan("edge-dns")).toEqual({ "ns1_record.dns_wildcard-a": "update" });
  });

  test("in steps is one step, whatever the policies", async () => {
    const environment = { dns: ns1({ policy: failover(["aws", "stackpath"]) }) };
    const seen = [];
    for (let step = 0; step < 4; step++) {
      await deployed.want({
        environment,
        variables: { POLYCAST_TRAFFIC_STEPS: "1", POLYCAST_TRAFFIC_LIMIT: "20" },
      });
      expect(await deployed.apply("edge-dns")).toEqual({ "ns1_record.dns_wildcard-a": "update" });
      seen.push(await ipv4());
    }
    expect(seen).toEqual([50, 70, 90, 100].map((aws) => `aws ${aws} %, stackpath ${100 - aws} %`));
    await deployed.want({ environment, variables: {} });
    const { changes } = await (await deployed.terraform("edge-dns")).plan();
    expect(changes.filter(({ actions }) => actions.join() !== "no-op")).toEqual([]);
    expect(changes.map(({ address }) => address)).toContain("terraform_data.traffic");
  });
});

describeWithTerraform("polycast dns", () => {
  const home = new SandboxHome();
  const store = fileLiveStore("sandbox", home.places.directory);
  const clock = (scale: number) => home.succeed("sandbox", "clock", String(scale));
  const give = (share: number) =>
    updateLiveRecord(store, (record) => ({
      ...record,
      fleets: { ...record.fleets, aws: { release: "r1", share } },
    }));
  const report = async () => {
    const { code, stdout } = await home.run("dns", "plan", "--json");
    return { code, ...(JSON.parse(stdout) as TrafficReport) };
  };

  beforeAll(async () => {
    await home.succeed("sandbox", "up");
    await home.succeed("deploy", "--auto-approve");
  });
  afterAll(() => home.dispose());

  test("plan: in points, for people and programs; apply refuses", async () => {
    expect(await report()).toMatchObject({ code: 0, allowed: true, points: 0, steps: [{ points: 0 }] });
    await give(0);
    const steps = Array(5).fill({ points: 10 }) as object[];
    const limits = { allowed: false, first: false, points: 50, limit: 10, secondsBetweenSteps: 120 };
    expect(await report()).toMatchObject({ code: 1, environment: "sandbox", ...limits, steps });
    const { stdout } = await home.run("dns", "plan");
    expect(stdout).toMatch(/^IPv4 users +aws +50 % +0 % +-50\n +stackpath +50 % +100 % +\+50$/m);
    expect(stdout).toMatch(/DNS would move 50 points[^]*5 steps, 2 minutes between them\./);

    const refused = await home.run("dns", "apply", "--auto-approve");
    expect([refused.code, refused.stdout + refused.stderr]).toEqual([
      1,
      expect.stringContaining("DNS would move 50 points"),
    ]);
    expect((await report()).points).toBe(50);
    const fleet = await home.succeed("deploy", "aws-fleet", "--auto-approve");
    expect(fleet.stdout).toContain("0 added, 0 changed, 0 destroyed");
  });

  test("what failed on the way counts as not applied", async () => {
    await home.succeed(
      "sandbox",
      "fault",
      "add",
      "refuse",
      "--type",
      "ns1_record",
      "--operation",
      "update",
      "--message",
      "no",
    );
    expect((await home.run("dns", "apply", "--auto-approve", "--allow", "50")).code).toBe(1);
    await home.succeed("sandbox", "fault", "clear");
    expect((await report()).points).toBe(50);
  });

  const walk = () => home.start("dns", "apply", "--auto-approve", "--in-steps", "--allow", "20");

  test("apply --in-steps ends on Ctrl-C in a step, which is then taken again", async () => {
    const delay = ["--type", "ns1_record", "--operation", "update", "--milliseconds", "2000"];
    await home.succeed("sandbox", "fault", "add", "delay", ...delay);
    const stopped = walk();
    await stopped.printed(/wildcard-a\S*: Modifying/);
    stopped.child.kill("SIGINT");
    expect((await stopped.done()).code).toBe(130);
    await home.succeed("sandbox", "fault", "clear");
    expect(stopped.output()).toContain("Modifications complete");
    expect((await report()).points).toBe(50);
  });

  test("apply --in-steps walks, ends on Ctrl-C and when killed, and is gone on with", async () => {
    await clock(1); // it would wait for two minutes
    const stopped = walk();
    await stopped.printed(/Step 1 of 3: IPv4 users: aws 30 %, stackpath 70 %[^]*Waiting 120 s of world time/);
    stopped.child.kill("SIGINT");
    expect((await stopped.done()).code).toBe(130);
    expect(await report()).toMatchObject({ points: 30, users: [{ before: { aws: 30, stackpath: 70 } }] });

    const killed = walk();
    await killed.printed("Waiting 120 s"); // nobody knows how long ago the step was taken
    await clock(6_000);
    await killed.printed(/Step 1 of 2: IPv4 users: aws 10 %, stackpath 90 %/);
    await clock(1);
    await killed.printed(/Step 1 of 2[^]*Waiting 120 s/);
    killed.child.kill("SIGKILL");
    await killed.done();
    expect(await report()).toMatchObject({ points: 10, allowed: true, onTheWay: true });

    await clock(6_000);
    const { stdout } = await home.succeed("dns", "apply", "--auto-approve", "--in-steps", "--allow", "20");
    expect(stdout).toMatch(/^Waiting 120 s[^]*Step 1 of 1: IPv4 users: aws 0 %, stackpath 100 %/);
    expect(stdout.match(/^Waiting/gm)).toHaveLength(1);
    expect(await report()).toMatchObject({ code: 0, points: 0, onTheWay: false });
  });

  test("bad points are refused before anything runs", async () => {
    const { code, stderr, stdout } = await home.run("dns", "apply", "--auto-approve", "--allow", "much");
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain('--allow: "much" is not a number of points from 1 to 100');
  });
});
