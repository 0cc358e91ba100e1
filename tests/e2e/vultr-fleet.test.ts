/** The Vultr fleet under real Terraform: what each change of an environment does to the nodes that announce its address. */
import type { VultrWish } from "../../constructs/providers/vultr/vultr-wish";
import { testEnvironment, vultrFleet } from "../environment-for-tests";
import { DeployedEnvironment } from "./deployed-environment";
import { describeWithTerraform } from "./engine-terraform";

jest.setTimeout(120_000);

const EWR: VultrWish["sites"] = { ewr: { nodes: 2 } };
const BOTH: VultrWish["sites"] = { ...EWR, ams: { nodes: 1 } };
const R2 = { vultr: { release: "r2", share: 100 } };
const RECORD = "null_resource.live-record";
const instance = (name: string) => `vultr_instance.fleet_${name}`;

describeWithTerraform("the Vultr fleet under Terraform", () => {
  let deployed: DeployedEnvironment;
  beforeEach(async () => {
    deployed = new DeployedEnvironment("everywhere");
    await deployed.start();
  });
  afterEach(() => deployed.stop());

  const apply = async (
    wish: Partial<VultrWish>,
    { environment = {}, ...rest }: Parameters<DeployedEnvironment["want"]>[0] = {},
  ) => {
    await deployed.want({ environment: { fleets: [vultrFleet(wish)], ...environment }, ...rest });
    const actions = await deployed.apply("vultr-fleet");
    // No drift: what was applied is what is wanted.
    expect(await deployed.plan("vultr-fleet")).toEqual({});
    return actions;
  };

  test("every change does what it should to the nodes, and nothing else", async () => {
    const created = await apply({ sites: EWR });
    expect([...new Set(Object.values(created))]).toEqual(["create"]);
    expect(await deployed.outputs("vultr-fleet")).toMatchObject({
      anycast_ipv4: "198.51.100.10",
      release: "r1",
      capacity_connections: 2000,
    });

    // More nodes, fewer nodes: those that stay do not notice.
    expect(await apply({ sites: { ewr: { nodes: 3 } } })).toEqual({ [instance("ewr-3")]: "create" });
    expect(await apply({ sites: EWR })).toEqual({ [instance("ewr-3")]: "delete" });

    // A site more, in front or behind, and away again.
    expect(await apply({ sites: { ams: { nodes: 1 }, ...EWR } })).toEqual({ [instance("ams-1")]: "create" });
    expect(await apply({ sites: EWR })).toEqual({ [instance("ams-1")]: "delete" });
    expect(await apply({ sites: BOTH })).toEqual({ [instance("ams-1")]: "create" });

    // Another release, another size: every node by a new one, which comes first.
    const replaced = Object.fromEntries(
      ["ams-1", "ewr-1", "ewr-2"].map((name) => [instance(name), "create, delete"]),
    );
    expect(await apply({ sites: BOTH }, { live: R2 })).toEqual({ ...replaced, [RECORD]: "create, delete" });
    const size = { cpu: 4, memoryGiB: 8 };
    expect(await apply({ sites: BOTH, size }, { live: R2 })).toEqual(replaced);

    // A port more is a rule more, and what nodes are told.
    const listeners = [
      { port: 443, protocol: "TCP" },
      { port: 2222, protocol: "TCP", role: "tunnel" },
    ] as const;
    expect(await apply({ sites: BOTH, size }, { live: R2, environment: { listeners } })).toEqual({
      ...replaced,
      "vultr_firewall_rule.fleet_firewall-tcp-2222-v4": "create",
    });
    expect((await deployed.outputs("vultr-fleet"))["anycast_ipv4"]).toBe("198.51.100.10");

    // Away: nothing is left.
    expect(await (await deployed.terraform("vultr-fleet")).destroy()).toEqual([]);
    expect(deployed.store.list()).toEqual([]);
  });

  test("a node that vanished is made again, alone", async () => {
    await apply({ sites: BOTH });
    const [lost] = deployed.store.list("vultr_instance");
    deployed.store.remove("vultr_instance", lost?.id ?? "");
    const actions = Object.values(await apply({ sites: BOTH }));
    expect(actions).toEqual(["create"]);
    expect(deployed.store.list("vultr_instance")).toHaveLength(3);
  });

  test("the password reaches the nodes, and without one nothing is planned", async () => {
    await apply({ sites: EWR });
    const [node] = deployed.store.list("vultr_instance");
    const encoded = Buffer.from("sandbox").toString("base64");
    expect(node?.attributes["user_data"]).toContain(`"content":"${encoded}"`);

    const terraform = await deployed.terraform("vultr-fleet");
    for (const password of ["", "two words", "line\nbreak", 'quo"ted', "x".repeat(81)]) {
      terraform.env = { TF_VAR_vultr_bgp_password: password };
      const { errors } = await terraform.plan();
      expect(errors.map(({ detail }) => detail).join()).toContain("TF_VAR_vultr_bgp_password is to hold");
    }
    // Another one: the nodes that hold the old one are replaced, and the plan does not show it.
    terraform.env = { TF_VAR_vultr_bgp_password: "s3cret-${'\\" };
    const { stdout } = await terraform.run("plan", "-input=false", "-no-color");
    expect(stdout).toContain("2 to add, 0 to change, 2 to destroy");
    expect(stdout).not.toContain("s3cret");
    expect(stdout).not.toContain(Buffer.from("s3cret").toString("base64").slice(0, 7));
  });

  test("both families", async () => {
    await apply(
      {
        ipv6: true,
        announce: {
          asn: 64_512,
          ipv4: { prefix: "198.51.100.0/24", address: "198.51.100.10" },
          ipv6: { prefix: "2001:db8:a::/48", address: "2001:db8:a::10" },
        },
      },
      { environment: { dns: { ...testEnvironment().dns, ipv6: "partial" } } },
    );
    expect(await deployed.outputs("vultr-fleet")).toMatchObject({ anycast_ipv6: "2001:db8:a::10" });
    expect(deployed.store.list("vultr_instance")[0]?.attributes["v6_main_ip"]).toMatch(/^2001:db8:/);
  });
});
