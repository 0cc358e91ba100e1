import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readCandidates } from "../../cli/adopt/candidates";
import { identityOf, objectsIn } from "../../cli/adopt/held-objects";
import { rolesOf } from "../../cli/adopt/roles";
import { terraform, TerraformRefusal } from "../../cli/adopt/stack-terraform";
import { trialPlan } from "../../cli/adopt/trial-plan";
import { run } from "../../cli/program";
import type { Problem } from "../../constructs/fleet/problem";

let directory: string;
const environment = { ...process.env };

beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), "adopt-")));
});

afterEach(() => {
  jest.restoreAllMocks();
  process.env = environment;
  process.exitCode = undefined;
  rmSync(directory, { recursive: true });
});

/** A stack as CDKTF leaves it: resources by the paths of their constructs. */
function stack(configuration: object, env: NodeJS.ProcessEnv = {}) {
  const place = join(directory, "cdktf.out", "stacks", "aws-fleet");
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "cdk.tf.json"), JSON.stringify(configuration));
  return { name: "aws-fleet", directory: place, env };
}

const resource = (path: string, more: object = {}) => ({ ...more, "//": { metadata: { path } } });

/** A program that stands in for Terraform. */
function program(script: string): NodeJS.ProcessEnv {
  const path = join(directory, "terraform");
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return { PATH: environment["PATH"], TERRAFORM_BINARY_NAME: path };
}

describe("usage", () => {
  test.each([
    [["adopt"], "missing required argument 'stack'"],
    [["adopt", "aws-fleet"], "there is nothing to adopt; name objects as ROLE=ID"],
    [["adopt", "aws-fleet", "accelerator=x"], "there is no terminal to ask at; add --auto-approve"],
    [["adopt", "aws-fleet", "--lst"], "unknown option '--lst'\n(Did you mean --list?)"],
  ])("%j", async (args, message) => {
    let err = "";
    jest.spyOn(process.stderr, "write").mockImplementation((text) => ((err += String(text)), true));
    Object.defineProperty(process.stdin, "isTTY", { value: false, configurable: true });
    await run(args);
    expect(process.exitCode).toBe(2);
    expect(err).toContain(message);
  });
});

describe("roles", () => {
  test("are named by their constructs, below the fleet", () => {
    const roles = rolesOf(
      stack({
        resource: {
          aws_vpc: { vpc_1: resource("aws-fleet/fleet/us-east-1/network/vpc") },
          aws_globalaccelerator_accelerator: { acc_1: resource("aws-fleet/fleet/accelerator") },
          null_resource: { "live-record": resource("aws-fleet/live-record") },
        },
      }),
    );
    expect(roles).toEqual([
      {
        name: "accelerator",
        type: "aws_globalaccelerator_accelerator",
        address: "aws_globalaccelerator_accelerator.acc_1",
      },
      { name: "live-record", type: "null_resource", address: "null_resource.live-record" },
      { name: "us-east-1/network/vpc", type: "aws_vpc", address: "aws_vpc.vpc_1" },
    ]);
  });

  test("a stack without resources has none", () => {
    expect(rolesOf(stack({}))).toEqual([]);
  });
});

describe("candidates", () => {
  const vpc = (name: string) => ({ name, type: "aws_vpc", address: `aws_vpc.${name}` });
  const roles = [vpc("a"), vpc("b"), { name: "lb", type: "aws_lb", address: "aws_lb.lb" }];
  const read = (...texts: string[]) => {
    const problems: Problem[] = [];
    const candidates = readCandidates(texts, roles, problems);
    return [
      candidates.map(({ role, id }) => `${role.name} ${id}`),
      problems.map(({ where, what }) => `${where}: ${what}`),
    ];
  };

  test("an id may hold anything", () => {
    expect(read("a=x=y", "lb=arn:aws:x/y*z w")).toEqual([["a x=y", "lb arn:aws:x/y*z w"], []]);
  });

  test("the same id is another object in another type", () => {
    expect(read("a=1", "lb=1")[1]).toEqual([]);
  });

  test("every problem is said, and what is sound is kept", () => {
    expect(read("a=1", "a=2", "b=1", "c=3", "lb", "lb=", "=", "lb=4")).toEqual([
      ["a 1", "lb 4"],
      [
        '"a": is given twice',
        '"b": "1" is given to a already',
        '"c": no such role; nearest: "a"; there are: a, b, lb',
        '"lb": is not ROLE=ID',
        '"lb=": is not ROLE=ID',
        '"=": is not ROLE=ID',
      ],
    ]);
  });
});

