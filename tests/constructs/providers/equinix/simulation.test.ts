import { Refusal, UNKNOWN, type Values } from "../../../../constructs/fleet/simulation";
import { equinix } from "../../../../constructs/providers/equinix/simulation";
import { plan, type PlanRequest } from "../../../../sandbox/engine/plan";
import { SimulatedCloud } from "../../simulated-cloud";

const PROJECT = "equinix_metal_project";
const BLOCK = "equinix_metal_reserved_ip_block";
const DEVICE = "equinix_metal_device";
const SESSION = "equinix_metal_bgp_session";

const LOCAL = { deployment_type: "local", asn: 65_000, md5: "x", status: null, max_prefix: null };

let cloud: SimulatedCloud;
let project: string;
beforeEach(() => {
  cloud = new SimulatedCloud(equinix, { auth_token: "token" });
  project = idOf(cloud.create(PROJECT, { name: "edge", bgp_config: [LOCAL] }));
});
const idOf = ({ id }: Values): string => (typeof id === "string" ? id : "");
const block = (changes: Values = {}): Values => ({
  project_id: project,
  type: "global_ipv4",
  quantity: 1,
  ...changes,
});
const device = (changes: Values = {}): Values => ({
  project_id: project,
  metro: "ny",
  plan: "c3.small.x86",
  operating_system: "debian_12",
  hostname: "edge-1",
  ...changes,
});

/** The plan of a change of what was made, as Terraform proposes it. */
function planned(type: string, made: Values, changes: Values): ReturnType<typeof plan> {
  const config: PlanRequest["config"] = { ...made, ...changes };
  return plan(equinix, { type, config, prior: made, proposed: config, provider: {} });
}
const replacing = (type: string, made: Values, changes: Values) =>
  planned(type, made, changes).replaces.map((path) => path.join("."));

describe("a project", () => {
  const stored = () => cloud.read(PROJECT, project) ?? {};

  test("has local BGP at once, and waits for people where it asks for global BGP", () => {
    expect(stored()["bgp_config"]).toEqual([{ ...LOCAL, status: "enabled", max_prefix: 10 }]);
    const other = cloud.create(PROJECT, {
      name: "own",
      bgp_config: [{ ...LOCAL, deployment_type: "global", asn: 64_500 }],
    });
    expect(other["bgp_config"]).toMatchObject([{ status: "requested" }]);
    expect(cloud.create(PROJECT, { name: "none" })["bgp_config"]).toEqual([]);
  });

  test("keeps its BGP and its system: the plugin refuses to plan otherwise", () => {
    expect(() => planned(PROJECT, stored(), { bgp_config: [] })).toThrow(new Refusal("Change not allowed"));
    expect(() => planned(PROJECT, stored(), { bgp_config: [{ ...LOCAL, asn: 65_001 }] })).toThrow(Refusal);
  });

  test("takes another password and another name in place", () => {
    const [config] = stored()["bgp_config"] as Values[];
    const changed = planned(PROJECT, stored(), { name: "new", bgp_config: [{ ...config, md5: "y" }] });
    expect(changed.replaces).toEqual([]);
    expect(changed.planned["updated"]).toBe(UNKNOWN);
    expect(cloud.update(PROJECT, stored(), { name: "new" })).toMatchObject({ id: project, name: "new" });
  });

  test.each<[string, Values]>([
    ["organization_id", { organization_id: "ours" }],
    ["payment_method_id", { payment_method_id: "card" }],
    ["bgp_config", { bgp_config: [LOCAL, LOCAL] }],
    ["bgp_config", { bgp_config: [{ ...LOCAL, deployment_type: "regional" }] }],
  ])("refuses a wrong %s before anything is made", (name, changes) => {
    const [problem, ...others] = cloud.validate(PROJECT, { name: "edge", ...changes });
    expect(problem).toMatchObject({ severity: "error" });
    expect(problem?.path?.[0]).toBe(name);
    expect(others).toEqual([]);
  });
});

