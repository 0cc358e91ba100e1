import { nodeFileSchema, type NodeFile } from "../../constructs/fleet/node-file";
import { letsIn, type Door } from "../../constructs/fleet/open-ports";
import type { CloudObject, Values } from "../../constructs/fleet/simulation";
import { after, demand, type Assertion } from "./assertion";
import { LISTENERS, demandBy, type Declaration } from "./declaration";
import { CANARY, namesBySite, type Chapter, type NodeSeen, type Step } from "./story";
import { FIRST_RELEASE, NEXT_RELEASE, simulationOf, sitesOf } from "./subject";

const PORTS = LISTENERS.map(({ protocol, port }) => `${protocol} ${port}`).sort();

/** Nothing went wrong, and Terraform has nothing left to do. */
function goesThrough(chapter: Chapter, what: string): readonly Assertion[] {
  return [
    after(
      chapter,
      what,
      "NAME-fleet.ts: read what Terraform says; what the cloud refuses stands in simulation.ts",
      ({ errors }) => errors,
    ),
    after(
      chapter,
      `${what}: a second plan is empty`,
      "simulation.ts: `create` and `update` return what the plugin reads back; schema.json says what is computed",
      ({ again }) => Object.entries(again).map(([address, actions]) => `${address}: ${actions}`),
      ["again"],
    ),
  ];
}

/** Each node is healthy, and there are as many as wished. */
function hasItsNodes(chapter: Chapter, what: string): Assertion {
  return after(chapter, what, "simulation.ts: `life.nodeGroups`, and the nodes of NAME-fleet.ts", (step) => [
    ...demand(Object.keys(step.wished).length > 0, "it did not get that far"),
    ...step.nodes
      .filter(({ health }) => health !== "healthy")
      .map(({ name, health, reason = "" }) => `${name} is ${health} ${reason}`),
    ...Object.entries(step.wished).flatMap(([site, wished]) => {
      const there = step.nodes.filter((node) => node.site === site).length;
      return demand(there === wished, `${site} has ${there} nodes of ${wished}`);
    }),
    ...step.nodes
      .filter(({ site }) => !(site in step.wished))
      .map(({ name, site }) => `${name} is at ${site}, where nothing should be`),
  ]);
}

/** The same text, and, where the provider gives it, still held by an object that held it before. */
function keepsItsAddress(chapter: Chapter, when: string): Assertion {
  const todo = "NAME-fleet.ts: what holds the address may not be replaced";
  return after(chapter, `keeps its address ${when}`, todo, (step, { provider }, { deployed }) => {
    const [before, now] = [deployed, step].map((each) => addressesOf(each?.outputs ?? {}));
    const held = new Set(deployed === undefined ? [] : holdersOf(deployed));
    return [
      ...demand(before === now && before !== "", `it was ${before}, and is ${now}`),
      ...demand(
        provider.reach === "bgp" || holdersOf(step).some((id) => held.has(id)),
        "another object holds it",
      ),
    ];
  });
}

/** Ids of the objects that speak of its address. */
function holdersOf({ objects, outputs }: Step): readonly string[] {
  const address = String(outputs["anycast_ipv4"]);
  return objects.filter(({ attributes }) => JSON.stringify(attributes).includes(address)).map(({ id }) => id);
}

function addressesOf(outputs: Step["outputs"]): string {
  return [outputs["anycast_ipv4"], outputs["anycast_ipv6"]].filter(Boolean).join(" ");
}

/** What every node's file says. */
function tells(what: string, wrong: (file: NodeFile, node: NodeSeen, declaration: Declaration) => boolean) {
  return after(
    "deployed",
    `tells its nodes ${what}`,
    "NAME-fleet.ts: build user data with `makeMachines`, or `nodeFile` and `userData`",
    (step, declaration) => [
      ...demand(step.nodes.length > 0, "there are no nodes"),
      ...step.nodes.flatMap((node) => {
        if (node.file === undefined) return [`${node.name} has no node file: ${node.reason ?? ""}`];
        return demand(!wrong(node.file, node, declaration), `${node.name} is told otherwise`);
      }),
    ],
  );
}

/** Objects of the fleet's own provider, without those of others in its stack. */
function ownObjects({ objects }: Step, { subject, provider }: Declaration): readonly CloudObject[] {
  return objects.filter(
    ({ provider: source }) => simulationOf(subject, provider.provider)?.source === source,
  );
}

const TAGS = ["tags_all", "tags", "labels", "tag"];

