/** The Equinix Metal fleet under real Terraform: what each change of an environment does to its nodes and to its address. */
import type { Values } from "../../constructs/fleet/simulation";
import type { EquinixWish } from "../../constructs/providers/equinix/equinix-wish";
import { equinixFleet, testEnvironment } from "../environment-for-tests";
import { DeployedEnvironment } from "./deployed-environment";
import { describeWithTerraform } from "./engine-terraform";

jest.setTimeout(120_000);

const NY: EquinixWish["sites"] = { ny: { nodes: 2 } };
const BOTH: EquinixWish["sites"] = { ...NY, am: { nodes: 1 } };
const R2 = { equinix: { release: "r2", share: 100 } };
const RECORD = "null_resource.live-record";
const ADDRESS = "198.18.0.16";

/** What is planned for the device and the session of each of these nodes. */
const nodes = (action: string, ...names: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    names.flatMap((name) => [
      [`equinix_metal_device.fleet_${name}`, action],
      [`equinix_metal_bgp_session.fleet_${name}-bgp`, action],
    ]),
  );

describeWithTerraform("the Equinix Metal fleet under Terraform", () => {
  let deployed: DeployedEnvironment;
  beforeEach(async () => {
    deployed = new DeployedEnvironment("everywhere");
    await deployed.start();
  });
  afterEach(() => deployed.stop());

  const apply = async (
    wish: Partial<EquinixWish>,
    { environment = {}, ...rest }: Parameters<DeployedEnvironment["want"]>[0] = {},
  ) => {
    await deployed.want({ environment: { fleets: [equinixFleet(wish)], ...environment }, ...rest });
    const actions = await deployed.apply("equinix-fleet");
    // No drift: what was applied is what is wanted.
    expect(await deployed.plan("equinix-fleet")).toEqual({});
    return actions;
  };

  test("every change does what it should to the nodes, and nothing to the address", async () => {
    const created = await apply({ sites: NY });
    expect([...new Set(Object.values(created))]).toEqual(["create"]);
    expect(await deployed.outputs("equinix-fleet")).toMatchObject({
      anycast_ipv4: ADDRESS,
      release: "r1",
      capacity_connections: 8000,
    });

    // More nodes, fewer nodes: those that stay do not notice.
    expect(await apply({ sites: { ny: { nodes: 3 } } })).toEqual(nodes("create", "ny-3"));
    expect(await apply({ sites: NY })).toEqual(nodes("delete", "ny-3"));

    // A site more, in front or behind, and away again.
    expect(await apply({ sites: { am: { nodes: 1 }, ...NY } })).toEqual(nodes("create", "am-1"));
    expect(await apply({ sites: NY })).toEqual(nodes("delete", "am-1"));
    expect(await apply({ sites: BOTH })).toEqual(nodes("create", "am-1"));

    // Another release, another size, another place for the archives: every node by a new one, which comes first.
    const replaced = nodes("create, delete", "am-1", "ny-1", "ny-2");
    expect(await apply({ sites: BOTH }, { live: R2 })).toEqual({ ...replaced, [RECORD]: "create, delete" });
    const size = { cpu: 48, memoryGiB: 64 };
    expect(await apply({ sites: BOTH, size }, { live: R2 })).toEqual(replaced);
    const archives = { url: "https://other.example.net", bucket: "example-images", region: "us-east-1" };
    expect(await apply({ sites: BOTH, size, archives }, { live: R2 })).toEqual(replaced);
    expect((await deployed.outputs("equinix-fleet"))["anycast_ipv4"]).toBe(ADDRESS);

    // Away: nothing is left.
    expect(await (await deployed.terraform("equinix-fleet")).destroy()).toEqual([]);
    expect(deployed.store.list()).toEqual([]);
  });

  test("each device has a session, and announces what its project has reserved", async () => {
    await apply({ sites: BOTH });
    const [project] = deployed.store.list("equinix_metal_project");
    const [block] = deployed.store.list("equinix_metal_reserved_ip_block");
    const devices = deployed.store.list("equinix_metal_device");
    const sessions = deployed.store.list("equinix_metal_bgp_session");
    expect(project?.attributes["bgp_config"]).toMatchObject([
      { asn: 65_000, deployment_type: "local", md5: "sandbox", status: "enabled" },
    ]);
    expect(block?.attributes).toMatchObject({
      project_id: project?.id,
      cidr_notation: `${ADDRESS}/32`,
      global: true,
    });
    expect(sessions.map(({ attributes }) => attributes["device_id"]).sort()).toEqual(
      devices.map(({ id }) => id).sort(),
    );
    for (const { attributes } of devices) expect(attributes["user_data"]).toContain(`${ADDRESS}/32`);
  });

  test("a node that vanished is made again, alone, and so is its session", async () => {
    await apply({ sites: BOTH });
    const lost = deployed.store
      .list("equinix_metal_device")
      .find(({ attributes }) => attributes["metro"] === "am");
    deployed.store.remove("equinix_metal_device", lost?.id ?? "");
    expect(await apply({ sites: BOTH })).toEqual(nodes("create", "am-1"));
    expect(deployed.store.list("equinix_metal_bgp_session")).toHaveLength(3);
  });

  test("the password reaches project and nodes, and without one nothing is planned", async () => {
    await apply({ sites: NY });
    const terraform = await deployed.terraform("equinix-fleet");
    for (const password of ["", "two words", "line\nbreak", 'quo"ted', "x".repeat(81)]) {
      terraform.env = { TF_VAR_equinix_bgp_password: password };
      const { errors } = await terraform.plan();
      expect(errors.map(({ detail }) => detail).join()).toContain("TF_VAR_equinix_bgp_password is to hold");
    }
    // Another one: the project gets it in place, the nodes that hold the old one are replaced, and the plan does not show it.
    terraform.env = { TF_VAR_equinix_bgp_password: "s3cret-${'\\" };
    const { stdout } = await terraform.run("plan", "-input=false", "-no-color");
    expect(stdout).toContain("4 to add, 1 to change, 4 to destroy");
    expect(stdout).not.toContain("s3cret");
    expect(stdout).not.toContain(Buffer.from("s3cret").toString("base64").slice(0, 7));
  });

  test("the address and its project are not given back where they are protected", async () => {
    const environment = { protect: true, fleets: [equinixFleet({ sites: NY })] };
    await deployed.want({ environment });
    await deployed.apply("equinix-fleet");
    const refused = await (await deployed.terraform("equinix-fleet")).destroy();
    expect(refused.map(({ summary }) => summary)).toContain("Instance cannot be destroyed");
    expect(deployed.store.list("equinix_metal_reserved_ip_block")).toHaveLength(1);
  });

  test("a project whose BGP is not enabled stops every plan, with the way on", async () => {
    await apply({ sites: NY });
    const [project] = deployed.store.list("equinix_metal_project");
    if (project === undefined) throw new Error("no project");
    const [config] = project.attributes["bgp_config"] as Values[];
    const attributes = { ...project.attributes, bgp_config: [{ ...config, status: "requested" }] };
    deployed.store.put({ ...project, attributes });
    const { errors } = await (await deployed.terraform("equinix-fleet")).plan();
    expect(JSON.stringify(errors)).toMatch(/has not enabled BGP for the project[^]*ask support/);
  });

  test("prefixes of one's own wait for people, and are announced when these agree", async () => {
    const announce = {
      asn: 4_200,
      ipv4: { prefix: "198.51.100.0/24", address: "198.51.100.10" },
      ipv6: { prefix: "2001:db8:a::/48", address: "2001:db8:a::10" },
    };
    const fleets = [equinixFleet({ sites: NY, ipv6: true, announce })];
    const dns = { ...testEnvironment().dns, ipv6: "partial" } as const;
    await deployed.want({ environment: { fleets, dns } });
    await expect(deployed.apply("equinix-fleet")).rejects.toThrow(/People enable global BGP/);
    expect(deployed.store.list("equinix_metal_device")).toEqual([]);

    const [project] = deployed.store.list("equinix_metal_project");
    if (project === undefined) throw new Error("no project");
    const [config] = project.attributes["bgp_config"] as Values[];
    const attributes = { ...project.attributes, bgp_config: [{ ...config, status: "enabled" }] };
    deployed.store.put({ ...project, attributes });
    await deployed.apply("equinix-fleet");
    expect(await deployed.plan("equinix-fleet")).toEqual({});
    expect(await deployed.outputs("equinix-fleet")).toMatchObject({
      anycast_ipv4: "198.51.100.10",
      anycast_ipv6: "2001:db8:a::10",
    });
    const families = deployed.store
      .list("equinix_metal_bgp_session")
      .map((session) => session.attributes["address_family"]);
    expect(families.sort()).toEqual(["ipv4", "ipv4", "ipv6", "ipv6"]);
    expect(deployed.store.list("equinix_metal_reserved_ip_block")).toEqual([]);
  });
});