describe("a reserved block", () => {
  test("is one address of its own, known in the whole world", () => {
    const [one, other] = [cloud.create(BLOCK, block()), cloud.create(BLOCK, block())];
    expect(one).toMatchObject({ cidr: 32, global: true, public: true, netmask: "255.255.255.255" });
    expect([one["address"], one["cidr_notation"]]).toEqual(["198.18.0.16", "198.18.0.16/32"]);
    expect(one["address"]).not.toBe(other["address"]);
    const changed = cloud.update(BLOCK, one, { description: "edge" });
    expect([changed["id"], changed["address"]]).toEqual([one["id"], one["address"]]);
  });

  test.each<[number, number, string]>([
    [2, 31, "255.255.255.254"],
    [4, 30, "255.255.255.252"],
  ])("of %d addresses is a /%d", (quantity, cidr, netmask) => {
    expect(cloud.create(BLOCK, block({ quantity }))).toMatchObject({ cidr, netmask });
  });

  test.each<[string, Values, string]>([
    [
      "a global one with a metro",
      { metro: "ny" },
      "facility and metro can't be set for global IP block reservation",
    ],
    [
      "a public one without",
      { type: "public_ipv4" },
      "you should set either metro or facility for non-global IP block reservation",
    ],
    ["one of no project", { project_id: "gone" }, "404 Not found"],
    [
      "a global one of eight",
      { quantity: 8 },
      "error reserving IP address block: 422 Quantity must be 1, 2 or 4 for global IPv4 addresses",
    ],
  ])("%s is refused", (_, changes, message) => {
    expect(() => cloud.create(BLOCK, block(changes))).toThrow(new Refusal(message));
    expect(cloud.list(BLOCK)).toEqual([]);
  });

  test.each<[string, Values]>([
    ["type", { type: "global_ipv6" }],
    ["quantity", { quantity: null }],
    ["wait_for_state", { wait_for_state: "denied" }],
  ])("a wrong %s is refused before anything is made", (name, changes) => {
    expect(cloud.validate(BLOCK, block(changes))).toContainEqual(
      expect.objectContaining({ severity: "error", path: [name] }),
    );
  });

  test("a public one of a metro is not global; a change of either replaces, one of spelling does not", () => {
    const made = cloud.create(BLOCK, block({ type: "public_ipv4", metro: "ny" }));
    expect(made["global"]).toBe(false);
    expect(replacing(BLOCK, made, { metro: "am" })).toEqual(["metro"]);
    expect(replacing(BLOCK, made, { quantity: 2 })).toEqual(["quantity"]);
    expect(planned(BLOCK, made, { metro: "NY", custom_data: "{ }" }).planned).toEqual(made);
    expect(replacing(BLOCK, made, { description: "edge", tags: ["a"] })).toEqual([]);
  });
});

