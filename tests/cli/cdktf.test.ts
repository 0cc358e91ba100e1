import { withoutColours } from "../../cli/cdktf";

const terminal = process.stdout.isTTY;
afterEach(() => {
  process.stdout.isTTY = terminal;
});

describe("colours of what Terraform says", () => {
  test("are for a terminal whose user has not said no", () => {
    process.stdout.isTTY = true;
    const env = { TF_CLI_ARGS_plan: "-lock=false" };
    expect(withoutColours(env)).toBe(env);
    expect(withoutColours({ NO_COLOR: "" })).toEqual({ NO_COLOR: "" });
    expect(withoutColours({ NO_COLOR: "1" })).toMatchObject({
      FORCE_COLOR: "0",
      TF_CLI_ARGS_apply: "-no-color",
    });
  });

  test("stay out of files, and what a person wants of Terraform besides is kept", () => {
    process.stdout.isTTY = false;
    expect(withoutColours({ TF_CLI_ARGS_plan: "-lock=false", PATH: "/bin" })).toEqual({
      PATH: "/bin",
      FORCE_COLOR: "0",
      TF_CLI_ARGS_init: "-no-color",
      TF_CLI_ARGS_plan: "-lock=false -no-color",
      TF_CLI_ARGS_apply: "-no-color",
      TF_CLI_ARGS_destroy: "-no-color",
    });
  });
});
