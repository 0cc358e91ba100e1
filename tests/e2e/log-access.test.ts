/** How nodes come to write logs, under real Terraform: made, rotated with interruptions, left out while AWS is down. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { setShare } from "../../live/set-share";
import { KEEP_IDENTITY } from "../../live/read-secrets";
import { readDeployment } from "../../live/read-deployment";
import { readRotation, writeRotation, type RotationPhase } from "../../live/rotation-record";
import { decideRotation, type NodeSecret } from "../../live/secret-rotation";
import { appliedSlots, identityValues, keptIdentityVariable } from "../../live/applied-identity";
import { ssmActivation } from "../../constructs/secrets/ssm-activation";
import type { LogAccess } from "../../constructs/fleet/log-access";
import { JOIN_TOKEN_FILE, NODE_FILE, nodeFileSchema } from "../../constructs/fleet/node-file";
import { ENROL_TOKEN_FILE, LOG_CREDENTIALS_FILE } from "../../constructs/fleet/node-log-access";
import { rolesAnywhere } from "../../constructs/secrets/roles-anywhere";
import { shapeOf } from "../../cli/rollout/plan-shape";
import { replaceFleet } from "../../cli/rollout/replace-fleet";
import { withPlan } from "../../cli/rollout/rollout-stacks";
import type { Replace } from "../../rollout/rollout-world";
import type { Fault } from "../../sandbox/engine/fault";
import { AUTHORITY, ENDED_AUTHORITY } from "../constructs/secrets/certificates";
import { awsFleet, stackpathFleet, testEnvironment } from "../environment-for-tests";
import { MANIFEST } from "../synthesize";
import { DeployedEnvironment } from "./deployed-environment";
import { describeWithTerraform, type EngineTerraform } from "./engine-terraform";

jest.setTimeout(180_000);

const STACK = "stackpath-fleet";

/** The providers that Terraform configured, by its own log. */
function configured(terraform: EngineTerraform): string[] {
  const lines = terraform.log().matchAll(/: configuring provider\["[^"]*\/(\w+)"\]/g);
  return [...new Set([...lines].map(([, name = ""]) => name))].sort();
}
const AWS_IS_DOWN: Fault[] = (["read", "create", "update", "delete"] as const).map((operation) => ({
  type: "aws_*",
  operation,
  effect: { kind: "refuse", message: "connection refused" },
}));

describeWithTerraform("how nodes come to write logs", () => {
  let deployed: DeployedEnvironment;
  beforeEach(async () => {
    deployed = new DeployedEnvironment();
    await deployed.start();
  });
  afterEach(() => deployed.stop());

  const keys = () => deployed.store.list("aws_iam_access_key").map(({ attributes }) => attributes);
  const activeKeys = () =>
    keys()
      .filter(({ status }) => status === "Active")
      .map(({ id }) => id);

  /** Path -> content of what a node is given that boots now. */
  function filesGiven(): Record<string, string> {
    const [workload] = deployed.store.list("stackpath_compute_workload");
    const [machine] = (workload?.attributes["virtual_machine"] ?? []) as { user_data: string }[];
    const { write_files: files } = parse(machine?.user_data ?? "") as {
      write_files: { path: string; permissions: string; encoding?: string; content: string }[];
    };
    return Object.fromEntries(
      files.map(({ path, permissions, encoding, content }) => {
        expect(permissions).toBe(path === NODE_FILE ? "0644" : "0600");
        return [path, encoding === "b64" ? Buffer.from(content, "base64").toString() : content];
      }),
    );
  }

  /** The key that such a node is given. */
  function givenKey(): string {
    const text = filesGiven()[LOG_CREDENTIALS_FILE] ?? "";
    const [, id = "", secret = ""] =
      /^\[default\]\naws_access_key_id = (\w+)\naws_secret_access_key = (\S+)\n$/.exec(text) ?? [];
    expect(keys().find((key) => key["id"] === id)?.["secret"]).toBe(secret);
    return id;
  }

  test("a static key: the fleet's own user may write to the fleet's own log group, and nodes get its key", async () => {
    await deployed.want({});
    expect(await deployed.apply(STACK)).toMatchObject({
      "aws_cloudwatch_log_group.log-access_logs_group": "create",
      "aws_iam_user.log-access_user": "create",
      "aws_iam_user_policy.log-access_policy": "create",
      "aws_iam_access_key.log-access_slot-a": "create",
    });
    expect(await deployed.plan(STACK)).toEqual({});
    expect(activeKeys()).toEqual([givenKey()]);
    const [group] = deployed.store.list("aws_cloudwatch_log_group");
    const [policy] = deployed.store.list("aws_iam_user_policy");
    expect(JSON.parse(policy?.attributes["policy"] as string)).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
          Resource: `${group?.attributes["arn"] as string}:*`,
        },
      ],
    });
    // Away: in an order that the cloud accepts, and nothing is left.
    expect(await (await deployed.terraform(STACK)).destroy()).toEqual([]);
    expect(deployed.store.list()).toEqual([]);
  });

  test("no plan and no apply shows the key", async () => {
    await deployed.want({});
    const terraform = await deployed.terraform(STACK);
    const shown = [
      await terraform.run("plan", "-no-color"),
      await terraform.run("apply", "-no-color", "-auto-approve"),
    ];
    await writeRotation(deployed.live, "stackpath", { given: "a", phase: "created" }, undefined);
    await deployed.want({});
    shown.push(await terraform.run("apply", "-no-color", "-auto-approve"));
    const { version } = await readRotation(deployed.live, "stackpath");
    await writeRotation(deployed.live, "stackpath", { given: "b", phase: "given" }, version);
    await deployed.want({});
    shown.push(await terraform.run("plan", "-no-color"), await terraform.run("output", "-no-color"));
    const text = shown.map(({ stdout, stderr }) => stdout + stderr).join("\n");
    expect(shown.map(({ status }) => status)).toEqual([0, 0, 0, 0, 0]);
    expect(keys()).toHaveLength(2);
    for (const { secret } of keys()) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(
        Buffer.from(secret as string)
          .toString("base64")
          .slice(4, -4),
      );
    }
    expect(text).toContain("user_data");
  });

  describe("a rotation", () => {
    /** What each node that runs was given at its boot: nodes are replaced when the test says so. */
    let nodes: NodeSecret[];
    const boot = () => {
      nodes = ["sea-0", "sea-1"].map((name) => ({ name, site: "sea", secretId: givenKey() }));
    };
    const bootOne = () => {
      nodes = nodes.map((node, index) => (index === 0 ? { ...node, secretId: givenKey() } : node));
    };
    const everyNodeHasAWorkingKey = () => {
      for (const { secretId } of [...nodes, { secretId: givenKey() }])
        expect(activeKeys()).toContain(secretId);
    };

    /** `polycast secrets rotate`, without the command around it. */
    async function rotate(
      direction: "forward" | "back" = "forward",
      rotation: LogAccess["rotation"] = "two slots, one can be inactive",
    ) {
      const { step, version } = await readRotation(deployed.live, "stackpath");
      const applied = appliedSlots(await deployed.live.readState(STACK));
      const decision = decideRotation({ step, applied, nodes, wanted: { sea: 2 } }, direction, rotation);
      if (decision.kind === "take") await writeRotation(deployed.live, "stackpath", decision.step, version);
      return decision.kind === "take" ? decision.step.phase : decision.kind;
    }

    /** Plans and applies while this goes wrong; whether it did. */
    async function interrupted(...faults: Fault[]): Promise<boolean> {
      deployed.faults = faults;
      await deployed.want({});
      const terraform = await deployed.terraform(STACK);
      const { errors } = await terraform.plan();
      const failed = errors.length > 0 || (await terraform.apply()).length > 0;
      deployed.faults = [];
      return failed;
    }
    const goesWrong = (type: string, operation: Fault["operation"]): Fault[] => [
      { type, operation, effect: { kind: "refuse", message: "no" } },
      { type, operation, effect: { kind: "failAfter", message: "lost the answer" } },
    ];
    /** Deploys after every way in which the deploy can fail; nodes have a working key all along. */
    async function deployInSpiteOf(...faults: Fault[]): Promise<void> {
      for (const fault of faults) {
        expect(await interrupted(fault)).toBe(true);
        everyNodeHasAWorkingKey();
        // A step that is not deployed is not overtaken; whose answer alone was lost, that one is.
        if (fault.effect.kind === "refuse") expect(["deploy", "hold"]).toContain(await rotate());
      }
      await deployed.want({});
      await deployed.apply(STACK);
      expect(await deployed.plan(STACK)).toEqual({});
      everyNodeHasAWorkingKey();
    }

    beforeEach(async () => {
      await deployed.want({});
      await deployed.apply(STACK);
      boot();
    });

    test("interrupted at each of its steps, goes on, and never leaves a node without a working key", async () => {
      const [old] = activeKeys();
      expect(await rotate()).toBe("created");
      await deployInSpiteOf(goesWrong("aws_iam_access_key", "create")[0] as Fault);
      expect(activeKeys()).toHaveLength(2);
      expect(givenKey()).toBe(old);

      expect(await rotate()).toBe("given");
      await deployInSpiteOf(...goesWrong("stackpath_compute_workload", "update"));
      expect(givenKey()).not.toBe(old);
      // While a node has the old key, nothing that would end it is decided.
      expect(await rotate()).toBe("hold");
      bootOne();
      expect(await rotate()).toBe("hold");
      everyNodeHasAWorkingKey();
      boot();

      expect(await rotate()).toBe("inactive");
      await deployInSpiteOf(...goesWrong("aws_iam_access_key", "update"));
      expect(keys().map(({ id, status }) => [id === old, status])).toContainEqual([true, "Inactive"]);

      expect(await rotate()).toBe("settled");
      await deployInSpiteOf(goesWrong("aws_iam_access_key", "delete")[0] as Fault);
      expect(keys().map(({ id }) => id)).toEqual([givenKey()]);
      expect(givenKey()).not.toBe(old);

      // The next one goes the same way, into the slot that is free.
      expect(await rotate()).toBe("created");
      await deployInSpiteOf();
      expect(Object.keys(await deployed.plan(STACK))).toEqual([]);
    });

    test("a key whose creation was not heard of is found again, and nodes keep theirs", async () => {
      expect(await rotate()).toBe("created");
      expect(
        await interrupted({
          type: "aws_iam_access_key",
          operation: "create",
          effect: { kind: "failAfter", message: "lost" },
        }),
      ).toBe(true);
      everyNodeHasAWorkingKey();
      await deployed.want({});
      await deployed.apply(STACK);
      everyNodeHasAWorkingKey();
      expect(await rotate()).toBe("given");
    });

    test("goes back from each of its steps", async () => {
      const [old] = activeKeys();
      const step = async (direction: "forward" | "back") => {
        const phase = await rotate(direction);
        await deployInSpiteOf();
        return phase;
      };
      expect(await rotate("back")).toBe("nothing to go back to");
      expect(await step("forward")).toBe("created");
      expect(await step("back")).toBe("settled");
      expect(activeKeys()).toEqual([old]);

      await step("forward");
      expect(await step("forward")).toBe("given");
      bootOne();
      expect(await step("back")).toBe("created");
      expect(givenKey()).toBe(old);
      // A node still has the second key, so it stays.
      expect(await rotate("back")).toBe("hold");
      boot();
      expect(await step("back")).toBe("settled");

      await step("forward");
      await step("forward");
      boot();
      expect(await step("forward")).toBe("inactive");
      expect(await step("back")).toBe("given");
      expect(activeKeys()).toHaveLength(2);
    });

    test("whose record was lost goes on from what is deployed", async () => {
      await rotate();
      await deployInSpiteOf();
      const { version = "" } = await readRotation(deployed.live, "stackpath");
      await deployed.live.objects.remove("secrets/stackpath", version);
      await deployed.want({});
      expect(await deployed.plan(STACK)).toEqual({});
      expect((await readRotation(deployed.live, "stackpath")).step).toMatchObject({
        given: "a",
        phase: "created",
      });
    });

    test("a record that would end the nodes' key is refused", async () => {
      const { version } = await readRotation(deployed.live, "stackpath");
      await writeRotation(deployed.live, "stackpath", { given: "b", phase: "settled" }, version);
      await expect(deployed.want({})).rejects.toThrow(/would end the secret that the nodes have/);
    });
  });

  describe("while AWS's API is down", () => {
    const R2 = { aws: { release: "r1", share: 100 }, stackpath: { release: "r2", share: 100 } };
    const STACKS = ["aws-fleet", STACK, "edge-dns"];
    /** What `--keep-identity` names to Terraform. */
    const targets = async () => {
      const { stdout } = await (await deployed.terraform(STACK)).run("state", "list");
      return stdout
        .split("\n")
        .filter((address) => address !== "" && !/^data\.|\.log-access_/.test(address))
        .map((address) => `-target=${address}`);
    };

    test("other fleets are rolled back, keep their key, and take over the AWS fleet's traffic", async () => {
      await deployed.want({});
      for (const stack of STACKS) await deployed.apply(stack);
      const key = givenKey();
      // A state that is read by another is copied into it, secrets too.
      const secret = keys()[0]?.["secret"] as string;
      expect(JSON.stringify(await deployed.live.readState(STACK))).toContain(secret);
      expect(JSON.stringify(await deployed.live.readState("edge-dns"))).not.toContain(secret);
      deployed.faults = AWS_IS_DOWN;

      // With the identity, a plan fails; it is there to see that the fault is, and what its log says.
      const terraform = await deployed.terraform(STACK);
      terraform.env = { TF_LOG: "TRACE", TF_LOG_PATH: "log" };
      await deployed.want({ live: R2 });
      expect((await terraform.plan()).errors[0]?.summary).toBe("connection refused");
      expect(configured(terraform)).toContain("aws");

      for (const release of ["r2", "r1"]) {
        const live = { ...R2, stackpath: { release, share: 100 } };
        await deployed.want({ live, variables: { [KEEP_IDENTITY]: "1" } });
        rmSync(join(terraform.directory, "log"));
        const kept = JSON.stringify(identityValues(await deployed.live.readState(STACK)));
        terraform.env = { ...terraform.env, [`TF_VAR_${keptIdentityVariable("stackpath")}`]: kept };
        const { changes, errors } = await terraform.plan(...(await targets()));
        expect(errors).toEqual([]);
        const changed = changes.filter(({ actions }) => actions.join() !== "no-op");
        expect(changed.map(({ address }) => address)).toEqual([
          "null_resource.live-record",
          expect.stringMatching(/^stackpath_compute_workload\./),
        ]);
        expect(await terraform.apply()).toEqual([]);
        expect(configured(terraform)).toEqual(["null", "stackpath"]);
        expect((await deployed.outputs(STACK))["release"]).toBe(release);
        expect(givenKey()).toBe(key);
      }

      await setShare(deployed.live, "aws", 0);
      await deployed.want({ live: (await deployed.live.read()).record.fleets });
      expect(await deployed.apply("edge-dns")).not.toEqual({});
      expect((await deployed.outputs("edge-dns"))["shares_ipv4"]).toBe("aws 0 %, stackpath 100 %");

      // The API is back: nothing is left to do.
      deployed.faults = [];
      await deployed.want({});
      expect(await deployed.plan(STACK)).toEqual({});
    });

    test("a rollout replaces a fleet and takes it back, and a rotation that has begun meanwhile waits", async () => {
      await deployed.want({ live: { ...R2, stackpath: { release: "r1", share: 100 } } });
      await deployed.apply(STACK);
      const key = givenKey();
      const { reattach } = await deployed.terraform(STACK);
      const scene = {
        environment: testEnvironment({ name: "sandbox" }),
        live: deployed.live,
        clock: { now: () => 0, scale: () => 1, read: () => Promise.resolve() },
        workspace: "rollout-stacks",
        env: { ...process.env, TF_REATTACH_PROVIDERS: JSON.stringify(reattach) },
      };
      const replace = (id: string): Replace => ({
        ...{ kind: "replace", fleet: "stackpath" },
        release: { id, image: MANIFEST.releases[id]?.images["stackpath"] as never },
      });
      const wanted = (await readDeployment(scene.environment, deployed.live)).map((each) =>
        each.fleet.name === "stackpath" ? { ...each, release: replace("r2").release } : each,
      );
      const approved = await withPlan(scene, STACK, wanted, undefined, ({ plan }) =>
        Promise.resolve(shapeOf(plan)),
      );
      await writeRotation(deployed.live, "stackpath", { given: "a", phase: "created" }, undefined);
      deployed.faults = AWS_IS_DOWN;
      for (const release of ["r2", "r1"]) {
        expect(await replaceFleet(scene, replace(release), approved)).toEqual({ kind: "done" });
        expect((await deployed.outputs(STACK))["release"]).toBe(release);
        expect(givenKey()).toBe(key);
      }
      deployed.faults = [];
      await deployed.want({});
      expect(await deployed.plan(STACK)).toEqual({ "aws_iam_access_key.log-access_slot-b": "create" });
    });

    test("a step of a rotation that is not deployed waits: nodes are given no key that is switched off", async () => {
      await deployed.want({});
      await deployed.apply(STACK);
      const deploy = async (given: "a" | "b", phase: RotationPhase) => {
        const { version } = await readRotation(deployed.live, "stackpath");
        await writeRotation(deployed.live, "stackpath", { given, phase }, version);
        await deployed.want({});
        await deployed.apply(STACK);
      };
      await deploy("a", "created");
      await deploy("b", "given");
      await deploy("b", "inactive");
      const key = givenKey();
      // Two steps back, neither of them deployed: the first one would switch the other key on again.
      const { version } = await readRotation(deployed.live, "stackpath");
      await writeRotation(deployed.live, "stackpath", { given: "a", phase: "created" }, version);
      deployed.faults = AWS_IS_DOWN;
      await deployed.want({ variables: { [KEEP_IDENTITY]: "1" } });
      const terraform = await deployed.terraform(STACK);
      const kept = JSON.stringify(identityValues(await deployed.live.readState(STACK)));
      terraform.env = { [`TF_VAR_${keptIdentityVariable("stackpath")}`]: kept };
      const { changes, errors } = await terraform.plan(...(await targets()));
      expect(errors).toEqual([]);
      expect(changes.filter(({ actions }) => actions.join() !== "no-op")).toEqual([]);
      expect(activeKeys()).toEqual([key]);
    });

    test("an identity that was never made cannot be left out", async () => {
      const environment = { fleets: [awsFleet(), stackpathFleet({ name: "other" })] };
      await expect(deployed.want({ environment, variables: { [KEEP_IDENTITY]: "1" } })).rejects.toThrow(
        /has no identity yet/,
      );
    });
  });

  test("an operator's authority: applied, with the token that is there; its end holds this stack's plan alone", async () => {
    const enrol = { url: "https://ca.example.net/.well-known/est", ca: AUTHORITY };
    const want = (certificates: string) => {
      const logs = rolesAnywhere({ region: "us-east-1", anchor: { certificates }, enrol });
      return deployed.want({ environment: { fleets: [stackpathFleet({ logs })] } });
    };
    await want(AUTHORITY);
    const terraform = await deployed.terraform(STACK);
    terraform.env = { TF_VAR_enrol_token_stackpath: 'to"ken\nsecret' };
    expect(await deployed.apply(STACK)).toMatchObject({
      "aws_rolesanywhere_trust_anchor.log-access_anchor": "create",
      "aws_rolesanywhere_profile.log-access_profile": "create",
      "aws_iam_role.log-access_role": "create",
    });
    expect(await deployed.plan(STACK)).toEqual({});
    const files = filesGiven();
    expect(files[ENROL_TOKEN_FILE]).toBe('to"ken\nsecret\n');
    expect(nodeFileSchema.parse(JSON.parse(files[NODE_FILE] ?? "")).logAccess).toMatchObject({
      strategy: "rolesAnywhere",
      profileArn: deployed.store.list("aws_rolesanywhere_profile")[0]?.attributes["arn"],
      enrolCa: AUTHORITY,
    });

    await want(ENDED_AUTHORITY);
    const { errors } = await terraform.plan();
    expect(errors[0]?.detail).toContain("certificates of logs.anchor ended on 2020-01-02");
    expect((await (await deployed.terraform("edge-dns")).plan()).errors).toEqual([]);
  });

  test("a join token for the control plane reaches the nodes of AWS too, in a file for root alone", async () => {
    const environment = { fleets: [awsFleet()], controlPlaneJoinToken: true, controlPlaneCa: AUTHORITY };
    await deployed.want({ environment });
    (await deployed.terraform("aws-fleet")).env = { TF_VAR_join_token_aws: 'pcj_"secret' };
    await deployed.apply("aws-fleet");
    const userData = deployed.store.list("aws_launch_template")[0]?.attributes["user_data"] as string;
    const { write_files: files } = parse(Buffer.from(userData, "base64").toString()) as {
      write_files: { path: string; permissions: string; content: string }[];
    };
    const [node, token] = files;
    expect(nodeFileSchema.parse(JSON.parse(node?.content ?? ""))).toMatchObject({
      joinToken: true,
      controlPlaneCa: AUTHORITY,
    });
    expect(token).toMatchObject({ path: JOIN_TOKEN_FILE, permissions: "0600" });
    expect(Buffer.from(token?.content ?? "", "base64").toString()).toBe('pcj_"secret\n');
    expect(await deployed.plan("aws-fleet")).toEqual({});
  });

  test("an activation: its end is fixed when it is made, and a second one takes its place", async () => {
    const environment = { fleets: [stackpathFleet({ logs: ssmActivation({ region: "us-east-1" }) })] };
    const activations = () => deployed.store.list("aws_ssm_activation").map(({ attributes }) => attributes);
    const deploy = async (given: "a" | "b", phase: "created" | "given" | "settled") => {
      const { version } = await readRotation(deployed.live, "stackpath");
      await writeRotation(deployed.live, "stackpath", { given, phase }, version);
      await deployed.want({ environment });
      const actions = await deployed.apply(STACK);
      expect(await deployed.plan(STACK)).toEqual({});
      return actions;
    };
    await deployed.want({ environment });
    await deployed.apply(STACK);
    const days = (Date.parse(activations()[0]?.["expiration_date"] as string) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(29);
    expect(days).toBeLessThan(30);
    expect(await deployed.plan(STACK)).toEqual({});

    const first = activations()[0]?.["id"];
    expect(await deploy("a", "created")).toEqual({ "aws_ssm_activation.log-access_slot-b": "create" });
    expect(await deploy("b", "given")).toEqual({ "stackpath_compute_workload.fleet_workload": "update" });
    expect(await deploy("b", "settled")).toEqual({ "aws_ssm_activation.log-access_slot-a": "delete" });
    expect(activations().map(({ id }) => id)).not.toContain(first);
  });
});
