import { stackpathFleet, testEnvironment } from "../../../environment-for-tests";
import { only, synthesize, type StackJson, type Values } from "../../../synthesize";

function fleet(
  changes: Parameters<typeof stackpathFleet>[0] = {},
  environment: Parameters<typeof testEnvironment>[0] = {},
) {
  return synthesize(testEnvironment({ fleets: [stackpathFleet(changes)], ...environment }))[
    "stackpath-fleet"
  ] as StackJson;
}

const plain = fleet({
  sites: {
    SEA: { nodes: 2 },
    europe: { nodes: { min: 2, max: 6, cpuPercent: 60 }, locations: ["AMS", "FRA"] },
  },
});
const workload = only(plain, "stackpath_compute_workload");
const machine = workload["virtual_machine"] as Values;

describe("the workload", () => {
  test("asks for an anycast address", () => {
    expect(workload["annotations"]).toEqual({ "anycast.platform.stackpath.net": "true" });
  });

  test("has a target a site, with replicas counted per city", () => {
    expect(workload["target"]).toEqual([
      {
        name: "sea",
        min_replicas: 2,
        max_replicas: 2,
        selector: [{ key: "cityCode", operator: "in", values: ["SEA"] }],
      },
      {
        name: "europe",
        min_replicas: 1,
        max_replicas: 3,
        scale_settings: { metrics: [{ metric: "cpu", average_utilization: 60 }] },
        selector: [{ key: "cityCode", operator: "in", values: ["AMS", "FRA"] }],
      },
    ]);
  });

  test("runs the release's image in the size asked for", () => {
    expect(machine["image"]).toBe("polycast-sandbox/edge-node:r1");
    expect(machine["resources"]).toEqual({ requests: { cpu: "2", memory: "4Gi" } });
  });

  test("is ready by the health check, and lives while its proxy accepts connections", () => {
    expect(machine["readiness_probe"]).toMatchObject({
      http_get: { path: "/healthz", port: 8080, scheme: "HTTP" },
      period_seconds: 10,
      failure_threshold: 3,
    });
    expect(machine["liveness_probe"]).toMatchObject({ tcp_socket: { port: 443 } });
    const udpOnly = fleet({}, { listeners: [{ port: 53, protocol: "UDP" }] });
    const { liveness_probe: probe } = only(udpOnly, "stackpath_compute_workload")[
      "virtual_machine"
    ] as Values;
    expect(probe).toMatchObject({ http_get: { port: 8080 } });
  });

  test("tells its nodes how to find their site in their host's name", () => {
    // What Terraform makes of the secret file is not known yet.
    const text = String(machine["user_data"]).replace(/\$\{base64encode\([^]*?\)\}/, "");
    const [, body = ""] = text.split("\n");
    const { write_files: files } = JSON.parse(body) as { write_files: { content: string }[] };
    const { site } = JSON.parse(files[0]?.content ?? "") as {
      site: { hostnamePattern: string; byLocation: Record<string, string> };
    };
    const siteOf = (host: string) => site.byLocation[new RegExp(site.hostnamePattern).exec(host)?.[1] ?? ""];
    expect(siteOf("test-stackpath-sea-sea-0")).toBe("SEA");
    expect(siteOf("test-stackpath-europe-fra-12")).toBe("europe");
    expect(siteOf("somewhere-else")).toBeUndefined();
  });

  test("has a volume for logs only when asked", () => {
    expect(workload["volume_claim"]).toBeUndefined();
    const stack = fleet({ logVolumeGiB: 20 });
    expect(only(stack, "stackpath_compute_workload")["volume_claim"]).toEqual([
      { name: "logs", slug: "logs", resources: { requests: { storage: "20Gi" } } },
    ]);
    expect(only(stack, "stackpath_compute_workload")["virtual_machine"]).toMatchObject({
      volume_mount: [{ slug: "logs", mount_path: "/var/log" }],
    });
  });

  test("cannot be destroyed by a plan where addresses are protected", () => {
    const guard = (protect: boolean) =>
      only(fleet({}, { protect }), "stackpath_compute_workload")["lifecycle"] as Values;
    expect(guard(true)["prevent_destroy"]).toBe(true);
    expect(guard(false)["prevent_destroy"]).toBe(false);
  });
});

describe("the network policy", () => {
  const policy = only(
    fleet(
      {},
      {
        listeners: [
          { port: 443, protocol: "TCP" },
          { port: 443, protocol: "UDP" },
        ],
      },
    ),
    "stackpath_compute_network_policy",
  );

  test("lets everybody reach the listeners, and nothing else", () => {
    const open = (policy["ingress"] as Values[]).map(({ protocol, from }) => ({ protocol, from }));
    const everybody = { ip_block: [{ cidr: "0.0.0.0/0" }] };
    expect(open).toEqual([
      { protocol: { tcp: { destination_ports: ["443"] } }, from: everybody },
      { protocol: { udp: { destination_ports: ["443"] } }, from: everybody },
    ]);
  });

  test("is for this fleet's nodes", () => {
    const [selector] = policy["instance_selector"] as Values[];
    expect(selector?.["values"]).toEqual([(workload["labels"] as Values)["polycast-fleet"]]);
  });
});

describe("the sandbox", () => {
  test("has credentials and an address that open nothing", () => {
    expect(plain.provider["stackpath"]).toEqual([
      {
        stack_id: "sandbox",
        client_id: "sandbox",
        client_secret: "sandbox",
        base_url: "https://127.0.0.1:9",
      },
    ]);
  });

  test("is the only environment with credentials in its provider block", () => {
    const state = { kind: "s3", bucket: "some-state", region: "us-east-1" } as const;
    expect(fleet({}, { sandbox: false, state }).provider["stackpath"]).toEqual([{}]);
  });
});
