import { ownerTags } from "../../../../constructs/fleet/machine-names";
import { EQUINIX_POLICIES } from "../../../../constructs/providers/equinix/equinix-policies";
import { judge, policyObject } from "../../policies/policy-object";

test("a project with BGP has a password", () => {
  const project = (attributes: object) =>
    judge(EQUINIX_POLICIES, "equinix-bgp-password", policyObject("equinix_metal_project", { ...attributes }));
  const config = { deployment_type: "local", asn: 65_000 };
  expect(project({ bgp_config: [config] })).toEqual(["its bgp_config has no md5"]);
  expect(project({ bgp_config: [{ ...config, md5: "${var.password}" }] })).toEqual([]);
  expect(project({ bgp_config: { ...config, md5: "" } })).toHaveLength(1);
  expect(project({ bgp_config: { ...config, md5: "${var.password}" } })).toEqual([]);
  expect(project({})).toEqual([]);
});

test.each(["equinix_metal_project_api_key", "equinix_metal_user_api_key"])(
  "%s does not get into the state",
  (type) => {
    expect(judge(EQUINIX_POLICIES, "equinix-no-key-in-state", policyObject(type, {}))).toHaveLength(1);
  },
);

test("a device has the tags of its owner", () => {
  const device = (tags?: readonly string[]) =>
    judge(EQUINIX_POLICIES, "equinix-tags", policyObject("equinix_metal_device", { tags }));
  expect(device(ownerTags({ environment: "test", fleet: "equinix", site: "ny" }))).toEqual([]);
  expect(device(["environment:test", "fleet:equinix"])).toEqual(["it has no tag site, managed-by"]);
  expect(device()).toHaveLength(1);
});

test.each(["auth_token", "client_secret", "token"])(
  "the provider's block names no %s, but in the sandbox",
  (name) => {
    const block = (sandbox: boolean) =>
      judge(
        EQUINIX_POLICIES,
        "equinix-no-credentials-in-code",
        policyObject("provider.equinix", { [name]: "key" }),
        { sandbox },
      );
    expect(block(false)).toHaveLength(1);
    expect(block(true)).toEqual([]);
  },
);