describe("a device", () => {
  test("is active when it is made, with three addresses of its own", () => {
    const [one, other] = [cloud.create(DEVICE, device()), cloud.create(DEVICE, device())];
    expect(one).toMatchObject({
      state: "active",
      metro: "ny",
      billing_cycle: "hourly",
      network_type: "layer3",
    });
    expect((one["network"] as Values[]).map(({ family, public: isPublic }) => [family, isPublic])).toEqual([
      [4, true],
      [6, true],
      [4, false],
    ]);
    for (const name of ["id", "access_public_ipv4", "access_private_ipv4", "access_public_ipv6"]) {
      expect(one[name]).not.toBe(other[name]);
      expect(cloud.update(DEVICE, one, { tags: ["a"] })[name]).toBe(one[name]);
    }
  });

  test("takes ten seconds at least: the plugin's own wait", () => {
    expect(equinix.resources[DEVICE]?.waitSeconds).toEqual({ create: 10 });
  });

  test.each<[string, Values, string]>([
    ["nowhere", { metro: null }, "one of facilies and metro must be configured"],
    ["in no project", { project_id: "gone" }, '404 Not found, make sure project "gone" exists'],
    ["in a metro that is none", { metro: "xx" }, "422 xx is not a valid metro"],
    ["of a plan that is none", { plan: "large" }, "422 large is not a valid plan"],
  ])("%s is refused", (_, changes, message) => {
    expect(() => cloud.create(DEVICE, device(changes))).toThrow(new Refusal(message));
    expect(cloud.list(DEVICE)).toEqual([]);
  });

  test("stands in a metro or in facilities, not in both", () => {
    const both = cloud.validate(DEVICE, device({ facilities: ["ny5"] }));
    expect(both.map(({ path }) => path)).toContainEqual(["metro"]);
    expect(cloud.validate(DEVICE, device())).toEqual([]);
  });

  test.each(["user_data", "custom_data", "operating_system", "plan", "metro", "project_id", "billing_cycle"])(
    "another %s replaces it",
    (name) => {
      const made = cloud.create(DEVICE, device({ user_data: "#!/bin/sh" }));
      expect(replacing(DEVICE, { ...made, facilities: null }, { [name]: "other" })).toEqual([name]);
    },
  );

  test("another host name, description or tags change it in place", () => {
    const made = cloud.create(DEVICE, device());
    expect(replacing(DEVICE, made, { hostname: "edge-2", description: "d", tags: ["a"] })).toEqual([]);
  });

  test("which may be installed anew, or keeps its user data, is not replaced for them", () => {
    const fresh = (changes: Values): Values => cloud.create(DEVICE, device({ user_data: "one", ...changes }));
    const reinstall = [{ enabled: true, deprovision_fast: false, preserve_data: false }];
    const other = { user_data: "two" };
    expect(replacing(DEVICE, fresh({ reinstall }), { ...other, operating_system: "debian_13" })).toEqual([]);
    const behavior = [{ allow_changes: ["user_data"] }];
    expect(replacing(DEVICE, fresh({ behavior }), other)).toEqual([]);
    expect(replacing(DEVICE, fresh({ behavior }), { custom_data: "{}" })).toEqual(["custom_data"]);
    expect(replacing(DEVICE, fresh({ behavior }), { operating_system: "debian_13" })).toEqual([
      "operating_system",
    ]);
  });

  test("does not move for a metro in capitals, nor for the facility that it was given", () => {
    const made = cloud.create(DEVICE, device());
    expect(made["facilities"]).toEqual(["ny1"]);
    expect(planned(DEVICE, made, { metro: "NY", facilities: null }).planned).toEqual(made);
  });
});

describe("a BGP session", () => {
  const session = (of: Values, family = "ipv4"): Values => ({
    device_id: of["id"] ?? null,
    address_family: family,
  });

  test("belongs to a device and a family, once each", () => {
    const made = cloud.create(DEVICE, device());
    expect(cloud.create(SESSION, session(made))).toMatchObject({ default_route: false });
    expect(() => cloud.create(SESSION, session(made))).toThrow(/already has a BGP session for ipv4/);
    expect(cloud.create(SESSION, session(made, "ipv6"))).toMatchObject({ device_id: made["id"] });
    expect(cloud.create(SESSION, session(cloud.create(DEVICE, device())))).toMatchObject({
      status: "unknown",
    });
  });

  test("is gone with its device", () => {
    const made = cloud.create(DEVICE, device());
    const stored = cloud.create(SESSION, session(made));
    const isGone = equinix.resources[SESSION]?.isGone;
    expect(isGone?.(stored, cloud)).toBe(false);
    cloud.delete(DEVICE, made);
    expect(isGone?.(stored, cloud)).toBe(true);
  });

  test("needs a device, and a project that has BGP", () => {
    expect(() => cloud.create(SESSION, session({ id: "gone" }))).toThrow(new Refusal("404 Not found"));
    const silent = idOf(cloud.create(PROJECT, { name: "silent" }));
    const made = cloud.create(DEVICE, device({ project_id: silent }));
    expect(() => cloud.create(SESSION, session(made))).toThrow("BGP is not enabled");
  });

  test("of a family that is none is refused before anything is made", () => {
    const [problem] = cloud.validate(SESSION, { device_id: "id", address_family: "v4" });
    expect(problem).toMatchObject({ severity: "error", path: ["address_family"] });
  });

  test("is replaced by any change", () => {
    const made = cloud.create(SESSION, session(cloud.create(DEVICE, device())));
    expect(replacing(SESSION, made, { device_id: "other" })).toEqual(["device_id"]);
    expect(replacing(SESSION, made, { default_route: true })).toEqual(["default_route"]);
  });
});
