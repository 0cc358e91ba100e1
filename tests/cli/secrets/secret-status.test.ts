import { reportSecrets } from "../../../cli/secrets/secret-status";
import { PolycastError } from "../../../constructs/fleet/problem";
import { cloudwatch } from "../../../constructs/management/cloudwatch/cloudwatch";
import type { ManagementPlane } from "../../../constructs/management/management-plane";
import { ssmActivation } from "../../../constructs/secrets/ssm-activation";
import { staticKey } from "../../../constructs/secrets/static-key";
import { stackpathFleet, testEnvironment } from "../../environment-for-tests";

const ENDS = "2026-12-20T00:00:00Z";
const DAY = 24 * 3600 * 1000;
const state = {
  outputs: { log_secret_id: { value: "activation-1" } },
  resources: [
    {
      type: "aws_ssm_activation",
      name: "log-access_slot-a_0123ABCD",
      instances: [{ attributes: { id: "activation-1", activation_code: "c4n4ry", expiration_date: ENDS } }],
    },
  ],
};

let told: unknown[];
const tell: ManagementPlane["report"] = (...args) => {
  told.push(args);
  return Promise.resolve();
};
const activation = ssmActivation({ region: "us-east-1" });
const deployed: unknown = state;
function statusAt(daysBefore: number, { applied = deployed, report = tell, logs = activation } = {}) {
  told = [];
  const environment = {
    ...testEnvironment({ sandbox: false, fleets: [stackpathFleet({ logs })] }),
    management: { ...cloudwatch({ region: "us-east-1", notify: ["ops@example.net"] }), report },
  };
  const store = {
    objects: { read: () => Promise.resolve(undefined) } as never,
    readState: () => Promise.resolve(applied),
  };
  return reportSecrets(environment, store, Date.parse(ENDS) - daysBefore * DAY, {});
}

test.each([
  [11, false],
  [9, true],
  [-1, true],
])("an activation %d days before its end: due is %p, and whoever watches is told", async (days, due) => {
  const { fleets, untold } = await statusAt(days);
  expect(fleets).toEqual([expect.objectContaining({ fleet: "stackpath", secretId: "activation-1", due })]);
  expect(told).toEqual([["test", "secrets-due", due ? 1 : 0]]);
  expect(untold).toBeUndefined();
  expect(JSON.stringify(fleets)).not.toContain("c4n4ry");
});

test("one whose end nobody can tell is due", async () => {
  const unknown = (expiration_date?: string) => ({
    ...state,
    resources: state.resources.map((each) => ({
      ...each,
      instances: [{ attributes: { id: "activation-1", expiration_date } }],
    })),
  });
  for (const end of [undefined, "", "soon"]) {
    expect((await statusAt(11, { applied: unknown(end) })).fleets[0]?.due).toBe(true);
  }
});

test("one that was never deployed is not due", async () => {
  expect((await statusAt(9, { applied: {} })).fleets[0]?.due).toBe(false);
});

test("where no secret ends there is nothing to tell", async () => {
  expect(await statusAt(9, { logs: staticKey({ region: "us-east-1" }) })).toMatchObject({
    untold: undefined,
  });
  expect(told).toEqual([]);
});

test("that nobody could be told is said, and hides nothing", async () => {
  const report = () => Promise.reject(new PolycastError("CloudWatch was not told"));
  const { fleets, untold } = await statusAt(9, { report });
  expect(fleets[0]?.due).toBe(true);
  expect(untold).toBe("CloudWatch was not told");
});
