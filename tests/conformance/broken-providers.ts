import {
  ComputeNetworkPolicy,
  type ComputeNetworkPolicyIngress,
} from "../../.gen/providers/stackpath/compute-network-policy";
import type { DataPlaneFleet } from "../../constructs/fleet/data-plane-fleet";
import type { FleetProps, FleetProvider } from "../../constructs/fleet/fleet-provider";
import { releaseAt } from "../../constructs/fleet/fleet-releases";
import {
  Refusal,
  type CloudLife,
  type ProviderSimulation,
  type Values,
} from "../../constructs/fleet/simulation";
import { stackpath as simulation } from "../../constructs/providers/stackpath/simulation";
import { stackpath } from "../../constructs/providers/stackpath/stackpath";
import { StackPathFleet } from "../../constructs/providers/stackpath/stackpath-fleet";
import type { StackPathWish } from "../../constructs/providers/stackpath/stackpath-wish";
import { staticKey } from "../../constructs/secrets/static-key";
import { recordedRelease } from "../../live/live-release";
import { simulations } from "../../sandbox/simulations";
import { CANARY } from "./story";
import type { Subject } from "./subject";

/** A provider with one mistake, and the assertion that is meant to find it. */
export interface BrokenProvider {
  readonly mistake: string;
  /** Name of the assertion. */
  readonly foundBy: string;
  readonly subject: Subject<StackPathWish>;
}

const WISH: StackPathWish = {
  size: { cpu: 2, memoryGiB: 4 },
  connectionsPerNode: 1_000,
  logs: staticKey({ region: "us-east-1" }),
  sites: { SEA: { nodes: 2 }, AMS: { nodes: 2 } },
};

/** The provider as it should be. */
export const SOUND: Subject<StackPathWish> = { make: stackpath, wish: WISH };

/** It says that its sites can run different releases, and builds them so. */
function differs(
  mistake: string,
  foundBy: string,
  given: (props: FleetProps) => FleetProps,
  then: (fleet: StackPathFleet, props: FleetProps) => DataPlaneFleet = (fleet) => fleet,
): BrokenProvider {
  return says(mistake, foundBy, (sound) => ({
    abilities: { ...sound.abilities, releasePerSite: true },
    fleet: (scope, id, props) => then(stackpathFleet(sound.fleet(scope, id, given(props))), props),
  }));
}

type Change = (sound: FleetProvider, wish: StackPathWish) => Partial<FleetProvider>;

/** It declares or checks something else. */
function says(mistake: string, foundBy: string, change: Change): BrokenProvider {
  const make = (wish: StackPathWish): FleetProvider => {
    const sound = stackpath(wish);
    return { ...sound, ...change(sound, wish) };
  };
  return { mistake, foundBy, subject: { make, wish: WISH } };
}

/** It builds something else: of other props, or changed after it was built. */
function builds(
  mistake: string,
  foundBy: string,
  {
    given = (props) => props,
    then = (fleet) => fleet,
  }: {
    readonly given?: (props: FleetProps) => FleetProps;
    readonly then?: (fleet: StackPathFleet, props: FleetProps) => DataPlaneFleet;
  },
): BrokenProvider {
  return says(mistake, foundBy, (sound) => ({
    fleet: (scope, id, props) => then(stackpathFleet(sound.fleet(scope, id, given(props))), props),
  }));
}

function stackpathFleet(fleet: DataPlaneFleet): StackPathFleet {
  if (fleet instanceof StackPathFleet) return fleet;
  throw new TypeError("it is another provider's fleet");
}

/** Its cloud does something else. */
function behaves(
  mistake: string,
  foundBy: string,
  change: (sound: ProviderSimulation) => ProviderSimulation,
): BrokenProvider {
  const changed = simulations.map((each) => (each === simulation ? change(each) : each));
  return { mistake, foundBy, subject: { ...SOUND, simulations: changed } };
}

