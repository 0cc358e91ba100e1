/** `polycast adopt`: an edge that somebody made by hand, in the same simulated clouds, becomes a fleet. */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { adopt, prepareAdoption, type Adoption, type AdoptionScene } from "../../cli/adopt/adoption";
import type { Environment } from "../../constructs/fleet/environment";
import { fleetStackName } from "../../live/stack-names";
import { awsFleet, stackpathFleet, testEnvironment } from "../environment-for-tests";
import { DeployedEnvironment } from "./deployed-environment";
import { describeWithTerraform, EngineTerraform } from "./engine-terraform";
import { SandboxHome } from "./harness";

jest.setTimeout(180_000);

const ACCELERATOR = "aws_globalaccelerator_accelerator";
const LISTENER = "aws_globalaccelerator_listener";
const GROUP = "aws_globalaccelerator_endpoint_group";
const WORKLOAD = "stackpath_compute_workload";
const ANYCAST = { "anycast.platform.stackpath.net": "true" };

/** A workload as somebody may have made it, unlike ours in all but what has to be. */
function workload(slug: string, annotations: object = ANYCAST): object {
  return {
    name: "My edge",
    slug,
    annotations,
    network_interface: [{ network: "default" }],
    virtual_machine: [
      {
        name: "proxy",
        image: "polycast-sandbox/edge-node:r1",
        resources: [{ requests: { cpu: "1", memory: "2Gi" } }],
      },
    ],
    target: [
      {
        name: "us",
        min_replicas: 3,
        selector: [{ key: "cityCode", operator: "in", values: ["DFW"] }],
      },
    ],
  };
}

/** An accelerator with one port, and one region behind it. */
function accelerator(name: string, more: object = {}): Record<string, Record<string, object>> {
  return {
    [ACCELERATOR]: { [name]: { name, ...more } },
    [LISTENER]: {
      [name]: {
        accelerator_arn: `\${${ACCELERATOR}.${name}.id}`,
        protocol: "TCP",
        port_range: [{ from_port: 443, to_port: 443 }],
      },
    },
    [GROUP]: {
      [name]: { listener_arn: `\${${LISTENER}.${name}.id}`, endpoint_group_region: "us-east-1" },
    },
  };
}

/** What somebody wrote for an edge of his own. */
function handMade(resource: object): object {
  return {
    terraform: {
      required_providers: {
        aws: { source: "hashicorp/aws" },
        stackpath: { source: "stackpath/stackpath" },
        ns1: { source: "ns1-terraform/ns1" },
      },
    },
    provider: {
      aws: {
        region: "us-east-1",
        access_key: "sandbox",
        secret_key: "sandbox",
        allowed_account_ids: ["000000000000"],
        skip_metadata_api_check: "true",
      },
      stackpath: { stack_id: "sandbox", client_id: "sandbox", client_secret: "sandbox" },
      ns1: { apikey: "sandbox" },
    },
    resource,
  };
}

