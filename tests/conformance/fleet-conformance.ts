import type { FleetProvider } from "../../constructs/fleet/fleet-provider";
import type { FleetWish } from "../../constructs/fleet/fleet-inputs";
import { describeWithTerraform } from "../e2e/engine-terraform";
import { judge, toDoFor, type Assertion } from "./assertion";
import { declare } from "./declaration";
import { DECLARED } from "./declared-assertions";
import { LIVED } from "./lived-assertions";
import { CHAPTERS, tell, type Story } from "./story";
import type { Subject } from "./subject";

/** Everything that a provider is held to. */
export const ASSERTIONS: readonly Assertion[] = [...DECLARED, ...LIVED];

/**
 * Holds a provider to all that the core and its users rely on: one fleet's whole life, by real Terraform, against the
 * provider's own simulation. What fails says what to do next.
 *
 * @param make the provider's function.
 * @param wish one for two sites, with IPv6 where the provider has it.
 * @param more where the sandbox does not know the provider: its images and simulations.
 */
export function fleetConformance<Wish extends FleetWish>(
  make: (wish: Wish) => FleetProvider,
  wish: Wish,
  more: Pick<Subject, "images" | "simulations"> = {},
): void {
  const subject: Subject = { make: make as Subject["make"], wish, ...more };
  describeWithTerraform(`${subject.make(wish).provider}, as a provider of fleets,`, () => {
    jest.setTimeout(180_000);
    const declaration = declare(subject);
    let story: Story = {};
    beforeAll(async () => {
      story = await tell(subject, CHAPTERS);
    });
    test.each(ASSERTIONS.map((each) => [each.name, each] as const))("%s", (_, assertion) => {
      const wrong = judge(assertion, declaration, story);
      if (wrong.length > 0) {
        throw new Error(`${wrong.join("\n")}\n\n${toDoFor(declaration.provider.provider, assertion.todo)}`);
      }
    });
  });
}
