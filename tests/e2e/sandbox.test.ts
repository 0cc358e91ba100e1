import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Resolver } from "node:dns/promises";
import { describeWithTerraform } from "./engine-terraform";
import { SandboxHome } from "./harness";

jest.setTimeout(120_000);

const STACKS = ["aws-fleet", "stackpath-fleet", "edge-dns"];
const WILDCARD = /(www\.\S+)\.\t60\tIN\tA\t/;

let home: SandboxHome;
beforeEach(() => (home = new SandboxHome()));
afterEach(async () => {
  const { directory } = home;
  await home.dispose();
  expect([existsSync(directory), home.processes()]).toEqual([false, []]);
});

/** What the clouds have and no state has. A launch template's versions are the cloud's own, and belong to the template. */
function orphans(): string[] {
  const known = STACKS.flatMap((stack) => home.stateObjects(stack));
  return home
    .cloudObjects()
    .filter(
      (object) => !known.includes(object.replace(/^(aws_launch_template)_version (\S+)\/\d+$/, "$1 $2")),
    );
}

function locks(): string[] {
  return readdirSync(home.places.directory, { recursive: true, encoding: "utf8" }).filter((path) =>
    path.includes(".lock.info"),
  );
}

/** Makes the networks slow: a signal that comes when the first role is there meets them in flight. */
async function slowly(): Promise<void> {
  await home.succeed("sandbox", "fault", "add", "delay", "--type", "aws_vpc", "--milliseconds", "2500");
}

