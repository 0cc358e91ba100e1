/** Drift as it is served: what the code says, what the DNS service holds, what the name servers answer. */
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { DriftReport } from "../../cli/dns/drift-report";
import { pushLoad } from "../../cli/dns/load-push";
import { ns1 } from "../../constructs/dns/ns1/ns1";
import { capacity } from "../../constructs/dns/traffic-policy";
import { firstAnswers } from "../../sandbox/dns/first-answers";
import { serveDns } from "../../sandbox/dns/server";
import { readZones } from "../../sandbox/dns/zones";
import { serveNs1Api } from "../../sandbox/ns1-api/server";
import { worldClient } from "../../sandbox/world-api/client";
import { testEnvironment } from "../environment-for-tests";
import { DeployedEnvironment } from "./deployed-environment";
import { describeWithTerraform } from "./engine-terraform";
import { SandboxHome } from "./harness";

jest.setTimeout(120_000);

const WILDCARD = "*.edge.example.net";
const QUERIES = ["--queries", "300"];

interface Record {
  dns: { port: number };
  dnsApis: { NS1_ENDPOINT: string; NS1_APIKEY: string };
}

describeWithTerraform("polycast dns check", () => {
  let home: SandboxHome;
  beforeAll(async () => {
    home = new SandboxHome();
    await home.succeed("sandbox", "up", "--clock", "600");
  });
  afterAll(async () => {
    await home.dispose();
    expect(home.processes()).toEqual([]);
  });

  const sandboxRecord = (): Record => JSON.parse(readFileSync(home.places.record, "utf8")) as Record;

  async function check(): Promise<DriftReport & { code: number | null }> {
    const { code, stdout, stderr } = await home.run("dns", "check", "--json", ...QUERIES);
    if (stdout === "") throw new Error(stderr);
    return { ...(JSON.parse(stdout) as DriftReport), code };
  }

  /** Changes a record by hand, as a person does at the service. @returns it as it was. */
  async function change(to: object): Promise<object> {
    const { NS1_ENDPOINT: endpoint, NS1_APIKEY: key } = sandboxRecord().dnsApis;
    const url = `${endpoint}zones/edge.example.net/${WILDCARD}/A`;
    const headers = { "X-NSONE-Key": key };
    const { ttl, answers, filters } = (await (await fetch(url, { headers })).json()) as Readonly<
      globalThis.Record<string, object>
    >;
    expect((await fetch(url, { method: "POST", headers, body: JSON.stringify(to) })).status).toBe(200);
    return { ttl, answers, filters };
  }

  async function withRecord(changed: (record: Record) => Record, then: () => Promise<void>): Promise<void> {
    const before = readFileSync(home.places.record, "utf8");
    writeFileSync(home.places.record, JSON.stringify(changed(JSON.parse(before) as Record)));
    await then().finally(() => {
      writeFileSync(home.places.record, before);
    });
  }

  test("before anything is deployed there is nothing to compare, which is said", async () => {
    const { code, stderr } = await home.run("dns", "check");
    expect([code, stderr]).toEqual([3, expect.stringContaining("npx polycast deploy")]);
  });

  test("after a deploy all agree, also while a fleet is down", async () => {
    await home.succeed("deploy", "--auto-approve");
    const well = await check();
    expect(well).toMatchObject({ code: 0, verdict: "same", notCompared: [], serviceDifferences: [] });
    expect([well.codeAndService, well.codeAndAnswers, well.serviceAndAnswers]).toEqual([
      "same",
      "same",
      "same",
    ]);
    expect(well.answers.map(({ name, type }) => `${name} ${type}`)).toEqual(
      expect.arrayContaining([`${WILDCARD} A`, `${WILDCARD} AAAA`, "aws.tunnel.edge.example.net A"]),
    );
    const text = (await home.succeed("dns", "check", ...QUERIES)).stdout;
    expect(text).toContain("sandbox: code, ns1 and answers agree.");

    await home.succeed("sandbox", "partition", "stackpath");
    const client = worldClient(home.env);
    const monitors = async () => (await client.world()).monitors.map(({ status }) => status);
    for (let look = 0; !(await monitors()).includes("down") && look < 500; look++) await sleep(20);
    const { code, answers } = await check();
    expect(code).toBe(0);
    expect(answers.find(({ name }) => name === WILDCARD)?.shares).toEqual({ "192.0.2.1": 100 });
    await home.succeed("sandbox", "heal", "stackpath");
    for (let look = 0; (await monitors()).includes("down") && look < 500; look++) await sleep(20);
  });

  test("a filter chain that somebody deletes: terraform plan sees nothing, this names it", async () => {
    const before = await change({ filters: [] });
    const plan = await home.succeed(
      ...["sandbox", "exec", "--", "npx", "cdktf", "diff", "edge-dns", "--ignore-missing-stack-dependencies"],
    );
    expect(plan.stdout).toContain("No changes");
    const report = await check();
    expect(report).toMatchObject({ code: 1, verdict: "different", serviceAndAnswers: "same" });
    expect(report.serviceDifferences).toEqual([
      {
        where: `${WILDCARD} A`,
        what: "has no filter chain; the code says up, priority (eliminate 1), shuffle",
      },
    ]);
    expect(report.advice).toContain("ns1 differs");
    expect(report.advice).toContain("Somebody has changed it there");
    await change(before);
    expect((await check()).code).toBe(0);
  });

  test("an address, a weight or a TTL that somebody changes is named", async () => {
    const answer = { answer: ["192.0.2.99"], meta: { up: true, priority: 1 } };
    const before = await change({ ttl: 30, answers: [answer] });
    const report = await check();
    expect(report.code).toBe(1);
    expect(report.serviceDifferences.map(({ what }) => what).join()).toMatch(/TTL 30.*192\.0\.2\.99/);
    expect(report.answers.find(({ name }) => name === WILDCARD)?.differences).toContain(
      "the TTL was 30 s, not 60 s",
    );
    await change(before);
  });

  test("name servers that answer something else are told from a service that holds something else", async () => {
    const { NS1_ENDPOINT: endpoint, NS1_APIKEY: key } = sandboxRecord().dnsApis;
    const url = `${endpoint}zones/edge.example.net`;
    const zone = (await (await fetch(url, { headers: { "X-NSONE-Key": key } })).json()) as object;
    const stale = {
      zone: "edge.example.net",
      domain: WILDCARD,
      type: "A",
      ttl: 60,
      answers: [{ answer: "192.0.2.1" }],
    };
    const objects: globalThis.Record<string, object[]> = {
      ns1_zone: [{ ...zone, dns_servers: "dns1.p01.nsone.net" }],
      ns1_record: [stale],
    };
    const dns = await serveDns({
      source: { list: (type) => (objects[type] ?? []).map((attributes) => ({ attributes })) },
      log: () => undefined,
    });
    await withRecord(
      (record) => ({ ...record, dns: { ...record.dns, port: dns.port } }),
      async () => {
        const report = await check();
        expect(report).toMatchObject({ code: 1, codeAndService: "same", codeAndAnswers: "different" });
        expect(report.advice).toContain("the name servers differ");
      },
    ).finally(() => dns.close());
  });

  test("without the service's API, code and answers are compared, and that is said", async () => {
    const away = (record: Record): Record => ({
      ...record,
      dnsApis: { ...record.dnsApis, NS1_ENDPOINT: "http://127.0.0.1:9/v1/" },
    });
    await withRecord(away, async () => {
      const report = await check();
      expect(report).toMatchObject({ code: 3, codeAndService: "not compared", codeAndAnswers: "same" });
      expect(report.notCompared.join()).toContain("NS1's API cannot be reached");
    });
    const before = await change({ filters: [] });
    await withRecord(away, async () => {
      expect(await check()).toMatchObject({ code: 1, codeAndAnswers: "different" });
    });
    await change(before);
  });

  test("without name servers, code and service are compared, and that is said", async () => {
    await withRecord(
      (record) => ({ ...record, dns: { ...record.dns, port: 9 } }),
      async () => {
        const report = await check();
        expect(report).toMatchObject({ code: 3, codeAndService: "same", codeAndAnswers: "not compared" });
        expect(report.notCompared.join()).toContain("the sandbox: ");
      },
    );
  });

  test.each([
    [["dns", "check", "--queries", "0"], 2, "whole numbers from 1"],
    [["dns", "check", "--queries", "many"], 2, "whole numbers from 1"],
    [["dns", "simulate", "--queries", "0"], 2, "whole numbers from 1"],
    [["dns", "simulate", "--fleet", "awss=down"], 1, 'nearest: "aws"'],
    [["dns", "simulate", "--load", "aws=much"], 1, "is not a whole number of connections"],
    [["sandbox", "load", "awss", "5"], 1, 'nearest: "aws"'],
    [["sandbox", "load", "aws", "-5"], 2, "whole numbers from 0"],
  ] as const)("%j is refused", async (args, expected, message) => {
    const { code, stderr } = await home.run(...args);
    expect([code, stderr]).toEqual([expected, expect.stringContaining(message)]);
  });

  test("load: given to nodes, which report it; this environment's policy does not look at it", async () => {
    await home.succeed("sandbox", "load", "aws", "30000");
    const { stdout } = await home.succeed("dns", "load", "push", "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      environment: "sandbox",
      unneeded: expect.any(String) as string,
    });
  });

  test("simulate: the shares, a picture, and the seed that repeats them", async () => {
    const picture = `${home.directory}/shares.svg`;
    const simulate = ["dns", "simulate", "--queries", "7000", "--seed", "5", "--fleet", "stackpath=down"];
    const { stdout } = await home.succeed(...simulate, "--svg", picture);
    expect(stdout).toContain("7000 queries, seed 5");
    expect(stdout).toMatch(/^all users, A +aws +100\.00 % +100\.00 %/m);
    expect(readFileSync(picture, "utf8")).toContain("</svg>");
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  });
});