function withLife(change: (life: CloudLife) => CloudLife) {
  return (sound: ProviderSimulation): ProviderSimulation => ({ ...sound, life: change(sound.life ?? {}) });
}

const WORKLOAD = "stackpath_compute_workload";

function withWorkload(
  change: (
    sound: ProviderSimulation["resources"][string],
  ) => Partial<ProviderSimulation["resources"][string]>,
) {
  return (sound: ProviderSimulation): ProviderSimulation => {
    const workload = sound.resources[WORKLOAD];
    if (workload === undefined) throw new Error("no workload");
    return { ...sound, resources: { ...sound.resources, [WORKLOAD]: { ...workload, ...change(workload) } } };
  };
}

const EVERYBODY = { ipBlock: [{ cidr: "0.0.0.0/0" }] };

/** Other rules of its firewall. */
function withFirewall(
  change: (rules: readonly ComputeNetworkPolicyIngress[]) => ComputeNetworkPolicyIngress[],
) {
  return (fleet: StackPathFleet): DataPlaneFleet => {
    for (const child of fleet.node.children) {
      if (!(child instanceof ComputeNetworkPolicy)) continue;
      child.putIngress(change(child.ingressInput as ComputeNetworkPolicyIngress[]));
    }
    return fleet;
  };
}

/** Another text in the workload's user data. */
function otherUserData(from: string | RegExp, to: string) {
  return (fleet: StackPathFleet): DataPlaneFleet => {
    const text = fleet.workload.virtualMachineInput?.userData?.replace(from, to);
    fleet.workload.addOverride("virtual_machine.user_data", text);
    return fleet;
  };
}

const ADDRESS = "anycast.platform.stackpath.net/subnets";

