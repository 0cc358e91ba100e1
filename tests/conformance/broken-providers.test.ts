/** The conformance suite itself: each mistake is found, by the assertion that is meant to find it. */
import { describeWithTerraform } from "../e2e/engine-terraform";
import { judge, type Assertion } from "./assertion";
import { BROKEN, SOUND } from "./broken-providers";
import { declare } from "./declaration";
import { ASSERTIONS } from "./fleet-conformance";
import { tell, type Chapter, type Story } from "./story";
import type { Subject } from "./subject";

jest.setTimeout(60_000);

/** What the sound provider lives through, told once for each chapter. */
const sound = new Map<Chapter, Promise<Story>>();

/** Only what the assertion needs is lived through. */
function storyOf(subject: Subject, { chapter }: Assertion): Promise<Story> {
  return chapter === undefined ? Promise.resolve({}) : tell(subject, [chapter]);
}

function soundStory(assertion: Assertion): Promise<Story> {
  const { chapter = "deployed" } = assertion;
  const told = sound.get(chapter) ?? storyOf(SOUND, assertion);
  if (assertion.chapter !== undefined) sound.set(chapter, told);
  return told;
}

describeWithTerraform("a broken provider", () => {
  test.each(BROKEN.map((each) => [each.mistake, each.foundBy, each] as const))(
    "%s: is found where it %s",
    async (_, name, { subject }) => {
      const assertion = ASSERTIONS.find((each) => each.name === name);
      if (assertion === undefined) throw new Error(`no assertion is named "${name}"`);
      const broken = subject as Subject;
      const found = judge(assertion, declare(broken), await storyOf(broken, assertion));
      expect(found).not.toEqual([]);
      // Who never got that far is no proof.
      expect(found.join("\n")).not.toMatch(/did not get that far|there are no nodes/);
      // And it is the mistake that is found.
      expect(judge(assertion, declare(SOUND as Subject), await soundStory(assertion))).toEqual([]);
    },
  );
});

test("there are assertions enough, and no two have one name", () => {
  expect(ASSERTIONS.length).toBeGreaterThanOrEqual(40);
  expect(new Set(ASSERTIONS.map(({ name }) => name)).size).toBe(ASSERTIONS.length);
});

test("there are enough broken providers", () => {
  expect(BROKEN.length).toBeGreaterThanOrEqual(20);
});