/** What an object is tagged with; undefined: its type has no tags. */
function tagsOf(attributes: Values): string | undefined {
  const names = TAGS.filter((each) => each in attributes);
  return names.length === 0 ? undefined : JSON.stringify(names.map((name) => attributes[name]));
}

/** The fewest healthy nodes that a site may have while a release goes round. */
function leastHealthy({ provider }: Declaration, nodes: number): number {
  return { surge: nodes, rolling: nodes - 1, "all-at-once": 0 }[provider.abilities.replacement];
}

/** What becomes of a fleet under real Terraform. */
export const LIVED: readonly Assertion[] = [
  after(
    "named",
    "can be planned under the longest name that it takes",
    "NAME.ts: `check` refuses longer ones",
    ({ errors }) => errors,
  ),

  ...goesThrough("deployed", "applies"),
  hasItsNodes("deployed", "has the nodes that were wished"),
  after(
    "deployed",
    "gives every node a name of its own",
    "NAME-fleet.ts: `machineName`, or a name of the cloud's",
    ({ nodes }) => demand(new Set(nodes.map(({ name }) => name)).size === nodes.length, "two have one name"),
  ),
  after("deployed", "has an IPv4 address", "NAME-fleet.ts: `anycast.ipv4`", ({ outputs }) =>
    demand(
      /^\d+(\.\d+){3}$/.test(String(outputs["anycast_ipv4"])),
      `it is ${String(outputs["anycast_ipv4"])}`,
    ),
  ),
  after(
    "deployed",
    "has an IPv6 address where it was wished",
    "NAME-fleet.ts: `anycast.ipv6`",
    ({ outputs }, { subject }) => {
      const has = addressesOf(outputs).includes(":");
      return demand(has === (subject.wish.ipv6 === true), `it is ${String(outputs["anycast_ipv6"])}`);
    },
  ),
  after(
    "deployed",
    "is reached at the port of every listener",
    "simulation.ts: `life.anycast`, and the listeners in NAME-fleet.ts",
    ({ ports }) => PORTS.filter((port) => !ports.includes(port)).map((port) => `${port} leads nowhere`),
  ),
  after("deployed", "opens no other port", "NAME-fleet.ts: lead to the listeners alone", ({ ports }) =>
    ports.filter((port) => !PORTS.includes(port)).map((port) => `${port} is open`),
  ),
  after(
    "deployed",
    "lets clients in at the port of every listener",
    "NAME-fleet.ts: its firewall, of which simulation.ts says `openPorts`",
    ({ nodes, outputs }) => [
      ...demand(nodes.length > 0, "there are no nodes"),
      ...nodes.flatMap(({ name, open }) =>
        doorsOf(outputs)
          .filter((door) => !letsIn(open, door))
          .map(({ family, protocol, port }) => `${family} ${protocol} ${port} of ${name} is closed`),
      ),
    ],
  ),
  after(
    "deployed",
    "lets nobody in at another port",
    "NAME-fleet.ts: its firewall, of which simulation.ts says `openPorts`",
    ({ nodes }) => [
      ...demand(nodes.length > 0, "there are no nodes"),
      ...nodes.flatMap(({ name, open }) =>
        open
          .filter(({ protocol, from, to }) => from !== to || !PORTS.includes(`${protocol} ${from}`))
          .map(({ family, protocol, from, to }) => {
            const ports = from === to ? String(from) : `${from}-${to}`;
            return `${family} ${protocol} ${ports} of ${name} is open to everybody`;
          }),
      ),
    ],
  ),
  after(
    "deployed",
    "leads clients to a node",
    "simulation.ts: `life.anycast` leads to groups that `life.nodeGroups` has",
    ({ nodes }) =>
      nodes
        .filter(({ answeredFrom }) => answeredFrom === undefined)
        .map(({ site }) => `nobody answers at ${site}`),
  ),
  after(
    "deployed",
    "shows no secret in its plan",
    "schema.json: what carries user data is sensitive, as the token in it is, or NAME-fleet.ts shows it",
    ({ shown }) =>
      demand(
        shown !== "" && ![CANARY, base64(CANARY)].some((text) => shown.includes(text)),
        "the join token can be read in it",
      ),
    ["shown"],
  ),
  after(
    "deployed",
    "gives every node its join token",
    "NAME-fleet.ts: give `userData` what `secretFilesOf` says, or use `makeMachines`",
    ({ objects }) =>
      demand(
        JSON.stringify(objects).includes(base64(`${CANARY}\n`)) || hasInner(objects, base64(`${CANARY}\n`)),
        "no object carries it to a node",
      ),
  ),
  after(
    "deployed",
    "tags all that can be tagged",
    "NAME-fleet.ts: `ownerTags`, on all that schema.json has tags for",
    (step, declaration) => {
      const tagged = ownObjects(step, declaration).map((object) => ({
        ...object,
        tags: tagsOf(object.attributes),
      }));
      return [
        ...demand(
          tagged.some(({ tags }) => tags !== undefined),
          "no object has tags",
        ),
        ...tagged
          .filter(({ tags }) => tags !== undefined && !tags.includes(declaration.provider.name))
          .map(({ type, id }) => `${type} ${id} does not say whose it is`),
      ];
    },
  ),
  tells("by a file of the form that all nodes know", (file) => !nodeFileSchema.safeParse(file).success),
  tells("the environment, the provider and the fleet", (file, _, { provider, environment }) =>
    [
      file.environment !== environment.name,
      file.provider !== provider.provider,
      file.fleet !== provider.name,
    ].some(Boolean),
  ),
  tells("their site", (_, { site }, { subject }) => !(site in subject.wish.sites)),
  tells("their release", ({ release }) => release !== FIRST_RELEASE),
  tells(
    "every listener",
    ({ listeners }) =>
      JSON.stringify(listeners.map(({ protocol, port }) => `${protocol} ${port}`).sort()) !==
      JSON.stringify(PORTS),
  ),
  tells("where they are asked for their health", ({ health }, _, declaration) => {
    const { port, path } = demandBy(declaration).health;
    return health.port !== port || health.path !== path;
  }),
  tells(
    "where they register",
    (file, _, { environment }) => file.controlPlaneUrl !== environment.controlPlaneUrl,
  ),
  tells("that they have a join token", ({ joinToken }) => joinToken !== true),
  tells(
    "how they announce the address, where it is they who do",
    (file, _, { provider }) => (provider.reach === "bgp") !== (file.bgp !== undefined),
  ),
  after(
    "deployed",
    "tells its nodes of routers that there are",
    "NAME-bgp.ts: the provider's own routers, or where a node's metadata names them",
    ({ nodes }) =>
      nodes.flatMap(({ name, file }) => {
        const routers = file?.bgp?.neighbours ?? [];
        const madeUp =
          Array.isArray(routers) && routers.some(({ address }) => address.startsWith("192.0.2."));
        return demand(!madeUp, `a router of ${name} has an address of documentation`);
      }),
  ),
  after(
    "deployed",
    "leaves its release and capacity in the state",
    "NAME.ts: `wish` and `name` are those that were given",
    ({ outputs, wished }, { provider }) => {
      const nodes = Object.values(wished).reduce((sum, each) => sum + each, 0);
      const capacity = nodes * provider.wish.connectionsPerNode;
      return [
        ...demand(outputs["release"] === FIRST_RELEASE, `release ${String(outputs["release"])}`),
        ...demand(
          outputs["capacity_connections"] === capacity,
          `capacity ${String(outputs["capacity_connections"])}`,
        ),
      ];
    },
  ),

  ...goesThrough("widened", "takes a node and a site more"),
  hasItsNodes("widened", "has the nodes of both sites"),
  after(
    "widened",
    "scales in place",
    "NAME-fleet.ts: counts and sites may not replace what is there",
    ({ actions }) =>
      Object.entries(actions)
        .filter(([, action]) => action.includes("delete"))
        .map(([address, action]) => `${address}: ${action}`),
  ),
  after(
    "widened",
    "loses no more than it declares when it grows",
    "NAME.ts: `ABILITIES.replacement` says less, or NAME-fleet.ts keeps it: new before old",
    losses,
  ),
  keepsItsAddress("widened", "when it grows"),

  ...goesThrough("rolled", "rolls a release out"),
  hasItsNodes("rolled", "has its nodes after a release"),
  after(
    "rolled",
    "runs the new release on every node",
    "NAME-fleet.ts: a new image is a new machine: `madeOf`, or user data that change",
    ({ nodes }) => [
      ...demand(nodes.length > 0, "there are no nodes"),
      ...nodes
        .filter(({ release }) => release !== NEXT_RELEASE)
        .map(({ name, release }) => `${name} runs ${release}`),
    ],
  ),
  after(
    "rolled",
    "loses no more nodes than it declares",
    "NAME.ts: `ABILITIES.replacement` says less, or NAME-fleet.ts keeps it: new before old",
    losses,
  ),
  after(
    "rolled",
    "never loses more than one site",
    "NAME-fleet.ts: site after site: `makeMachines`, or `dependsOn`",
    ({ sitesLost }) => demand(sitesLost <= 1, `${sitesLost} were lost at once`),
  ),
  keepsItsAddress("rolled", "when a release is rolled out"),

  ...goesThrough("mixed", "takes another release at one site"),
  ofMixed("runs another release at one site, where it says that it can", ({ nodes, outputs }, first) => [
    ...demand(nodes.length > 0, "there are no nodes"),
    ...nodes
      .filter(({ site, release }) => (release === outputs["release"]) === (site === first))
      .map(({ name, site, release }) => `${name} at ${site} runs ${release}`),
  ]),
  ofMixed(
    "leaves the other sites' nodes as they are meanwhile",
    ({ stood, nodes, before, fewest }, first) => {
      const now = namesBySite(nodes);
      return Object.keys(stood)
        .filter((site) => site !== first)
        .flatMap((site) => [
          ...demand(now[site]?.join() === stood[site]?.join(), `${site} has other nodes than before`),
          ...demand(fewest[site] === before[site], `${site} lost a node meanwhile`),
        ]);
    },
  ),
  ofMixed("plans nothing of the other sites meanwhile", ({ actions }, _, second) =>
    // Objects of a site have its name in their address.
    Object.keys(actions).filter((address) => new RegExp(`[._]${second}[-_]`).test(address)),
  ),

  ...goesThrough("vanished", "survives a node that vanished"),
  hasItsNodes("vanished", "has a node again for one that vanished"),
  after(
    "vanished",
    "makes nothing anew but the node",
    "NAME-fleet.ts: nodes depend on nothing of each other that is known only later",
    ({ actions }) => [
      // Its machine, and what belongs to that.
      ...demand(Object.keys(actions).length <= 2, `${Object.keys(actions).length} objects changed`),
      ...Object.values(actions).filter((action) => action.includes("delete")),
    ],
  ),
  keepsItsAddress("vanished", "when a node vanishes"),

  ...goesThrough("adopted", "adopts what was made elsewhere"),
  after(
    "adopted",
    "replaces nothing that it adopts",
    "behaviour.json: what an import leaves unknown may not be `force_new`",
    ({ actions }) =>
      Object.entries(actions)
        .filter(([, action]) => action !== "update")
        .map(([address, action]) => `${address}: ${action}`),
  ),
  keepsItsAddress("adopted", "when it is adopted"),

  ...goesThrough("narrowed", "gives a node and a site back"),
  hasItsNodes("narrowed", "leaves the other site its nodes"),
  keepsItsAddress("narrowed", "when it shrinks"),

  after(
    "destroyed",
    "can be destroyed",
    "NAME-fleet.ts: an order that the cloud accepts: `dependsOn`",
    ({ errors }) => errors,
  ),
  after(
    "destroyed",
    "leaves no object behind",
    "simulation.ts: what the cloud makes beside an object goes with it",
    ({ objects }) => objects.map(({ type, id }) => `${type} ${id}`),
  ),
  after(
    "destroyed",
    "leaves no node and no open port behind",
    "simulation.ts: `life` follows the objects alone",
    ({ nodes, ports }) => [...nodes.map(({ name }) => name), ...ports],
  ),
];

