/** The conformance suite itself: each mistake is found, by the assertion that is meant to find it. */
import { describeWithTerraform } from "../e2e/engine-terraform";
import { judge, type Assertion } from "./assertion";
import { BROKEN, SOUND, type BrokenProvider } from "./broken-providers";
import { declare } from "./declaration";
import { ASSERTIONS } from "./fleet-conformance";
import { tell, type Story } from "./story";
import type { Subject } from "./subject";

jest.setTimeout(180_000);

/** Only what the assertion needs is lived through. */
function storyOf(subject: Subject, { chapter, looks }: Assertion): Promise<Story> {
  return chapter === undefined ? Promise.resolve({}) : tell(subject, [chapter], looks);
}

function assertionOf({ foundBy }: BrokenProvider): Assertion {
  const found = ASSERTIONS.find(({ name }) => name === foundBy);
  if (found === undefined) throw new Error(`no assertion is named "${foundBy}"`);
  return found;
}

describeWithTerraform("a broken provider", () => {
  let sound: Story = {};
  beforeAll(async () => {
    sound = await tell(
      SOUND,
      BROKEN.flatMap((each) => assertionOf(each).chapter ?? []),
    );
  });

  test.each(BROKEN.map((each) => [each.mistake, each.foundBy, each] as const))(
    "%s: is found where it %s",
    async (_, __, each) => {
      const assertion = assertionOf(each);
      const broken = each.subject as Subject;
      const story = await storyOf(broken, assertion);
      const found = judge(assertion, declare(broken), story);
      expect(found).not.toEqual([]);
      // Who failed on the way to it proves nothing, unless that is what was found.
      const last = assertion.chapter && (story[assertion.chapter] ?? story.deployed);
      const failures = last?.errors ?? [];
      expect(found).toEqual(expect.arrayContaining([...failures]));
      // And it is the mistake that is found.
      expect(judge(assertion, declare(SOUND as Subject), sound)).toEqual([]);
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