describeWithTerraform("polycast dns load push, under Terraform", () => {
  test("what is pushed sheds load at once; what is not known sheds none", async () => {
    const deployed = new DeployedEnvironment();
    const feeds = new Map<string, globalThis.Record<string, boolean | number | string>>();
    const world = {
      feed: (id: string) => feeds.get(id),
      pushFeed: (id: string, values: globalThis.Record<string, boolean | number | string>) =>
        feeds.set(id, values),
    };
    const api = await serveNs1Api({ objects: deployed.store, world });
    try {
      await deployed.start();
      const wanted = { dns: ns1({ policy: capacity() }) };
      await deployed.want({ environment: wanted });
      for (const stack of ["aws-fleet", "stackpath-fleet", "edge-dns"]) await deployed.apply(stack);
      const shares = (): number[] => {
        const [zone] = readZones(deployed.store);
        const [set] = zone?.records.get(WILDCARD) ?? [];
        return set === undefined ? [] : [...firstAnswers(set, { feeds: world }).values()];
      };
      expect(shares()).toEqual([0.5, 0.5]);

      const environment = testEnvironment({ ...wanted, sandbox: false });
      const push = { aws: { connections: 1_800 }, stackpath: { connections: 10 } };
      await environment.dns
        .api?.({ NS1_ENDPOINT: api.endpoint, NS1_APIKEY: api.key })
        .pushLoad?.("edge.example.net", {
          aws: 1_800,
          stackpath: 10,
        });
      expect([...feeds.values()]).toEqual([push.aws, push.stackpath]);
      expect(shares()).toEqual([1]);

      // Nobody is there to be asked.
      const env = { NS1_ENDPOINT: api.endpoint, NS1_APIKEY: api.key };
      const report = await pushLoad(environment, env);
      expect(report.fleets).toMatchObject([{ pushed: 0 }, { pushed: 0 }]);
      expect(shares()).toEqual([0.5, 0.5]);
      expect(await deployed.plan("edge-dns")).toEqual({});
    } finally {
      await api.close();
      await deployed.stop();
    }
  });
});
