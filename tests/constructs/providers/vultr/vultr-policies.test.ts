import { ownerTags } from "../../../../constructs/fleet/machine-names";
import type { PolicyContext } from "../../../../constructs/policies/policy-rule";
import { VULTR_POLICIES } from "../../../../constructs/providers/vultr/vultr-policies";
import { judge, policyObject } from "../../policies/policy-object";

const open = { ip_type: "v4", protocol: "tcp", port: "22", subnet: "0.0.0.0", subnet_size: 0 };

function rule(changes: object, context?: Partial<PolicyContext>): readonly string[] {
  return judge(
    VULTR_POLICIES,
    "vultr-no-open-ssh",
    policyObject("vultr_firewall_rule", { ...open, ...changes }),
    context,
  );
}
const instance = (id: string, attributes: object): readonly string[] =>
  judge(VULTR_POLICIES, id, policyObject("vultr_instance", { ...attributes }));

describe("SSH open to the world", () => {
  test.each<[string, object]>([
    ["by its port", {}],
    ["in a range", { port: "20:25" }],
    ["with every port", { port: undefined }],
    ["with every port, said with nothing", { port: "" }],
    ["by its port as a number", { port: 22 }],
    ["by a port that only Terraform knows", { port: "${var.port}" }],
    ["in capitals", { protocol: "TCP" }],
    ["to half of the world", { subnet_size: 1 }],
    ["over IPv6", { ip_type: "v6", subnet: "::", subnet_size: 0 }],
  ])("is refused: %s", (_, changes) => {
    expect(rule(changes)).toEqual([expect.stringMatching(/^port 22 is open to /)]);
  });

  test.each<[string, object]>([
    ["another port", { port: "443" }],
    ["another port as a number", { port: 443 }],
    ["a range beside it", { port: "23:30" }],
    ["UDP", { protocol: "udp" }],
    ["a known network", { subnet: "198.51.100.0", subnet_size: 24 }],
  ])("is not %s", (_, changes) => {
    expect(rule(changes)).toEqual([]);
  });

  test("is a declared tunnel listener's right", () => {
    expect(rule({}, { listeners: [{ port: 22, protocol: "TCP", role: "tunnel" }] })).toEqual([]);
  });
});

test("an instance has a firewall", () => {
  expect(instance("vultr-firewall", { firewall_group_id: "${vultr_firewall_group.a.id}" })).toEqual([]);
  expect(instance("vultr-firewall", { firewall_group_id: "" })).toHaveLength(1);
  expect(instance("vultr-firewall", {})).toHaveLength(1);
  const metal = policyObject("vultr_bare_metal_server", {});
  expect(judge(VULTR_POLICIES, "vultr-firewall", metal)).toEqual(["Vultr has no firewall for bare metal"]);
  expect(judge(VULTR_POLICIES, "vultr-tags", metal)).toHaveLength(1);
});

test("a user's key does not get into the state", () => {
  expect(judge(VULTR_POLICIES, "vultr-no-key-in-state", policyObject("vultr_user", {}))).toHaveLength(1);
});

test("an instance has an owner", () => {
  expect(
    instance("vultr-tags", { tags: ownerTags({ environment: "test", fleet: "vultr", site: "ewr" }) }),
  ).toEqual([]);
  expect(instance("vultr-tags", { tags: ["environment:test", "fleet:vultr"] })).toEqual([
    "it has no tag site, managed-by",
  ]);
  expect(instance("vultr-tags", { tags: ["environment:test", "fleet:", "site:a", "managed-by:b"] })).toEqual([
    "it has no tag fleet",
  ]);
  expect(instance("vultr-tags", { tags: "${var.tags}" })).toHaveLength(1);
  expect(instance("vultr-tags", {})).toHaveLength(1);
});

test("the provider's block names no key, but in the sandbox", () => {
  const block = (sandbox: boolean) =>
    judge(
      VULTR_POLICIES,
      "vultr-no-credentials-in-code",
      policyObject("provider.vultr", { api_key: "key" }),
      { sandbox },
    );
  expect(block(false)).toHaveLength(1);
  expect(block(true)).toEqual([]);
});
