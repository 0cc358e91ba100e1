import { parse } from "yaml";
import type { Environment } from "../../../constructs/fleet/environment";
import { checkEnvironment } from "../../../constructs/fleet/check-environment";
import { fleetsWithSecrets } from "../../../constructs/fleet/secrets-in-state";
import { checkForm } from "../../../constructs/fleet/environment-form";
import { JOIN_TOKEN_FILE, NODE_FILE, nodeFileSchema } from "../../../constructs/fleet/node-file";
import { awsFleet, testEnvironment } from "../../environment-for-tests";
import { only, synthesize, type StackJson } from "../../synthesize";
import { AUTHORITY, END_ENTITY } from "../secrets/certificates";

const stackOf = (changes: Partial<Environment>) =>
  synthesize(testEnvironment({ fleets: [awsFleet()], ...changes }))["aws-fleet"] as StackJson & {
    variable?: Record<string, { sensitive: boolean }>;
    locals?: Record<string, string>;
  };
const userDataOf = (stack: StackJson): string => String(only(stack, "aws_launch_template")["user_data"]);
const filesOf = (userData: string) =>
  (parse(userData) as { write_files: { path: string; permissions: string; content: string }[] }).write_files;

test("nodes are told which certificates to trust, each by what its node file says", () => {
  const text = Buffer.from(userDataOf(stackOf({ controlPlaneCa: AUTHORITY })), "base64").toString();
  const file = filesOf(text).find(({ path }) => path === NODE_FILE);
  expect(nodeFileSchema.parse(JSON.parse(file?.content ?? "")).controlPlaneCa).toBe(AUTHORITY);
  expect(Buffer.from(userDataOf(stackOf({})), "base64").toString()).not.toContain("controlPlaneCa");
});

test("a join token is a variable of its fleet's stack, and lies in a file for root alone", () => {
  const stack = stackOf({ controlPlaneJoinToken: true });
  expect(stack.variable?.["join_token_aws"]).toMatchObject({ sensitive: true, nullable: false });
  // Terraform makes base64 of the whole, and of the token in it.
  expect(userDataOf(stack)).toMatch(/^\$\{base64encode\(local\.[\w-]+\)\}$/);
  const text = Object.values(stack.locals ?? {}).find((each) => each.startsWith("#cloud-config"));
  expect(text).toContain(JOIN_TOKEN_FILE);
  expect(text).toContain("base64encode(");
  expect(text).toContain("var.join_token_aws");
  expect(text).toContain("0600");
  expect(stackOf({}).variable).toBeUndefined();
});

test("with join tokens every fleet's state holds a secret", () => {
  const environment = testEnvironment({ fleets: [awsFleet()], controlPlaneJoinToken: true });
  expect(fleetsWithSecrets(environment).map(({ name }) => name)).toEqual(["aws"]);
  expect(fleetsWithSecrets(testEnvironment({ fleets: [awsFleet()] }))).toEqual([]);
});

test.each([
  ["none", "controlPlaneCa: holds no certificate"],
  [END_ENTITY, "is not a certificate of an authority"],
  [`${AUTHORITY}-----BEGIN EC PRIVATE KEY-----`, "controlPlaneCa: contains a private key"],
])("what is no certificate of an authority is refused: %.20s", (controlPlaneCa, expected) => {
  const problems = checkEnvironment(
    testEnvironment({ fleets: [awsFleet()], controlPlaneCa }),
    () => undefined,
  );
  expect(problems.map(({ where, what }) => `${where}: ${what}`).join()).toContain(expected);
});

test("both keys have a form", () => {
  const handmade = { ...testEnvironment(), controlPlaneCa: 1, controlPlaneJoinToken: "yes" };
  expect(checkForm(handmade).map(({ where }) => where)).toEqual(["controlPlaneCa", "controlPlaneJoinToken"]);
});
