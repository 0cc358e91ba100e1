import { Refusal, UNKNOWN, type Value, type Values } from "../../../../constructs/fleet/simulation";
import { stackpath } from "../../../../constructs/providers/stackpath/simulation";
import { SimulatedCloud } from "../../simulated-cloud";

const WORKLOAD = "stackpath_compute_workload";
const POLICY = "stackpath_compute_network_policy";
const REQUEST = "anycast.platform.stackpath.net";
const RESULT = "anycast.platform.stackpath.net/subnets";

const target = (name: string, replicas: number, ...cities: string[]): Values => ({
  name,
  min_replicas: replicas,
  max_replicas: null,
  deployment_scope: "cityCode",
  scale_settings: [],
  selector: [{ key: "cityCode", operator: "in", values: cities }],
});

const workload = (rest: Values = {}): Values => ({
  name: "edge",
  slug: "edge",
  annotations: { [REQUEST]: "true" },
  network_interface: [{ network: "default" }],
  target: [target("eu", 1, "AMS")],
  ...rest,
});

const names = (object: Values): Value[] => (object["instances"] as Values[]).map(({ name }) => name ?? null);

describe("the simulated StackPath", () => {
  let cloud: SimulatedCloud;
  beforeEach(() => {
    cloud = new SimulatedCloud(stackpath);
  });

  describe("a workload", () => {
    test("gets an id, a version and the plugin's defaults", () => {
      expect(cloud.create(WORKLOAD, workload())).toMatchObject({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        version: "1",
        network_interface: [
          { network: "default", enable_one_to_one_nat: true, ip_families: ["IPv4"], assignments: [] },
        ],
      });
    });

    test("that asks for it gets an anycast address of its own, and keeps it until it is deleted", () => {
      const addressOf = (object: Values): Value | undefined => (object["annotations"] as Values)[RESULT];
      const first = cloud.create(WORKLOAD, workload());
      const second = cloud.create(WORKLOAD, workload({ slug: "other" }));
      expect([addressOf(first), addressOf(second)]).toEqual(["203.0.113.1/32", "203.0.113.2/32"]);

      const changed = cloud.update(WORKLOAD, first, { annotations: {}, name: "renamed" });
      expect(changed).toMatchObject({
        version: "2",
        name: "renamed",
        annotations: { [RESULT]: "203.0.113.1/32" },
      });

      cloud.delete(WORKLOAD, changed);
      expect(addressOf(cloud.create(WORKLOAD, workload({ slug: "third" })))).toBe("203.0.113.1/32");
    });

    test("that does not ask gets none, not even later", () => {
      const object = cloud.create(WORKLOAD, workload({ annotations: { [REQUEST]: "false" } }));
      expect(object["annotations"]).toEqual({ [REQUEST]: "false" });
      const changed = cloud.update(WORKLOAD, object, { annotations: { [REQUEST]: "true" } });
      expect(changed["annotations"]).toEqual({ [REQUEST]: "true" });
    });

    test("has one instance per city and replica, by target", () => {
      const object = cloud.create(
        WORKLOAD,
        workload({ target: [target("na", 2, "SEA", "DFW"), target("eu", 1, "AMS")] }),
      );
      expect(names(object)).toEqual([
        "edge-eu-ams-0",
        "edge-na-sea-0",
        "edge-na-sea-1",
        "edge-na-dfw-0",
        "edge-na-dfw-1",
      ]);
      expect(object["instances"]).toMatchObject([
        { phase: "RUNNING", ip_address: "10.128.0.2", external_ip_address: "198.18.0.2" },
        {},
        {},
        {},
        {},
      ]);
    });

    test("keeps the addresses of the instances that stay", () => {
      const object = cloud.create(
        WORKLOAD,
        workload({ target: [target("eu", 1, "AMS"), target("na", 1, "SEA")] }),
      );
      const [, sea] = object["instances"] as Values[];
      const changed = cloud.update(WORKLOAD, object, { target: [target("na", 2, "SEA")] });
      expect(names(changed)).toEqual(["edge-na-sea-0", "edge-na-sea-1"]);
      const [kept, added] = changed["instances"] as Values[];
      expect(kept).toEqual(sea);
      expect(added?.["ip_address"]).not.toBe(sea?.["ip_address"]);
    });

    test("shows protocol and scheme in upper case, and of the resources only cpu and memory", () => {
      const machine = {
        name: "edge",
        image: "acme/edge:1",
        port: [{ name: "https", port: 443 }],
        readiness_probe: [{ http_get: [{ port: 8080 }], success_threshold: 1, failure_threshold: 1 }],
        liveness_probe: [],
        resources: [{ requests: { cpu: "2", memory: "4Gi", gpu: "1" } }],
        volume_mount: [],
      };
      expect(
        cloud.create(WORKLOAD, workload({ virtual_machine: [machine] }))["virtual_machine"],
      ).toMatchObject([
        {
          port: [{ port: 443, protocol: "TCP" }],
          readiness_probe: [{ http_get: [{ scheme: "HTTP", path: "/" }] }],
          resources: [{ requests: { cpu: "2", memory: "4Gi" } }],
        },
      ]);
    });

    test("needs a slug that is free", () => {
      cloud.create(WORKLOAD, workload());
      const again = (): unknown => cloud.create(WORKLOAD, workload({ name: "other" }));
      expect(again).toThrow(Refusal);
      expect(again).toThrow(
        'failed to create compute workload: a 409 error was returned from StackPath: "slug edge is already in use"',
      );
    });

    test("needs an image that exists, where somebody knows the images", () => {
      const machine = (image: string): Values => ({
        virtual_machine: [{ name: "edge", image, resources: [{ requests: {} }] }],
      });
      cloud.imageExists = (image) => image === "acme/edge:r1";
      const object = cloud.create(WORKLOAD, workload(machine("acme/edge:r1")));
      expect(() => cloud.update(WORKLOAD, object, machine("acme/edge:r9"))).toThrow(
        'failed to update compute workload: a 400 error was returned from StackPath: "image acme/edge:r9 does not exist"',
      );
      expect(cloud.read(WORKLOAD, object["id"])).toEqual(object);
      const other = (image: string) => () =>
        cloud.create(WORKLOAD, workload({ slug: "other", ...machine(image) }));
      expect(other("acme/edge:r9")).toThrow("failed to create compute workload: a 400 error");
      expect(cloud.list(WORKLOAD)).toHaveLength(1);
      cloud.imageExists = () => true;
      expect(other("acme/edge:r9")).not.toThrow();
    });

    test("may start from any of StackPath's own images", () => {
      cloud.imageExists = () => false;
      const image = "stackpath-edge/ubuntu-2204-jammy:v202204272102";
      const machine = { virtual_machine: [{ name: "builder", image, resources: [{ requests: {} }] }] };
      expect(() => cloud.create(WORKLOAD, workload(machine))).not.toThrow();
    });

    test("cannot be of containers and of a virtual machine", () => {
      const problems = cloud.validate(
        WORKLOAD,
        workload({ container: [{ name: "c" }], virtual_machine: [{ name: "v" }] }),
      );
      expect(problems.map(({ detail }) => detail)).toEqual([
        '"container": conflicts with virtual_machine',
        '"virtual_machine": conflicts with container',
      ]);
    });
  });

  describe("differences of annotations", () => {
    const suppress = stackpath.resources[WORKLOAD]?.suppress?.["annotations"];
    const suppressed = (given: Value, old: Values | null): boolean | undefined =>
      suppress?.(
        { path: ["annotations", "#"], old: "", new: "" },
        {
          type: WORKLOAD,
          config: { annotations: given },
          prior: old === null ? null : { annotations: old },
          provider: {},
        },
      );

    test.each<[string, Value, Values | null, boolean]>([
      ["what the server added does not count", { a: "1" }, { a: "1", [RESULT]: "192.0.2.1/32" }, true],
      ["nothing changed", { a: "1" }, { a: "1" }, true],
      ["a changed one counts", { a: "2" }, { a: "1", [RESULT]: "192.0.2.1/32" }, false],
      ["a removed one counts", {}, { a: "1" }, false],
      ["an added one counts", { a: "1" }, {}, false],
      ["on create all count", { a: "1" }, null, false],
      ["unknown ones count", UNKNOWN, { a: "1" }, false],
    ])("%s", (_, given, old, expected) => {
      expect(suppressed(given, old)).toBe(expected);
    });
  });

  describe("a network policy", () => {
    const policy = (cidr: Value, protocol: Values = {}): Values => ({
      name: "edge",
      slug: "edge",
      priority: 1,
      policy_types: ["INGRESS"],
      ingress: [
        { action: "ALLOW", protocol: [protocol], from: [{ ip_block: [{ cidr, except: ["10.0.0.0/33"] }] }] },
      ],
    });

    test("needs blocks of addresses, wherever they stand", () => {
      const found = cloud.validate(POLICY, policy("0.0.0.0"));
      expect(found).toEqual([
        {
          severity: "error",
          summary: "invalid CIDR address: 0.0.0.0",
          path: ["ingress", 0, "from", 0, "ip_block", 0, "cidr"],
        },
        {
          severity: "error",
          summary: "invalid CIDR address: 10.0.0.0/33",
          path: ["ingress", 0, "from", 0, "ip_block", 0, "except", 0],
        },
      ]);
    });

    test.each(["0.0.0.0/0", "10.1.2.3/32", "::/0", "2001:db8::/128"])("%s is one", (cidr) => {
      expect(cloud.validate(POLICY, policy(cidr))).toHaveLength(1);
    });

    test("unknown blocks pass", () => {
      expect(cloud.validate(POLICY, policy(UNKNOWN))).toHaveLength(1);
    });

    test("is numbered, and its slug is free of the workloads'", () => {
      cloud.create(WORKLOAD, workload());
      const object = cloud.create(POLICY, policy("0.0.0.0/0"));
      expect(object).toMatchObject({ version: "1", description: "" });
      expect(cloud.update(POLICY, object, { priority: 2 })).toMatchObject({
        id: object["id"],
        version: "2",
        priority: 2,
      });
      expect(() => cloud.create(POLICY, policy("0.0.0.0/0"))).toThrow(
        "failed to create network policy: a 409 error",
      );
    });

    test("loses a protocol without options", () => {
      const object = cloud.create(
        POLICY,
        policy("0.0.0.0/0", { icmp: [{}], tcp: [{ destination_ports: ["443"] }] }),
      );
      expect(object["ingress"]).toMatchObject([
        { protocol: [{ icmp: [], tcp: [{ destination_ports: ["443"] }] }] },
      ]);
    });

    test("reads labels and annotations as empty where there are none", () => {
      const { id } = cloud.create(POLICY, policy("0.0.0.0/0"));
      expect(cloud.read(POLICY, id)).toMatchObject({ labels: {}, annotations: {} });
    });
  });

  test.each<[string, Values, string[]]>([
    [
      "nothing",
      { stack_id: null, client_id: null, client_secret: null, access_token: null },
      ["stack_id", "client_id", "client_secret"],
    ],
    [
      "no secret",
      { stack_id: "s", client_id: "c", client_secret: "", access_token: null },
      ["client_secret"],
    ],
    [
      "a client and its secret",
      { stack_id: "s", client_id: "c", client_secret: "x", access_token: null },
      [],
    ],
    ["a token", { stack_id: "s", client_id: null, client_secret: null, access_token: "t" }, []],
    [
      "what is not known yet",
      { stack_id: UNKNOWN, client_id: null, client_secret: null, access_token: UNKNOWN },
      [],
    ],
  ])("credentials: %s", (_, config, missing) => {
    expect(stackpath.configure?.(config)).toEqual(
      missing.map((name) => ({
        severity: "error",
        summary: "Missing required argument",
        detail: `The argument "${name}" is required, but was not set.`,
      })),
    );
  });
});
