import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { refuseDuringRollout } from "../../../cli/fleet/retire";
import { changeRollout, withRollout } from "../../../cli/rollout/rollout-store";
import { fileLiveStore } from "../../../live/file-live-store";
import { command } from "../../../rollout/command";
import { startRollout } from "../../../rollout/rollout-state";
import { testEnvironment } from "../../environment-for-tests";
import { modelPlan } from "../../rollout/model";

const PLAN = modelPlan(2, "parts");
const directory = mkdtempSync(path.join(tmpdir(), "polycast-retire-"));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

test("a retirement neither begins nor goes on while a rollout has not ended", async () => {
  const live = fileLiveStore(PLAN.environment, directory);
  const scene = { fleet: "a", live, listed: testEnvironment({ name: PLAN.environment }) };
  const refusal = () =>
    refuseDuringRollout(scene).then(
      () => undefined,
      (error: unknown) => String(error),
    );
  expect(await refusal()).toBeUndefined();

  const rollout = startRollout(undefined, PLAN, { id: "r9-ab12", at: 100, by: "ann" });
  await withRollout(live.objects, PLAN.environment, "test", (store) => store.write(rollout, undefined));
  expect(await refusal()).toMatch(
    /The retirement of a does not go on[^]*the rollout r9-ab12 of release "\w+" has not ended[^]*abandon it/,
  );

  const word = { at: 200, by: "ben", why: "enough" };
  const change = (kind: "pause" | "abandon") =>
    changeRollout(live.objects, PLAN.environment, (state) => command(state, { kind }, word));
  await change("pause");
  expect(await refusal()).toContain("has not ended");
  await change("abandon");
  expect(await refusal()).toBeUndefined();
});