describe("what a state holds", () => {
  const instance = (attributes: object) => ({ attributes });

  test("managed objects, told apart by ARN where they have one", () => {
    const state = {
      version: 4,
      resources: [
        { mode: "managed", type: "aws_vpc", name: "v", instances: [instance({ id: "vpc-1", arn: "arn:v" })] },
        { mode: "managed", type: "ns1_zone", name: "z", instances: [instance({ id: "z1" })] },
        { mode: "data", type: "aws_vpc", name: "d", instances: [instance({ id: "vpc-2" })] },
      ],
    };
    expect(objectsIn("aws-fleet", state)).toEqual([
      { address: "aws_vpc.v", type: "aws_vpc", id: "vpc-1", identity: "arn:v" },
      { address: "ns1_zone.z", type: "ns1_zone", id: "z1", identity: "z1" },
    ]);
  });

  test("no state holds nothing; one of another form is refused", () => {
    expect(objectsIn("aws-fleet", undefined)).toEqual([]);
    expect(() => objectsIn("aws-fleet", { resources: 7 })).toThrow(
      "Terraform's state of aws-fleet cannot be read",
    );
  });

  test.each([
    [{ id: "x", arn: "arn:x" }, "arn:x"],
    [{ id: "x", arn: "" }, "x"],
    [{ id: "x", arn: null }, "x"],
  ])("identity of %j", (attributes, identity) => {
    expect(identityOf(attributes)).toBe(identity);
  });
});

describe("Terraform", () => {
  test("its errors are told apart from its warnings, without frames", async () => {
    const env = program(`
      printf '╷\\n│ Warning: old\\n╵\\n╷\\n│ Error: cannot\\n│ \\n│ do   that\\n╵\\n' >&2; exit 1`);
    const failed = terraform(stack({}, env), ["import"]);
    await expect(failed).rejects.toEqual(new TerraformRefusal(["Error: cannot do that"]));
  });

  test("with -json each error is one", async () => {
    const line = (severity: string, summary: string) =>
      JSON.stringify({ type: "diagnostic", diagnostic: { severity, summary, detail: "more\nof it" } });
    const lines = [line("warning", "w"), line("error", "one"), '{"type":"version"}', line("error", "two")];
    const env = program(`cat <<'END'\n${lines.join("\n")}\nplain\nEND\nexit 1`);
    const failed = terraform(stack({}, env), ["plan", "-json"]);
    await expect(failed).rejects.toEqual(new TerraformRefusal(["one. more of it", "two. more of it"]));
  });
});

describe("a trial", () => {
  const guarded = {
    resource: {
      aws_vpc: {
        v: resource("aws-fleet/fleet/vpc", {
          lifecycle: { prevent_destroy: true, postcondition: [{}], create_before_destroy: true },
        }),
      },
    },
    terraform: { backend: { local: { path: "../../state" } } },
  };
  // Shows what it was given, as if it were a plan.
  const seen = `case "$1" in
    show) printf '{"resource_changes":[{"address":"%s","type":"","change":{"actions":[],"before":null,"after":{"pwd":"%s"},"after_unknown":{},"before_sensitive":{}}}]}' "$TF_DATA_DIR" "$PWD";;
    plan) cp cdk.tf.json adopt.tf ../../..;;
  esac`;

  test("happens in a copy as deep as the original, without the guards, and leaves nothing", async () => {
    const place = stack(guarded, program(seen));
    const role = { name: "vpc", type: "aws_vpc", address: "aws_vpc.v" };
    const { resource_changes: shown } = await trialPlan(place, [{ role, id: 'a"${b}%{c}' }]);
    const output = join(directory, "cdktf.out");
    expect(shown[0]?.address).toBe(join(place.directory, ".terraform"));
    expect(String(shown[0]?.change.after?.["pwd"])).toMatch(new RegExp(`^${output}/adopt-[^/]+/aws-fleet$`));
    expect(readdirSync(output)).toEqual(["stacks"]);
    expect(readdirSync(place.directory)).toEqual(["cdk.tf.json"]);

    const configuration = JSON.parse(readFileSync(join(directory, "cdk.tf.json"), "utf8")) as typeof guarded;
    expect(configuration.resource.aws_vpc.v).toEqual(
      resource("aws-fleet/fleet/vpc", { lifecycle: { create_before_destroy: true } }),
    );
    expect(configuration.terraform).toEqual(guarded.terraform);
    expect(readFileSync(join(directory, "adopt.tf"), "utf8")).toBe(
      'import {\n  to = aws_vpc.v\n  id = "a\\"$${b}%%{c}"\n}\n',
    );
  });

  test("leaves nothing where Terraform refuses either", async () => {
    const place = stack(guarded, program("exit 1"));
    await expect(trialPlan(place, [])).rejects.toThrow(TerraformRefusal);
    expect(readdirSync(join(directory, "cdktf.out"))).toEqual(["stacks"]);
  });
});
