import { planDeployment } from "../../live/deployment";
import { readSecrets } from "../../live/read-secrets";
import type { RotationStep } from "../../live/rotation-record";
import { stackpathFleet, testEnvironment } from "../environment-for-tests";
import { MANIFEST } from "../synthesize";

const key = (slot: "a" | "b", status: "Active" | "Inactive") => ({
  type: "aws_iam_access_key",
  name: `log-access_slot-${slot}_0123ABCD`,
  instances: [{ attributes: { id: `key-${slot}`, status } }],
});
/** Nodes have the key in b; that in a is switched off. */
const APPLIED = {
  outputs: { log_secret_id: { value: "key-b" } },
  resources: [key("a", "Inactive"), key("b", "Active")],
};

async function read(recorded: RotationStep | string, keeps: boolean, state: unknown = APPLIED) {
  const environment = testEnvironment({ fleets: [stackpathFleet()] });
  const record = { version: 1 as const, environment: environment.name, fleets: {} };
  const since = "2026-01-01T00:00:00Z";
  const text =
    typeof recorded === "string"
      ? recorded
      : JSON.stringify({ version: 1, fleet: "stackpath", ...recorded, since });
  const store = {
    objects: { read: () => Promise.resolve({ text, source: "secrets/stackpath", version: "1" }) } as never,
    readState: () => Promise.resolve(state),
  };
  const [read] = await readSecrets(planDeployment(environment, MANIFEST, record), store, () => keeps);
  return read;
}

test("a plan gives nodes what is recorded, and none that would take away what they have", async () => {
  expect(await read({ given: "b", phase: "settled" }, false)).toMatchObject({
    slots: { given: "b", other: "absent" },
  });
  await expect(read({ given: "a", phase: "settled" }, false)).rejects.toThrow(
    /would end the secret that the nodes have/,
  );
});

test.each<[string, RotationStep | string]>([
  ["two steps back, neither of them deployed", { given: "a", phase: "created" }],
  ["an end of the secret that they have", { given: "a", phase: "settled" }],
  ["nothing that could be read", "{"],
])("a plan without the identity gives them what they have, whatever is recorded: %s", async (_, recorded) => {
  expect(await read(recorded, true)).toMatchObject({
    slots: { given: "b", other: "inactive" },
    keepsIdentity: true,
  });
});

test("an identity that was never made cannot be left out", async () => {
  await expect(read({ given: "a", phase: "settled" }, true, {})).rejects.toThrow(/has no identity yet/);
});
