import { describePromotion } from "../../../cli/image/promote";
import { emptyManifest } from "../../../constructs/image/release-manifest";
import { testEnvironment } from "../../environment-for-tests";

const shelf = { environment: testEnvironment() };
const before = emptyManifest("edge-node");
const after = { ...before, channels: { candidate: "r9" } };

test("a promotion says what to commit", () => {
  const told = describePromotion(
    shelf,
    before,
    { release: "r9", isNew: false, manifest: after },
    "candidate",
  );
  expect(told).toMatch(
    /candidate leads to r9\. Nothing was deployed\.\nCommit it and let it be reviewed: git add /,
  );
});

test("one that changed nothing sends nobody to commit", () => {
  const told = describePromotion(
    shelf,
    after,
    { release: "r9", isNew: false, manifest: structuredClone(after) },
    "candidate",
  );
  expect(told).toMatch(/candidate led to r9 already\. Nothing was changed\.\n$/);
});
