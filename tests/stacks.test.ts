import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { planDeployment } from "../live/deployment";
import { emptyRecord } from "../live/live-record";
import { buildApp } from "../stacks/app";
import { guardOutput } from "../stacks/output-guard";
import { guardSandbox } from "../stacks/sandbox-guard";
import sandbox from "../environments/sandbox";
import production from "../environments/production";
import { testEnvironment } from "./environment-for-tests";
import { MANIFEST, outline, synthesize, type StackJson, type Values } from "./synthesize";

const stacks = synthesize(sandbox);
const real = synthesize(production);

describe("the stacks of the sandbox", () => {
  test.each(Object.entries(stacks))("%s in outline", (_, stack) => {
    expect(outline(stack)).toMatchSnapshot();
  });

  test("are one a fleet, DNS, and one a provider whose images are built", () => {
    const images = ["aws-image", "stackpath-image"];
    expect(Object.keys(stacks)).toEqual([
      "aws-fleet",
      "stackpath-fleet",
      "edge-dns",
      "management",
      ...images,
    ]);
  });

  test("refer to no other stack, but for DNS", () => {
    expect(stacks["aws-fleet"]?.data).toBeUndefined();
    expect(stacks["stackpath-fleet"]?.data).toBeUndefined();
    const remote = stacks["edge-dns"]?.data?.["terraform_remote_state"] ?? {};
    expect(Object.keys(remote)).toEqual(["aws-fleet", "stackpath-fleet"]);
  });

  test.each([sandbox, production])("pass CDKTF's own validations", (environment) => {
    const deployments = planDeployment(environment, MANIFEST, emptyRecord(environment.name));
    const all = buildApp(environment, deployments).node.findAll();
    expect(all.flatMap(({ node }) => node.validate())).toEqual([]);
  });

  test("show the addresses to a person", () => {
    for (const fleet of ["aws-fleet", "stackpath-fleet"]) {
      expect(stacks[fleet]?.output["anycast_ipv4"]).toBeDefined();
      expect(Object.values(stacks[fleet]?.output ?? {}).some(({ sensitive }) => sensitive)).toBe(false);
    }
  });

  test("name no path of this machine", () => {
    expect(JSON.stringify(stacks)).not.toMatch(
      new RegExp(`"(${os.homedir()}|${os.tmpdir()}|${process.cwd()})`),
    );
  });

  test("hold no secret, whatever the environment of the process holds", () => {
    const secrets = {
      AWS_SECRET_ACCESS_KEY: "s3cr3t-a",
      NS1_APIKEY: "s3cr3t-n",
      STACKPATH_CLIENT_SECRET: "s3cr3t-s",
    };
    const before = { ...process.env };
    Object.assign(process.env, secrets);
    const text = JSON.stringify([synthesize(sandbox), synthesize(production)]);
    process.env = before;
    expect(text).not.toContain("s3cr3t");
  });

  test("ask the live record about a release before it reaches a node", () => {
    const record = ["null_resource.live-record"];
    for (const template of Object.values(stacks["aws-fleet"]?.resource["aws_launch_template"] ?? {})) {
      expect(template["depends_on"]).toEqual(record);
    }
    const [workload] = Object.values(stacks["stackpath-fleet"]?.resource["stackpath_compute_workload"] ?? {});
    expect(workload?.["depends_on"]).toEqual(record);
    expect(stacks["aws-fleet"]?.resource["null_resource"]?.["live-record"]).toMatchObject({
      triggers: { release: "r1" },
      provisioner: [
        {
          "local-exec": {
            command: "node bin/polycast.js live pin --environment sandbox --fleet aws --release r1",
          },
        },
      ],
    });
  });
});

describe("state", () => {
  const backend = (all: Record<string, StackJson>, stack: string) => all[stack]?.terraform.backend;
  const remote = (all: Record<string, StackJson>, stack: string): Values | undefined =>
    all["edge-dns"]?.data?.["terraform_remote_state"]?.[stack]?.config;

  test("of a local environment is a file of its own, where DNS finds it", () => {
    expect(backend(stacks, "aws-fleet")).toEqual({ local: { path: "../../../state/aws-fleet.tfstate" } });
    expect(remote(stacks, "aws-fleet")).toEqual({ path: "../../../state/aws-fleet.tfstate" });
    expect(stacks["aws-fleet"]?.terraform.required_version).toBe(">= 1.5.0");
  });

  test("in S3 is locked, encrypted, and keyed by environment and stack; DNS reads each fleet's", () => {
    expect(backend(real, "stackpath-fleet")).toMatchObject({
      s3: { key: "polycast/production/stackpath-fleet.tfstate", use_lockfile: true, encrypt: true },
    });
    expect(remote(real, "aws-fleet")).toMatchObject({ key: "polycast/production/aws-fleet.tfstate" });
    expect(real["edge-dns"]?.terraform.required_version).toBe(">= 1.10.0");
  });

  test("of two environments is never the same", () => {
    const key = (name: string) => {
      const state = { kind: "s3", bucket: "state", region: "us-east-1" } as const;
      return JSON.stringify(
        backend(synthesize(testEnvironment({ name, state, sandbox: false })), "edge-dns"),
      );
    };
    expect(key("a")).not.toBe(key("b"));
  });
});

describe("an output directory", () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), "polycast-out-"));
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  test("belongs to the environment that was first, and stays so", () => {
    guardOutput(directory, "production");
    guardOutput(directory, "production");
    expect(() => {
      guardOutput(directory, "staging");
    }).toThrow(/belongs to the environment "production"[^]*CDKTF_OUTPUT=cdktf.out.staging/);
    expect(readFileSync(path.join(directory, "environment"), "utf8")).toBe("production");
  });

  test("is for its owner alone, whoever made it, since Terraform leaves plans and states there", () => {
    chmodSync(directory, 0o755);
    guardOutput(directory, "production");
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });
});

describe("the sandbox and the real world are kept apart", () => {
  const attached = { POLYCAST_SANDBOX: "somewhere", TF_REATTACH_PROVIDERS: "{}" };

  test("a sandbox environment is refused without a sandbox, with credentials or without", () => {
    expect(() => {
      guardSandbox(sandbox, { AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE" });
    }).toThrow(/no sandbox is attached[^]*npm start/);
    guardSandbox(sandbox, attached);
  });

  test.each(Object.entries(attached))("a real environment is refused with %s set", (name, value) => {
    expect(() => {
      guardSandbox(production, { [name]: value });
    }).toThrow(/is a real one/);
    guardSandbox(production, {});
  });
});