describeWithTerraform("the sandbox under Terraform", () => {
  test("start: everything from nothing; again: no changes", async () => {
    const first = await home.succeed("start");
    expect(first.stdout).toMatch(/Deployed: \d+ added, 0 changed, 0 destroyed\./);
    expect(first.stdout).toContain("Real:      Terraform, CDKTF, the DNS protocol.");
    expect(first.stdout).toMatch(/Simulated: the clouds \(AWS, StackPath\), their nodes, and NS1/);
    const [, name] = WILDCARD.exec(first.stdout) ?? [];
    const [, aws] = /^ {2}aws-fleet +(\S+)/m.exec(first.stdout) ?? [];
    const [, stackpath] = /^ {2}stackpath-fleet +(\S+)/m.exec(first.stdout) ?? [];
    expect(first.stdout).toContain(`\tIN\tA\t${aws}\n`);
    expect(first.stdout).toContain(`\tIN\tA\t${stackpath}\n`);
    expect(first.stdout).toMatch(/aws-fleet +in 200 answers, first in \d+/);
    expect(first.stdout).toMatch(/^nodes: 8 of 8 healthy; monitors: 2 of 2 up\nAll is well after/m);
    expect(first.stdout).toMatch(/^node {5}(aws|stackpath), fleet \1, site \S+, release r1: \S+\n/m);
    expect(first.stdout).toMatch(
      new RegExp(`DNS left ${stackpath} after [^]*It is healed[^]*DNS answers ${stackpath} again after`),
    );
    // It has ended when a person reads this, so it names no port.
    expect(first.stdout).toMatch(/npx polycast sandbox up [^]*dig @127\.0\.0\.1 -p PORT www\./);
    expect(home.processes()).toEqual([]);
    expect(orphans()).toEqual([]);

    const again = await home.succeed("start", "--json");
    const summary = JSON.parse(again.stdout) as {
      total: object;
      stacks: object;
      fleets: object[];
      dns: { answers: object[] };
      show: { wellAfterSeconds: number; asked: object; outage: Record<string, unknown> };
    };
    expect(summary.total).toEqual({ added: 0, changed: 0, destroyed: 0 });
    expect(Object.keys(summary.stacks).sort()).toEqual([...STACKS].sort());
    expect(summary.fleets).toMatchObject([
      { stack: "aws-fleet", ipv4: aws },
      { stack: "stackpath-fleet", ipv4: stackpath },
    ]);
    expect(summary.dns.answers).toMatchObject([
      { name, type: "A", queries: 200, present: { [aws ?? ""]: 200 } },
    ]);
    const { asked, outage } = summary.show;
    expect(asked).toMatchObject({ dns: { name, ttl: 60 }, from: "lga", answer: { status: "healthy" } });
    expect(outage).toMatchObject({ fleet: "stackpath", address: stackpath });
    // The monitors look each minute, and again a second later where they see a change.
    for (const time of [outage["awayAfterSeconds"], outage["backAfterSeconds"]]) {
      expect(time).toBeGreaterThan(0);
      expect(time).toBeLessThan(180);
    }
  });

  test("up, the plain cdktf command, status, an unknown stack, DNS, destroy, down", async () => {
    await home.succeed("sandbox", "up");
    expect((await home.succeed("sandbox", "up")).stdout).toContain("was up already");
    const status = JSON.parse((await home.succeed("sandbox", "status", "--json")).stdout) as {
      state: string;
      record: { dns: { port: number }; reattach: object };
    };
    expect(status.state).toBe("running");
    expect(Object.keys(status.record.reattach)).toContain("stackpath/stackpath");

    const deploy = ["npx", "cdktf", "deploy", "aws-fleet", "stackpath-fleet", "--auto-approve"];
    const deployed = await home.succeed("sandbox", "exec", "--", ...deploy);
    expect(deployed.stdout).toMatch(/stackpath-fleet[^]*anycast_ipv4 = \S+/);

    const unknown = await home.run("deploy", "aws-flet", "--auto-approve");
    expect([unknown.code, unknown.stdout]).toEqual([1, ""]);
    expect(unknown.stderr).toContain(
      'There is no such stack; nothing was changed\n  - "aws-flet": nearest: "aws-fleet"; there are: aws-fleet, stackpath-fleet, edge-dns, management, aws-image, stackpath-image',
    );

    await home.succeed("dns", "apply", "--auto-approve");
    const resolver = new Resolver();
    resolver.setServers([`127.0.0.1:${status.record.dns.port}`]);
    expect(await resolver.resolve4("anything.edge.example.net")).toHaveLength(2);

    expect((await home.run("sandbox", "exec", "--", "sh", "-c", "exit 23")).code).toBe(23);
    const missing = await home.run("sandbox", "exec", "--", "no-such-program");
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('"no-such-program"')]);

    await home.succeed("destroy", "--auto-approve");
    expect(STACKS.flatMap((stack) => home.stateObjects(stack))).toEqual([]);
    await expect(resolver.resolve4("anything.edge.example.net")).rejects.toMatchObject({ code: "EREFUSED" });

    await home.succeed("sandbox", "down");
    expect([readdirSync(home.directory), home.processes()]).toEqual([[], []]);
  });

  test("credentials do not reach what runs in the sandbox", async () => {
    Object.assign(home.env, {
      AWS_SECRET_ACCESS_KEY: "real-looking",
      NS1_APIKEY: "real-looking",
      TF_TOKEN_x: "real-looking",
    });
    await home.succeed("sandbox", "up");
    const { stdout } = await home.succeed("sandbox", "exec", "--", "env");
    expect(stdout).toContain("POLYCAST_ENV=sandbox");
    expect(stdout).toContain("TF_REATTACH_PROVIDERS=");
    expect(stdout).not.toContain("real-looking");
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)(
    "%s in the middle of start: no orphan, no lock, no process, and the next run finishes",
    async (signal, code) => {
      await slowly();
      const start = home.start("start");
      await start.printed(/aws_iam_role\.\S+ \(/);
      start.child.kill(signal);
      expect((await start.done()).code).toBe(code);
      expect(start.output()).toContain("Stopped. The next run goes on from here.");
      expect([home.processes(), orphans(), locks()]).toEqual([[], [], []]);
      const kept = home.stateObjects("aws-fleet").filter((object) => object.startsWith("aws_vpc "));
      expect(kept).not.toEqual([]); // one or both were in flight when the signal came

      await home.succeed("sandbox", "fault", "clear");
      const finished = await home.succeed("start");
      expect(finished.stdout).toMatch(/Deployed: \d+ added, \d+ changed, [012] destroyed\./);
      expect(WILDCARD.test(finished.stdout)).toBe(true);
      expect(home.stateObjects("aws-fleet")).toEqual(expect.arrayContaining(kept));
      expect(orphans()).toEqual([]);
    },
  );

  test("one fleet fails while the other is at work and DNS waits: the other is finished", async () => {
    await slowly();
    await home.succeed(
      ...[
        "sandbox",
        "fault",
        "add",
        "refuse",
        "--type",
        "stackpath_compute_workload",
        "--message",
        "no capacity in SEA",
      ],
    );
    const failed = await home.run("start");
    expect(failed.code).toBe(1);
    expect(failed.stdout).toMatch(/stackpath-fleet: Error: no capacity in SEA/);
    expect(failed.stdout).toMatch(/aws-fleet +\d+ added, 0 changed, 0 destroyed/);
    expect([home.processes(), orphans(), locks(), home.stateObjects("edge-dns")]).toEqual([[], [], [], []]);
  });

  test("a refused synth says why, and changes nothing", async () => {
    const live = join(home.places.directory, "live");
    mkdirSync(live, { recursive: true });
    writeFileSync(
      join(live, "1.json"),
      '{"version":1,"environment":"sandbox","fleets":{"aws":{"release":"r0","share":100}}}',
    );
    const refused = await home.run("start");
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain('fleets.aws: runs the release "r0", which the manifest lacks');
    expect(STACKS.flatMap((stack) => home.stateObjects(stack))).toEqual([]);
  });

  test("SIGINT during the outage that is shown: the fleet is healed, the clock as it was", async () => {
    await home.succeed("sandbox", "up", "--clock", "7");
    const start = home.start("start");
    await start.printed("is cut off from the network");
    start.child.kill("SIGINT");
    expect((await start.done()).code).toBe(130);
    expect((await home.succeed("sandbox", "clock")).stdout).toContain("7 world seconds pass in a second");
    const { nodes } = JSON.parse((await home.succeed("status", "--json")).stdout) as { nodes: object[] };
    expect(nodes).toHaveLength(8);
    expect(nodes.filter((node) => "condition" in node)).toEqual([]);
  });

  test("SIGINT before Terraform runs: nothing is left", async () => {
    const start = home.start("start");
    await start.printed("starting the simulated clouds");
    start.child.kill("SIGINT");
    expect((await start.done()).code).toBe(130);
    expect(home.processes()).toEqual([]);
  });

  test("SIGINT while cdktf synthesizes: nothing is left", async () => {
    const start = home.start("start");
    await start.printed("cdktf deploy");
    start.child.kill("SIGINT");
    expect((await start.done()).code).toBe(130);
    expect(home.processes()).toEqual([]);
  });

  test("SIGINT to sandbox exec: the same", async () => {
    await home.succeed("sandbox", "up");
    await slowly();
    const deploy = home.start(
      "sandbox",
      "exec",
      "--",
      "npx",
      "cdktf",
      "deploy",
      "aws-fleet",
      "--auto-approve",
    );
    await deploy.printed(/aws_iam_role\.\S+: Creation complete/);
    deploy.child.kill("SIGINT");
    expect((await deploy.done()).code).toBe(130);
    expect(locks()).toEqual([]);
    await home.succeed("sandbox", "fault", "clear");
    await home.succeed("deploy", "aws-fleet", "--auto-approve");
  });

  test("the sandbox is killed in the middle: the run fails, it is named, up and the next run finishes", async () => {
    await home.succeed("sandbox", "up");
    await slowly();
    const start = home.start("start");
    await start.printed(/aws_iam_role\.\S+ \(/);
    const { record } = JSON.parse((await home.run("sandbox", "status", "--json")).stdout) as {
      record: { pid: number };
    };
    process.kill(record.pid, "SIGKILL");
    const failed = await start.done();
    expect(failed.code).toBe(1);
    expect(failed.stdout).toMatch(/Plugin did not respond|error reading from server/);
    expect(failed.stdout).toContain("cdktf failed with exit code 1. All that it printed: ");
    expect((await home.run("sandbox", "status")).stdout).toContain(
      `dead: process ${record.pid} ended without stopping`,
    );
    expect((await home.run("deploy", "--auto-approve")).stderr).toContain(
      "Start it: npx polycast sandbox up",
    );

    await home.succeed("sandbox", "fault", "clear");
    const up = await home.succeed("sandbox", "up");
    expect(up.stderr).toContain(`its process ${record.pid} is gone: starting a new one`);
    const finished = await home.succeed("start");
    expect(WILDCARD.test(finished.stdout)).toBe(true);
    expect(home.processes()).toHaveLength(1); // start found it running, and leaves it so
  });
});