/** Each listener in each family that the fleet has an address of. */
function doorsOf(outputs: Step["outputs"]): readonly Door[] {
  return (["ipv4", "ipv6"] as const)
    .filter((family) => outputs[`anycast_${family}`] !== undefined)
    .flatMap((family) => LISTENERS.map(({ protocol, port }) => ({ family, protocol, port })));
}

/** Where the provider says that its sites can differ. */
function ofMixed(
  name: string,
  wrong: (step: Step, first: string, second: string) => readonly string[],
): Assertion {
  const todo =
    "NAME-fleet.ts: build each site of `releaseAt(release, site)`, or say `releasePerSite: false` in NAME.ts";
  return after("mixed", name, todo, (step, { provider, subject }) =>
    provider.abilities.releasePerSite ? wrong(step, ...sitesOf(subject)) : [],
  );
}

function losses({ before, fewest }: Step, declaration: Declaration): readonly string[] {
  return Object.entries(before).flatMap(([site, nodes]) => {
    const [least, healthy] = [leastHealthy(declaration, nodes), fewest[site] ?? 0];
    return demand(healthy >= least, `${site} had ${healthy} healthy nodes; ${least} are the least`);
  });
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** Whether an object has a text within user data that are themselves written in base64. */
function hasInner(objects: readonly CloudObject[], text: string): boolean {
  return objects.some(({ attributes }) =>
    Object.values(attributes).some(
      (value) => typeof value === "string" && Buffer.from(value, "base64").toString().includes(text),
    ),
  );
}