describeWithTerraform("adopting what runs already", () => {
  let deployed: DeployedEnvironment;
  let scene: AdoptionScene;
  let author: EngineTerraform;
  beforeEach(async () => {
    deployed = new DeployedEnvironment();
    await deployed.start();
  });
  afterEach(async () => {
    author.remove();
    await deployed.stop();
  });

  /** Wants an environment, lets the author make his edge beside it, and turns to one of its stacks. */
  async function begin(
    name: string,
    resource: object,
    environment: Partial<Environment> = {},
  ): Promise<void> {
    await want(name, environment);
    const { reattach } = await deployed.terraform(name);
    author = new EngineTerraform(reattach);
    author.configure(handMade(resource));
    await author.run("init", "-input=false");
    expect((await author.plan()).errors).toEqual([]);
    expect(await author.apply()).toEqual([]);
  }

  async function want(name: string, environment: Partial<Environment> = {}): Promise<void> {
    await deployed.want({ environment });
    const { directory, reattach } = await deployed.terraform(name);
    const { fleets } = testEnvironment(environment);
    scene = {
      stack: {
        name,
        directory,
        env: { ...process.env, TF_REATTACH_PROVIDERS: JSON.stringify(reattach) },
      },
      fleet: fleets.find((fleet) => fleetStackName(fleet.name) === name),
      stacks: [...fleets.map((fleet) => fleetStackName(fleet.name)), "edge-dns"],
      readState: (stack) => deployed.live.readState(stack),
    };
  }

  /** The object of a type that the author made, or the first one of several. */
  const id = (type: string, name?: string): string => {
    const objects = deployed.store.list(type);
    const found = objects.find(({ attributes }) => name === undefined || attributes["name"] === name);
    return found?.id ?? `no ${type}`;
  };

  /** All that an adoption must not touch while it only looks: the clouds and every state. */
  const everything = async () => ({
    clouds: JSON.stringify(deployed.store.list()),
    states: JSON.stringify(await Promise.all(scene.stacks.map((stack) => scene.readState(stack)))),
    beside: readdirSync(join(scene.stack.directory, "..", "..")).sort(),
  });

  async function refusal(...texts: string[]): Promise<string> {
    const before = await everything();
    const error: unknown = await prepareAdoption(scene, texts).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(await everything()).toEqual(before);
    return String(error);
  }

  /** Looks, which changes nothing; then adopts, which changes no cloud. */
  async function takeOver(...texts: string[]): Promise<Adoption> {
    const before = await everything();
    const adoption = await prepareAdoption(scene, texts);
    expect(await everything()).toEqual(before);
    const adopted: string[] = [];
    const outlook = await adopt(scene, adoption, ({ role }) => adopted.push(role.name));
    expect(adopted).toEqual(adoption.wanted.map(({ role }) => role.name));
    expect(JSON.stringify(deployed.store.list())).toBe(before.clouds);
    expect((await everything()).beside).toEqual(before.beside);
    // What was said before anything happened is what a plan says afterwards, but for the address, which is there now.
    expect({ ...outlook, addresses: {} }).toEqual({ ...adoption.outlook, addresses: {} });
    return adoption;
  }

  test("AWS: an accelerator with a listener and an endpoint group keeps its address, and all ids", async () => {
    await begin("aws-fleet", accelerator("my-edge"), { protect: true });
    const before = { accelerator: id(ACCELERATOR), listener: id(LISTENER), group: id(GROUP) };
    const { held, wanted, outlook } = await takeOver(
      `accelerator=${before.accelerator}`,
      `listener-tcp-443=${before.listener}`,
      `endpoints-tcp-443-us-east-1=${before.group}`,
    );
    expect([held.length, wanted.length]).toEqual([0, 3]);
    expect(outlook).toMatchObject({ changed: 2, replaced: 0, destroyed: 0 });
    expect(outlook.created).toBeGreaterThan(10);
    expect(outlook.changes["accelerator"]).toEqual(expect.arrayContaining(["name", "tags_all"]));
    expect(outlook.changes["listener-tcp-443"]).toEqual([]);
    expect(outlook.changes["endpoints-tcp-443-us-east-1"]).toEqual(
      expect.arrayContaining(["endpoint_configuration", "health_check_port", "health_check_protocol"]),
    );
    expect(outlook.addresses).toEqual({ anycast_ipv4: { before: undefined, after: "192.0.2.1" } });

    const planned = await deployed.apply("aws-fleet");
    expect(Object.values(planned).filter((actions) => actions.includes("delete"))).toEqual([]);
    expect((await deployed.outputs("aws-fleet"))["anycast_ipv4"]).toBe("192.0.2.1");
    expect(await deployed.plan("aws-fleet")).toEqual({});
    expect(
      [ACCELERATOR, LISTENER, GROUP].map((type) => deployed.store.list(type).map((each) => each.id)),
    ).toEqual([[before.accelerator], [before.listener], [before.group]]);
    expect((await deployed.live.read()).record.fleets["aws"]).toEqual({ release: "r1", share: 100 });
  });

  test("StackPath: a workload keeps its address and its slug, which begins its nodes' names", async () => {
    await begin("stackpath-fleet", { [WORKLOAD]: { edge: workload("edge-prod") } }, { protect: true });
    const own = id(WORKLOAD);
    const foreign = await refusal(`workload=${own}`);
    expect(foreign).toContain(
      'fleets.stackpath.slug: the workload\'s is "edge-prod", the fleet\'s would be "sandbox-stackpath"',
    );
    expect(foreign).toContain('Keep it: stackpath({ slug: "edge-prod", ... })');

    const fleets = [stackpathFleet({ slug: "edge-prod" })];
    await want("stackpath-fleet", { fleets, protect: true });
    const { outlook } = await takeOver(`workload=${own}`);
    expect(outlook).toMatchObject({ changed: 1, replaced: 0, destroyed: 0 });
    expect(outlook.changes["workload"]).toEqual(
      expect.arrayContaining(["name", "target", "virtual_machine"]),
    );
    expect(outlook.changes["workload"]).not.toContain("slug");
    expect(outlook.addresses["anycast_ipv4"]?.after).toBe("203.0.113.1");

    expect(await deployed.apply("stackpath-fleet")).toMatchObject({
      "stackpath_compute_workload.fleet_workload": "update",
    });
    expect((await deployed.outputs("stackpath-fleet"))["anycast_ipv4"]).toBe("203.0.113.1");
    expect(await deployed.plan("stackpath-fleet")).toEqual({});
    const [workloadNow] = deployed.store.list(WORKLOAD);
    expect(workloadNow?.id).toBe(own);
    const names = (workloadNow?.attributes["instances"] as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(["edge-prod-sea-sea-0", "edge-prod-sea-sea-1"]);
  });

  test("DNS: the zone and the wildcard, once the fleets are there", async () => {
    const zone = "edge.example.net";
    const record = { zone, domain: `*.${zone}`, type: "A", answers: [{ answer: "198.51.100.7" }] };
    await begin("edge-dns", {
      ns1_zone: { edge: { zone } },
      ns1_record: { edge: { ...record, depends_on: ["ns1_zone.edge"] } },
    });
    for (const stack of ["aws-fleet", "stackpath-fleet"]) await deployed.apply(stack);
    const { outlook } = await takeOver(`zone=${zone}`, `wildcard-a=${zone}/*.${zone}/A`);
    expect(outlook).toMatchObject({ replaced: 0, destroyed: 0 });
    expect(outlook.changes["wildcard-a"]).toContain("answers");

    // Nobody knows how much of the traffic that moves.
    const live = (await deployed.live.read()).record.fleets;
    await deployed.want({ live, variables: {} });
    await expect(deployed.plan("edge-dns")).rejects.toThrow(/What DNS shares now is not known/);
    await deployed.want({ live, variables: { POLYCAST_TRAFFIC_LIMIT: "100" } });
    await deployed.apply("edge-dns");
    await deployed.want({ live, variables: {} });
    expect(await deployed.plan("edge-dns")).toEqual({});
    expect(deployed.store.list("ns1_record")).toHaveLength(1);
  });

  test("everything that is wrong is said at once, and nothing is changed", async () => {
    await begin("aws-fleet", {
      ...accelerator("my-edge"),
      ...{ [WORKLOAD]: { edge: workload("edge-prod") } },
    });
    const [listener, own] = [id(LISTENER), id(ACCELERATOR)];
    const nobody = own.replace(/[^/]+$/, "no-such-accelerator");
    const said = await refusal(
      `accelerator=${nobody}`,
      `acelerator=${own}`,
      "accelerator",
      "=x",
      "accelerator=",
      `listener-tcp-443=${listener}`,
      `listener-tcp-443=${own}`,
      "live-record=1234",
      'us-east-1/network/vpc=${file("/etc/passwd")}',
    );
    expect(said.split("\n").filter((line) => line.startsWith("  - "))).toEqual([
      expect.stringContaining('"acelerator": no such role; nearest: "accelerator"'),
      '  - "accelerator": is not ROLE=ID',
      '  - "=x": is not ROLE=ID',
      '  - "accelerator=": is not ROLE=ID',
      '  - "listener-tcp-443": is given twice',
      expect.stringContaining(`  - accelerator: there is no ${ACCELERATOR} with the id "${nobody}"`),
      expect.stringContaining("  - live-record: "),
      '  - us-east-1/network/vpc: there is no aws_vpc with the id "${file(\\"/etc/passwd\\")}"',
      // Sound in itself; but the accelerator that it hangs on was not found.
      expect.stringContaining(
        `  - listener-tcp-443: the next deploy would replace it; accelerator_arn: "${own}" -> `,
      ),
    ]);
    expect(said).toContain('live-record: "1234": resource null_resource doesn\'t support import');
  });

  test("what would be replaced is named with its reasons, though a protected plan would only fail", async () => {
    const two = accelerator("one");
    for (const [type, named] of Object.entries(accelerator("other"))) two[type] = { ...two[type], ...named };
    await begin("aws-fleet", two, { protect: true });
    const listeners = deployed.store.list(LISTENER);
    const [one, other] = [id(ACCELERATOR, "one"), id(ACCELERATOR, "other")];
    const foreign = listeners.find(({ attributes }) => attributes["accelerator_arn"] === other)?.id;
    const said = await refusal(`accelerator=${one}`, `listener-tcp-443=${foreign}`);
    expect(said).toContain(
      `listener-tcp-443: the next deploy would replace it; accelerator_arn: "${other}" -> "${one}"`,
    );
    expect(said.match(/ {2}- /g)).toHaveLength(1);
  });

  test("a dual-stack accelerator is not made to lose its IPv6 addresses", async () => {
    await begin("aws-fleet", accelerator("my-edge", { ip_address_type: "DUAL_STACK" }));
    expect(await refusal(`accelerator=${id(ACCELERATOR)}`)).toContain(
      "fleets.aws.ipv6: is off, but the accelerator has IPv6 addresses",
    );
    await want("aws-fleet", { fleets: [awsFleet({ ipv6: true })] });
    // Ports that it has already would stand in the way of the fleet's own.
    const { outlook } = await takeOver(
      `accelerator=${id(ACCELERATOR)}`,
      `listener-tcp-443=${id(LISTENER)}`,
      `endpoints-tcp-443-us-east-1=${id(GROUP)}`,
    );
    expect(outlook.addresses["anycast_ipv4"]?.after).toBe("192.0.2.1");
    await deployed.apply("aws-fleet");
    expect((await deployed.outputs("aws-fleet"))["anycast_ipv6"]).toBe("2001:db8:a::1");
  });

  test("AWS: a fleet that runs already swaps its accelerator for the adopted one, and nothing else changes", async () => {
    await begin("aws-fleet", accelerator("my-edge"));
    await deployed.apply("aws-fleet");
    const terraform = await deployed.terraform("aws-fleet");
    const listed = (await terraform.run("state", "list")).stdout.split("\n");
    const released = listed.filter((address) => address.startsWith("aws_globalaccelerator_"));
    expect((await terraform.run("state", "rm", ...released)).status).toBe(0);
    const of = (type: string, at: string) =>
      deployed.store.list(type).find(({ id: each }) => each.startsWith(at) && each !== at)?.id ?? "";
    const own = id(ACCELERATOR, "my-edge");
    const { outlook } = await takeOver(
      `accelerator=${own}`,
      `listener-tcp-443=${of(LISTENER, own)}`,
      `endpoints-tcp-443-us-east-1=${of(GROUP, own)}`,
    );
    expect(outlook).toMatchObject({ created: 0, changed: 2, replaced: 0, destroyed: 0 });
    expect(outlook.addresses).toEqual({ anycast_ipv4: { before: "192.0.2.2", after: "192.0.2.1" } });
    expect(Object.keys(await deployed.apply("aws-fleet")).sort()).toEqual([
      `${ACCELERATOR}.fleet_accelerator`,
      `${GROUP}.fleet_endpoints-tcp-443-us-east-1`,
    ]);
    expect((await deployed.outputs("aws-fleet"))["anycast_ipv4"]).toBe("192.0.2.1");
  });

  test("a workload without an anycast address is none for a fleet", async () => {
    await begin("stackpath-fleet", { [WORKLOAD]: { edge: workload("sandbox-stackpath", {}) } });
    const said = await refusal(`workload=${id(WORKLOAD)}`);
    expect(said).toContain('the workload "sandbox-stackpath" has no anycast address');
    expect(said.match(/ {2}- /g)).toHaveLength(1);
  });

  test("what a state has already: the same object is left alone, another one or another's is refused", async () => {
    const fleets = [awsFleet(), awsFleet({ name: "aws2" })];
    await begin("aws-fleet", accelerator("my-edge"), { fleets });
    const accelerators = [id(ACCELERATOR)];
    await takeOver(`accelerator=${accelerators[0]}`);

    // As after a run that was interrupted: it goes on from there.
    const again = await takeOver(`accelerator=${accelerators[0]}`, `listener-tcp-443=${id(LISTENER)}`);
    expect(again.held.map(({ role }) => role.name)).toEqual(["accelerator"]);
    expect(again.wanted.map(({ role }) => role.name)).toEqual(["listener-tcp-443"]);

    expect(await refusal(`accelerator=${id(LISTENER)}`)).toContain(
      `accelerator: the state has "${accelerators[0]}" there already`,
    );
    expect(await refusal(`listener-tcp-443=${id(GROUP)}`)).toContain("there already");

    await want("aws2-fleet", { fleets });
    expect(await refusal(`accelerator=${accelerators[0]}`)).toMatch(
      new RegExp(`accelerator: "${accelerators[0]}" belongs to aws-fleet already, as ${ACCELERATOR}\\.`),
    );
  });

  test("a stack that cannot be planned at all is not the objects' fault", async () => {
    await begin("aws-fleet", accelerator("my-edge"));
    writeFileSync(join(scene.stack.directory, "broken.tf"), 'output "x" { value = nonsense.y }\n');
    const said = await refusal(`accelerator=${id(ACCELERATOR)}`);
    expect(said).toContain("Terraform cannot plan aws-fleet:\n  - aws-fleet: ");
    expect(said).not.toContain("- accelerator");
  });
});

describeWithTerraform("polycast adopt", () => {
  let home: SandboxHome;
  beforeEach(() => (home = new SandboxHome()));
  afterEach(async () => {
    await home.dispose();
    expect(home.processes()).toEqual([]);
  });

  test("an edge made by hand is adopted into both fleets, deployed, and answers at its old addresses", async () => {
    await home.succeed("sandbox", "up");
    const edge = join(home.directory, "edge");
    mkdirSync(edge);
    const resource = { ...accelerator("my-edge"), [WORKLOAD]: { edge: workload("sandbox-stackpath") } };
    writeFileSync(join(edge, "main.tf.json"), JSON.stringify(handMade(resource)));
    const terraform = (...args: string[]) =>
      home.succeed("sandbox", "exec", "--", "terraform", `-chdir=${edge}`, ...args);
    await terraform("init", "-input=false");
    await terraform("apply", "-input=false", "-auto-approve");
    const made = JSON.parse(readFileSync(join(edge, "terraform.tfstate"), "utf8")) as {
      resources: { type: string; instances: { attributes: { id: string } }[] }[];
    };
    const id = (type: string) =>
      made.resources.find((each) => each.type === type)?.instances[0]?.attributes.id ?? "";

    const files = () =>
      [join(home.places.clouds, "clouds.jsonl"), ...["aws-fleet", "stackpath-fleet"].map(statePath)].map(
        (path) => (existsSync(path) ? readFileSync(path, "utf8") : ""),
      );
    const statePath = (stack: string) => join(home.places.directory, "state", `${stack}.tfstate`);
    const before = files();
    for (const [args, message] of [
      [["aws-flet", "accelerator=x"], '"aws-flet": nearest: "aws-fleet"'],
      [["stackpath-fleet", "workload=no-such-id"], "workload: there is no stackpath_compute_workload"],
    ] as const) {
      const refused = await home.run("adopt", ...args, "--auto-approve");
      expect([refused.code, refused.stdout]).toEqual([1, ""]);
      expect(refused.stderr).toContain(message);
      expect(files()).toEqual(before);
    }

    const objects = [
      `accelerator=${id(ACCELERATOR)}`,
      `listener-tcp-443=${id(LISTENER)}`,
      `endpoints-tcp-443-us-east-1=${id(GROUP)}`,
    ];
    const aws = await home.succeed("adopt", "aws-fleet", ...objects, "--auto-approve");
    expect(aws.stdout).toContain("listener-tcp-443: stays as it is");
    expect(aws.stdout).toContain("anycast_ipv4: 192.0.2.1\n");
    expect(aws.stdout).toMatch(/And in all: \d+ created, 2 changed in place, 0 replaced, 0 destroyed\./);
    const stackpath = await home.succeed(
      ...["adopt", "stackpath-fleet", `workload=${id(WORKLOAD)}`, "--auto-approve", "--json"],
    );
    expect(JSON.parse(stackpath.stdout)).toMatchObject({
      stack: "stackpath-fleet",
      adopted: { workload: id(WORKLOAD) },
      held: {},
      next: { replaced: 0, destroyed: 0, addresses: { anycast_ipv4: { after: "203.0.113.1" } } },
    });
    expect(files()[0]).toBe(before[0]);

    const listed = JSON.parse((await home.succeed("adopt", "aws-fleet", "--list", "--json")).stdout) as {
      name: string;
      type: string;
      id?: string;
    }[];
    expect(listed.find(({ name }) => name === "accelerator")).toMatchObject({
      type: ACCELERATOR,
      id: id(ACCELERATOR),
    });
    expect(listed.filter((role) => role.id !== undefined)).toHaveLength(3);
    const { stdout } = await home.succeed("start");
    expect(stdout).toMatch(/aws-fleet +192\.0\.2\.1 /);
    expect(stdout).toMatch(/stackpath-fleet +203\.0\.113\.1 /);
    expect(stdout).toMatch(/Deployed: \d+ added, 3 changed, 0 destroyed\./);
    expect(home.stateObjects("aws-fleet")).toContain(`${ACCELERATOR} ${id(ACCELERATOR)}`);
    expect(home.stateObjects("stackpath-fleet")).toContain(`${WORKLOAD} ${id(WORKLOAD)}`);
  });
});
