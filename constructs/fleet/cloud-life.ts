/**
 * What a provider's cloud does by itself once Terraform has made its objects: nodes run, addresses lead to them,
 * monitors look. Each simulation says it of its own objects in these terms; the sandbox's world brings it to life and
 * knows no provider's name.
 */

/** Degrees, north and east positive. */
export interface Position {
  readonly latitude: number;
  readonly longitude: number;
}

/** Like nodes at one place, kept running by their cloud: an auto scaling group, a workload's replicas in one city. */
export interface NodeGroup {
  /** Unique over all clouds, and the same as long as the group lives. */
  readonly id: string;
  /** Where the nodes stand, in the provider's words (`us-east-1`, `SEA`), and on the globe. */
  readonly location: string;
  readonly position: Position;
  /** The nodes' own names where each has one that stays, else how many there are. */
  readonly nodes: number | readonly string[];
  /** A name for a node without one that stays: `i-0a1b2c3d4e5f60718`. */
  readonly newName: () => string;
  /** What a node that starts now runs. */
  readonly template: NodeTemplate;
  readonly replacement: Replacement;
  readonly healthCheck: NodeHealthCheck;
  readonly healing: Healing;
  /** What the cloud's firewall lets everybody reach of each node, by whatever way leads there. */
  readonly openPorts: readonly OpenPorts[];
}

/** Ports of a node that everybody on the internet reaches, the last one included. */
export interface OpenPorts {
  readonly family: "ipv4" | "ipv6";
  readonly protocol: "TCP" | "UDP";
  readonly from: number;
  readonly to: number;
}

export interface NodeTemplate {
  /** The image's id in its cloud. */
  readonly image: string;
  /** Cloud-init text, decoded. */
  readonly userData: string;
}

/** What the cloud does with running nodes when their template changes. */
export type Replacement =
  /**
   * New nodes come up before and while old ones go: EC2's instance refresh.
   * Percentages of the wanted number that stay healthy at least, and exist at most.
   */
  | {
      readonly kind: "rolling";
      readonly minHealthyPercent: number;
      readonly maxHealthyPercent: number;
      /** How long a new node must have been healthy until it counts. */
      readonly warmupSeconds: number;
      /** Percent of nodes replaced at which it pauses, ascending, and for how long. */
      readonly checkpoints: readonly number[];
      readonly checkpointDelaySeconds: number;
    }
  /** One node of the group stops and starts anew under its name; the next only when that one is ready. */
  | { readonly kind: "one-at-a-time" }
  /** Running nodes stay as they are: each lives and dies with an object of its own, or waits to be replaced. */
  | { readonly kind: "none" };

/** How the cloud decides whether a node gets traffic. */
export interface NodeHealthCheck {
  readonly path: string;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

/** What the cloud does about a node that is not well. */
export interface Healing {
  /** `replace`: a new node in its place; `restart`: the same node boots anew from its template. */
  readonly action: "replace" | "restart" | "none";
  /** `unhealthy`: it fails its health check; `unresponsive`: it accepts no connection; `dead`: it does not run. */
  readonly on: "unhealthy" | "unresponsive" | "dead";
  /** How long it must have been so. */
  readonly afterSeconds: number;
  /** How long after its start a node is left alone. */
  readonly graceSeconds: number;
}

/** An image that was built in a cloud, and can boot there. */
export interface CloudImage {
  /** What a node's template names it by. */
  readonly id: string;
  readonly provider: string;
  /** How long a node takes to come up from it. */
  readonly bootSeconds: number;
}

/** One port of one anycast address. */
export interface AnycastPort {
  readonly address: string;
  readonly port: number;
  readonly protocol: "TCP" | "UDP";
  readonly backends: readonly AnycastBackend[];
  /** Whether, with no healthy node anywhere, clients are sent to unhealthy ones. */
  readonly failOpen: boolean;
}

export interface AnycastBackend {
  /** Id of the node group. */
  readonly group: string;
  /** Percent of the clients nearest to it that it takes; the others go to the next. Failover pays no heed to it. */
  readonly percent: number;
}

/** A check of one address from several places of the world. */
export interface Monitor {
  readonly id: string;
  readonly name: string;
  readonly active: boolean;
  readonly probe:
    | { readonly kind: "tcp"; readonly address: string; readonly port: number }
    | { readonly kind: "http"; readonly address: string; readonly port: number; readonly path: string }
    | { readonly kind: "ping"; readonly address: string };
  readonly from: readonly { readonly name: string; readonly position: Position }[];
  readonly frequencySeconds: number;
  /** Whether what a place sees changed counts only when it sees the same again a second later. */
  readonly rapidRecheck: boolean;
  /** How many looks in a row of a place must see what changed until it counts. Default: 1. */
  readonly looksInARow?: number;
  /**
   * How many places must agree for its status to change; with `one` it is down as long as any place sees it down, with
   * `upAbovePercent` it is up as long as more than so many percent of the places see it up.
   */
  readonly policy: "all" | "one" | "quorum" | { readonly upAbovePercent: number };
  /** Ids of the data feeds whose `up` it moves. */
  readonly feeds: readonly string[];
}

/** A number of each minute of world time; there may be none. */
export type Metric =
  /** Nodes of these groups together, as their clouds' health checks see them; no groups: no number. */
  | { readonly kind: "healthy-nodes" | "unhealthy-nodes"; readonly groups: readonly string[] }
  /** Lines that nodes write into a log group; no number where there is no line. */
  | {
      readonly kind: "log-lines";
      readonly logGroup: string;
      /** AWS region of the log group. */
      readonly region: string;
      /** Which of them count. */
      readonly counts: (line: string) => boolean;
    }
  /** The sum of what others report under this name. */
  | { readonly kind: "reported"; readonly name: string }
  /** How many percent `part` is of `of`: 0 while that is below `atLeast`; no number where it has none. */
  | {
      readonly kind: "percent";
      readonly part: Metric;
      readonly of: Metric;
      readonly atLeast: number;
    }
  /** Nothing in the sandbox measures it. */
  | { readonly kind: "unmeasured" };

/** An alarm on a number of each minute of world time. */
export interface Alarm {
  readonly id: string;
  readonly name: string;
  readonly metric: Metric;
  readonly statistic: "minimum" | "maximum" | "average" | "sum";
  readonly periodSeconds: number;
  readonly evaluationPeriods: number;
  /** How many of the evaluated periods must breach. */
  readonly datapointsToAlarm: number;
  readonly comparison: "<" | "<=" | ">" | ">=";
  readonly threshold: number;
  readonly missingData: "breaching" | "notBreaching" | "ignore" | "missing";
}
