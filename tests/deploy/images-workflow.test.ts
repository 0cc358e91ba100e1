/** The workflow that builds on merge: it must serve every provider that an environment can have. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { stackpathCredential } from "../../constructs/providers/stackpath/stackpath-credential";
import { vultrCredential } from "../../constructs/providers/vultr/vultr-credential";
import { PROJECT_ROOT } from "../../live/state-location";

interface Step {
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}
const workflow = parse(readFileSync(join(PROJECT_ROOT, ".github", "workflows", "images.yml"), "utf8")) as {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
};

test("the build gets the credentials of every provider whose API makes images", () => {
  const build = workflow.jobs["build"]?.steps.find(({ run }) => run?.includes("image build"));
  // What is given to Terraform reaches nodes, not images.
  const variables = [...stackpathCredential.variables, ...vultrCredential.variables].filter(
    (name) => !name.startsWith("TF_VAR_"),
  );
  expect(Object.keys(build?.env ?? {}).sort()).toEqual([...variables].sort());
  for (const name of variables) expect(build?.env?.[name]).toMatch(new RegExp(`(vars|secrets)\\.${name} `));
});

test("the job that may change the repository gets none", () => {
  expect(JSON.stringify(workflow.jobs["propose"])).not.toMatch(/secrets\.|aws-actions/);
});