/** Each mistake is one that somebody who adds a provider can make. */
export const BROKEN: readonly BrokenProvider[] = [
  // What it says of itself.
  says("its own name whatever the wish", "takes the name that it is given", () => ({ name: "stackpath" })),
  says("a name with a capital", "has a name that is a word", () => ({ provider: "StackPath" })),
  says("a form that takes anything", "refuses a key that no wish has", ({ wishSchema }) => ({
    wishSchema: (wishSchema as typeof wishSchema & { loose(): typeof wishSchema }).loose(),
  })),
  says("sizes that it cannot build", "builds every size that it lists", ({ sizes }) => ({
    sizes: [...sizes, { cpu: 64, memoryGiB: 128 }],
    fleet: (scope, id, props) => {
      throw new Error(`no plan for ${id} ${String(props.sandbox)} ${String(scope)}`);
    },
  })),
  says("prices that nobody knows", "knows what its nodes cost", () => ({ monthlyPrice: () => NaN })),
  says("prices upside down", "asks no less for more", () => ({ monthlyPrice: ({ cpu }) => 100 / cpu })),
  says("IPv6 that it does not have", "has IPv6, or says why not", ({ abilities }) => ({
    abilities: { ...abilities, ipv6: true },
  })),
  says("UDP that it refuses", "has UDP, or says why not", (sound) => ({
    check: (demand, release) => [
      ...sound.check(demand, release),
      ...demand.listeners
        .filter(({ protocol }) => protocol === "UDP")
        .map(() => ({ where: "fleets.stackpath", what: "no UDP" })),
    ],
  })),
  says("no reason for what it lacks", "keeps clients at their node, or says why not", ({ abilities }) => ({
    abilities: { ...abilities, sourceIpAffinity: "no" },
  })),
  says("a site taken for granted", "refuses a site that is nowhere", () => ({ check: () => [] })),
  says("an image taken for granted", "refuses 7 as an image", () => ({ check: () => [] })),
  says("the first mistake only", "names all problems at once", (sound) => ({
    check: (demand, release) => sound.check(demand, release).slice(0, 1),
  })),
  says("user data of any length", "refuses user data that are too long", (sound) => ({
    check: (demand, release) =>
      sound.check(demand, release).filter(({ what }) => !what.includes("user data")),
  })),
  says("no credentials", "says which credentials it needs", () => ({ credentials: [] })),
  says("no policies", "brings policies of its own", () => ({ policies: [] })),
  says("names of any length", "can be planned under the longest name that it takes", (sound, wish) => ({
    fleet: (scope, id, props) => {
      const made = stackpathFleet(sound.fleet(scope, id, props));
      // A limit that the cloud has and the check does not know.
      if ((wish.name ?? "").length > 20) made.workload.addOverride("annotations", 7);
      return made;
    },
  })),

  // What it builds.
  builds("a secret in the clear", "writes no secret into a stack", {
    then: (fleet) => {
      fleet.workload.addOverride("labels.key", process.env["STACKPATH_CLIENT_SECRET"] ?? "none");
      return fleet;
    },
  }),
  builds("the time of day", "synthesizes the same twice", {
    then: (fleet) => {
      fleet.workload.addOverride("labels.made", String(performance.now()));
      return fleet;
    },
  }),
  builds("a path of this machine", "names no path of this machine", {
    then: (fleet) => {
      fleet.workload.addOverride("labels.from", process.cwd());
      return fleet;
    },
  }),
  builds("an address that is not protected", "protects the address that it was given", {
    given: (props) => ({ ...props, protect: false }),
  }),
  builds("a capacity of its own", "reports the capacity of its wish", {
    then: (fleet) => Object.assign(fleet, { capacity: { connections: 7 } }),
  }),
  builds("the token in the plan", "shows no secret in its plan", {
    then: (fleet) => {
      fleet.workload.addOverride("labels.token", CANARY);
      return fleet;
    },
  }),
  builds("nodes without their token", "gives every node its join token", {
    given: (props) => {
      const others: { joinToken?: string } & FleetProps = { ...props };
      delete others.joinToken;
      return others;
    },
  }),
  builds("objects without tags", "tags all that can be tagged", {
    then: (fleet) => {
      for (const child of fleet.node.children) {
        if (child instanceof ComputeNetworkPolicy) child.resetLabels();
      }
      return fleet;
    },
  }),
  builds("a port more", "opens no other port", {
    given: (props) => ({ ...props, listeners: [...props.listeners, { port: 8080, protocol: "TCP" }] }),
  }),
  builds("a port less", "is reached at the port of every listener", {
    given: (props) => ({ ...props, listeners: props.listeners.slice(0, 1) }),
  }),
  builds("a firewall with a hole", "lets nobody in at another port", {
    then: withFirewall((rules) => [
      ...rules,
      { action: "ALLOW", protocol: { tcp: { destinationPorts: ["8080"] } }, from: EVERYBODY },
    ]),
  }),
  builds("a firewall with a range", "lets nobody in at another port", {
    then: withFirewall((rules) => [
      ...rules,
      { action: "ALLOW", protocol: { udp: { destinationPorts: ["400-500"] } }, from: EVERYBODY },
    ]),
  }),
  builds("a firewall that forgets a listener", "lets clients in at the port of every listener", {
    then: withFirewall((rules) => rules.slice(1)),
  }),
  builds("another health path", "tells its nodes where they are asked for their health", {
    given: (props) => ({ ...props, health: { ...props.health, path: "/other" } }),
  }),
  builds("another release", "tells its nodes their release", {
    given: (props) => ({ ...props, release: { ...props.release, id: "latest" } }),
  }),
  builds("a node file of its own form", "tells its nodes by a file of the form that all nodes know", {
    then: otherUserData('\\"version\\": 1', '\\"version\\": 0'),
  }),
  builds("another environment", "tells its nodes the environment, the provider and the fleet", {
    given: (props) => ({ ...props, environment: "other" }),
  }),
  builds("another control plane", "tells its nodes where they register", {
    given: (props) => ({ ...props, controlPlaneUrl: "https://other.example.net" }),
  }),
  builds("an address of the release", "keeps its address when a release is rolled out", {
    then: (fleet, { release }) => {
      fleet.workload.addOverride("slug", `sandbox-${release.id}`);
      return fleet;
    },
  }),
  builds("the first release for ever", "runs the new release on every node", {
    given: (props) => ({ ...props, release: { id: "r1", image: "polycast-sandbox/edge-node:r1" } }),
  }),
  differs(
    "sites that differ, and are all the same",
    "runs another release at one site, where it says that it can",
    (props) => props,
  ),
  differs(
    "the release of one site at all of them",
    "leaves the other sites' nodes as they are meanwhile",
    (props) => ({ ...props, release: releaseAt(props.release, "SEA") }),
  ),
  differs(
    "an object of one site that knows of the others' releases",
    "plans nothing of the other sites meanwhile",
    (props) => props,
    (fleet, { release, environment }) => {
      new ComputeNetworkPolicy(fleet, "AMS-policy", {
        ...{
          name: `${environment}-ams`,
          slug: `${environment}-ams`,
          priority: 30_000,
          policyTypes: ["INGRESS"],
        },
        ...{
          description: JSON.stringify(recordedRelease(release)),
          labels: { "polycast-fleet": fleet.name },
        },
        instanceSelector: [{ key: "polycast-fleet", operator: "in", values: ["nobody"] }],
      });
      return fleet;
    },
  ),

  // What it knows of its cloud.
  behaves(
    "a text that comes back in capitals",
    "applies: a second plan is empty",
    withWorkload(({ create }) => ({
      create: (planned, cloud) => ({ ...create(planned, cloud), name: "SHOUTED" }),
    })),
  ),
  behaves(
    "no address",
    "applies",
    withWorkload(({ create }) => ({
      create: (planned, cloud) => {
        const made = create(planned, cloud);
        const annotations = Object.entries(made["annotations"] as Values);
        return {
          ...made,
          annotations: Object.fromEntries(annotations.filter(([name]) => name !== ADDRESS)),
        };
      },
    })),
  ),
  behaves(
    "nodes that nobody runs",
    "has the nodes that were wished",
    withLife((life) => ({ ...life, nodeGroups: () => [] })),
  ),
  behaves(
    "an address that leads nowhere",
    "leads clients to a node",
    withLife((life) => ({ ...life, anycast: () => [] })),
  ),
  behaves(
    "dead nodes that stay dead",
    "has a node again for one that vanished",
    withLife((life) => ({
      ...life,
      nodeGroups: (objects) =>
        (life.nodeGroups?.(objects) ?? []).map((group) => ({
          ...group,
          healing: { ...group.healing, action: "none" },
        })),
    })),
  ),
  behaves(
    "all nodes at once",
    "loses no more nodes than it declares",
    withLife((life) => ({
      ...life,
      nodeGroups: (objects) =>
        (life.nodeGroups?.(objects) ?? []).map((group) => ({
          ...group,
          replacement: {
            kind: "rolling",
            ...{ minHealthyPercent: 0, maxHealthyPercent: 100, warmupSeconds: 0 },
            ...{ checkpoints: [], checkpointDelaySeconds: 0 },
          },
        })),
    })),
  ),
  behaves(
    "what cannot be imported",
    "adopts what was made elsewhere",
    withWorkload(() => ({
      find: () => {
        throw new Refusal("it has no import");
      },
    })),
  ),
  behaves(
    "something left behind",
    "leaves no object behind",
    withWorkload(() => ({
      delete: (prior, cloud) => {
        cloud.put("stackpath_compute_network_policy", "left-behind", {
          id: "left-behind",
          of: prior["id"] ?? null,
        });
      },
    })),
  ),
  behaves(
    "deletion that is refused",
    "can be destroyed",
    withWorkload(() => ({
      delete: () => {
        throw new Error("somebody still uses it");
      },
    })),
  ),
];
