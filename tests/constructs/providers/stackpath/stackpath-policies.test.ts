import { STACKPATH_POLICIES } from "../../../../constructs/providers/stackpath/stackpath-policies";
import type { PolicyContext } from "../../../../constructs/policies/policy-rule";
import { judge, policyObject } from "../../policies/policy-object";

const world = { ip_block: [{ cidr: "0.0.0.0/0" }] };
const allow = { action: "ALLOW", protocol: { tcp: { destination_ports: ["22"] } }, from: world };

function ingress(rule: object, context?: Partial<PolicyContext>): readonly string[] {
  const object = policyObject("stackpath_compute_network_policy", { ingress: [rule] });
  return judge(STACKPATH_POLICIES, "stackpath-no-open-ssh", object, context);
}

describe("SSH open to the world", () => {
  test("is refused: by its port, in a range, with every port or every protocol, from everybody", () => {
    expect(ingress(allow)).toEqual(["port 22 is open to 0.0.0.0/0"]);
    for (const protocol of [
      { tcp: { destination_ports: ["443", "20-25"] } },
      { tcp: [{ destination_ports: ["22"] }] },
      { tcp: {} },
      { tcp: { destination_ports: [] } },
      [{ tcp: [{ destination_ports: ["22"] }] }],
      { tcp_udp: { destination_ports: ["22"] } },
      { tcp_udp: {}, tcp: { destination_ports: ["22"] } },
      { tcp: { destination_ports: ["${var.port}"] } },
      { tcp: { destination_ports: "${var.ports}" } },
      {},
    ]) {
      expect(ingress({ ...allow, protocol })).toHaveLength(1);
    }
    expect(ingress({ action: "ALLOW", from: world })).toHaveLength(1);
    for (const from of [undefined, {}, [{}], { ip_block: [] }]) {
      expect(ingress({ ...allow, from })).toEqual(["port 22 is open to everybody"]);
    }
    expect(ingress({ ...allow, action: "allow" })).toHaveLength(1);
    expect(
      ingress({ ...allow, from: [{ ip_block: [{ cidr: "10.0.0.0/8" }, { cidr: "0.0.0.0/1" }] }] }),
    ).toEqual(["port 22 is open to 0.0.0.0/1"]);
  });

  test("is not what is blocked, UDP, another port, or from a known network", () => {
    expect(ingress({ ...allow, action: "BLOCK" })).toEqual([]);
    expect(ingress({ ...allow, protocol: { udp: { destination_ports: ["22"] } } })).toEqual([]);
    expect(ingress({ ...allow, protocol: { tcp: { destination_ports: ["443", "2222"] } } })).toEqual([]);
    expect(
      ingress({ ...allow, from: { instance_selector: [{ key: "role", values: ["bastion"] }] } }),
    ).toEqual([]);
    expect(ingress({ ...allow, from: { ip_block: { cidr: "198.51.100.0/24" } } })).toEqual([]);
  });

  test("is a declared tunnel listener's right", () => {
    expect(ingress(allow, { listeners: [{ port: 22, protocol: "TCP", role: "tunnel" }] })).toEqual([]);
  });
});

test("a workload's port brings no policy that opens SSH", () => {
  const workload = (kind: string, port: object) =>
    judge(
      STACKPATH_POLICIES,
      "stackpath-no-open-ssh",
      policyObject("stackpath_compute_workload", { [kind]: { port: [port] } }),
    );
  for (const kind of ["virtual_machine", "container"]) {
    expect(workload(kind, { port: 22, enable_implicit_network_policy: true })).toHaveLength(1);
    expect(workload(kind, { port: 443, enable_implicit_network_policy: true })).toEqual([]);
    expect(workload(kind, { port: 22 })).toEqual([]);
  }
});

test("a workload has the label by which its firewall finds it", () => {
  const workload = (labels?: object) =>
    judge(
      STACKPATH_POLICIES,
      "stackpath-labels",
      policyObject("stackpath_compute_workload", labels === undefined ? {} : { labels }),
    );
  expect(workload({ "polycast-fleet": "test-stackpath" })).toEqual([]);
  expect(workload({ "polycast-fleet": "" })).toHaveLength(1);
  expect(workload({})).toHaveLength(1);
  expect(workload()).toHaveLength(1);
});

test("the provider's block names no secret, but in the sandbox", () => {
  const block = (attributes: object, sandbox: boolean) =>
    judge(
      STACKPATH_POLICIES,
      "stackpath-no-credentials-in-code",
      policyObject("provider.stackpath", { ...attributes }),
      { sandbox },
    );
  expect(block({ client_id: "a", client_secret: "b", stack_id: "c" }, false)).toHaveLength(2);
  expect(block({ client_secret: "hunter2" }, false).join()).not.toContain("hunter2");
  expect(block({ stack_id: "c" }, false)).toEqual([]);
  expect(block({ client_id: "sandbox" }, true)).toEqual([]);
});
