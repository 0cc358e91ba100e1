import { Refusal, type Values } from "../../../../constructs/fleet/simulation";
import { vultr } from "../../../../constructs/providers/vultr/simulation";
import { SimulatedCloud } from "../../simulated-cloud";

const INSTANCE = "vultr_instance";
const RULE = "vultr_firewall_rule";
const SNAPSHOT_ID = "11111111-2222-3333-4444-555555555555";

const instance = (changes: Values = {}): Values => ({
  region: "ewr",
  plan: "vc2-2c-4gb",
  snapshot_id: SNAPSHOT_ID,
  hostname: "edge-1",
  ...changes,
});
const rule = (group: string, changes: Values = {}): Values => ({
  firewall_group_id: group,
  ip_type: "v4",
  protocol: "tcp",
  subnet: "0.0.0.0",
  subnet_size: 0,
  port: "443",
  ...changes,
});

let cloud: SimulatedCloud;
beforeEach(() => {
  cloud = new SimulatedCloud(vultr, { api_key: "key" });
});
const idOf = ({ id }: Values): string => (typeof id === "string" ? id : "");

describe("an instance", () => {
  test("runs when it is made, and has what its plan has", () => {
    expect(cloud.create(INSTANCE, instance())).toMatchObject({
      status: "active",
      power_status: "running",
      os: "Snapshot",
      vcpu_count: 2,
      ram: 4096,
      v6_main_ip: "",
    });
    const bigger = cloud.create(INSTANCE, instance({ plan: "voc-c-8c-16gb-150s-amd", enable_ipv6: true }));
    expect(bigger).toMatchObject({
      vcpu_count: 8,
      ram: 16_384,
      disk: 150,
      features: ["ipv6"],
      v6_network_size: 64,
    });
    expect(bigger["v6_main_ip"]).not.toBe("");
  });

  test("takes twenty seconds, a snapshot ten: the plugin's own waits", () => {
    expect(vultr.resources[INSTANCE]?.waitSeconds).toEqual({ create: 20 });
    expect(vultr.resources["vultr_snapshot"]?.waitSeconds).toEqual({ create: 10 });
  });

  test("has addresses of its own, which a change leaves alone", () => {
    const [one, other] = [
      cloud.create(INSTANCE, instance()),
      cloud.create(INSTANCE, instance({ enable_ipv6: true })),
    ];
    expect(one["main_ip"]).not.toBe(other["main_ip"]);
    const changed = cloud.update(INSTANCE, other, { label: "b", plan: "vc2-4c-8gb" });
    for (const name of ["id", "main_ip", "v6_main_ip", "hostname", "date_created"]) {
      expect(changed[name]).toBe(other[name]);
    }
    expect(changed).toMatchObject({ label: "b", vcpu_count: 4, ram: 8192 });
  });

  test.each<[string, Values, string]>([
    ["nothing", { snapshot_id: null }, "error occurred while getting your intended os type"],
    ["a snapshot and an OS", { os_id: 2136 }, "Please do not set snapshot_id with os_id"],
    [
      "a snapshot and an image",
      { image_id: "image" },
      "too many options have been selected : [snapshot_id image_id] : please select one",
    ],
    [
      "what is no UUID",
      { snapshot_id: "5c35fb3a74873" },
      'error creating server: {"error":"Invalid UUID format.","status":400}',
    ],
    [
      "a plan that is none",
      { plan: "large" },
      'error creating server: {"error":"Invalid plan chosen.","status":400}',
    ],
  ])("of %s is refused", (_, changes, message) => {
    expect(() => cloud.create(INSTANCE, instance(changes))).toThrow(new Refusal(message));
    expect(cloud.list(INSTANCE)).toEqual([]);
  });

  test("of a snapshot that is gone is refused; one made of an instance is there", () => {
    const made = cloud.create(INSTANCE, instance());
    const snapshot = cloud.create("vultr_snapshot", { instance_id: idOf(made) });
    cloud.imageExists = () => false;
    expect(() => cloud.create(INSTANCE, instance())).toThrow(/Invalid snapshot/);
    expect(cloud.create(INSTANCE, instance({ snapshot_id: idOf(snapshot) }))).toMatchObject({
      status: "active",
    });
  });
});

describe("a snapshot", () => {
  test("is complete when it is made", () => {
    const made = cloud.create(INSTANCE, instance());
    expect(cloud.create("vultr_snapshot", { instance_id: idOf(made) })).toMatchObject({
      status: "complete",
      description: "",
      os_id: 164,
    });
  });

  test("of no instance is refused", () => {
    expect(() => cloud.create("vultr_snapshot", { instance_id: "gone" })).toThrow(Refusal);
  });
});

describe("the firewall", () => {
  test("has numbers for its rules, and takes them along when its group goes", () => {
    const [group, other] = ["a", "b"].map((description) =>
      cloud.create("vultr_firewall_group", { description }),
    );
    const groupId = idOf(group ?? {});
    expect(cloud.create(RULE, rule(groupId))["id"]).toBe("1");
    expect(cloud.create(RULE, rule(idOf(other ?? {})))["id"]).toBe("2");
    cloud.delete("vultr_firewall_group", group ?? {});
    expect(cloud.list(RULE).map(({ id }) => id)).toEqual(["2"]);
    expect(cloud.create(RULE, rule(groupId))["id"]).toBe("1");
  });

  test.each<[string, Values]>([
    ["subnet", { subnet: "0.0.0.0/0" }],
    ["ip_type", { ip_type: "v5" }],
    ["protocol", { protocol: "TCP" }],
  ])("refuses a rule with a wrong %s before anything is made", (name, changes) => {
    const [problem, ...others] = cloud.validate(RULE, rule("group", changes));
    expect(problem).toMatchObject({ severity: "error", path: [name] });
    expect(others).toEqual([]);
  });

  test("takes a good rule", () => {
    expect(cloud.validate(RULE, rule("group"))).toEqual([]);
    expect(cloud.validate(RULE, rule("group", { ip_type: "v6", subnet: "::" }))).toEqual([]);
  });

  test("finds a rule to import by its group and number", () => {
    const made = cloud.create(RULE, rule("group"));
    const find = vultr.resources[RULE]?.find;
    expect(find?.(`group,${idOf(made)}`, cloud)?.id).toBe("1");
    expect(find?.("other,1", cloud)).toBeUndefined();
    expect(() => find?.("1", cloud)).toThrow('expected "firewallGroupID,firewallRuleID"');
  });
});

describe("what a fleet has no use for is there for its plugin's sake", () => {
  test("reserved addresses, each another one", () => {
    const make = (type: string) =>
      cloud.create("vultr_reserved_ip", { region: "ewr", ip_type: type }) as {
        subnet: string;
        subnet_size: number;
      };
    const [one, two, six] = [make("v4"), make("v4"), make("v6")];
    expect(one.subnet).not.toBe(two.subnet);
    expect([one.subnet_size, six.subnet_size]).toEqual([32, 64]);
    expect(six.subnet).toContain("::");
  });

  test("startup scripts, in base64", () => {
    const script = (text: string): Values => ({ name: "s", script: text });
    expect(cloud.validate("vultr_startup_script", script("ZWNobyBoaQ=="))).toEqual([]);
    expect(cloud.validate("vultr_startup_script", script("echo hi"))).toMatchObject([{ path: ["script"] }]);
    expect(cloud.create("vultr_startup_script", script("ZWNobyBoaQ=="))).toMatchObject({ type: "boot" });
  });
});
