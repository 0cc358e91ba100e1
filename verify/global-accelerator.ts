import { randomBytes, randomUUID } from "node:crypto";
import { z } from "zod";
import type { HttpAnswer, HttpRequest } from "./http-service";

/**
 * AWS Global Accelerator as far as Terraform's AWS plugin uses it. Inputs, errors and limits are those of the API's
 * model and guide; what the model does not know is refused, so that a slip of the caller's shows.
 * https://docs.aws.amazon.com/global-accelerator/latest/api/Welcome.html
 */
const TARGET = "GlobalAccelerator_V20180706.";

/** https://docs.aws.amazon.com/global-accelerator/latest/dg/limits-global-accelerator.html */
const LIMITS = { accelerators: 20, listeners: 10, portRanges: 10, endpoints: 10, tags: 50 };

const ACCOUNT = "000000000000";
/** Of the ranges for documentation (RFC 5737, RFC 3849), because each of Amazon's own is somebody's. */
const NETWORK_ZONES = { IPv4: ["192.0.2.", "198.51.100."], IPv6: ["2001:db8:a::", "2001:db8:b::"] } as const;

const MESSAGES = {
  AcceleratorNotFoundException: "The accelerator that you specified doesn't exist.",
  ListenerNotFoundException: "The listener that you specified doesn't exist.",
  EndpointGroupNotFoundException: "The endpoint group that you specified doesn't exist.",
  AcceleratorNotDisabledException:
    "The accelerator that you specified could not be disabled. Disable it before you delete it.",
  AssociatedListenerFoundException:
    "The accelerator that you specified has a listener associated with it. Remove all dependent resources from an accelerator, and then try again.",
  AssociatedEndpointGroupFoundException:
    "The listener that you specified has an endpoint group associated with it. Remove all dependent resources from a listener, and then try again.",
  EndpointGroupAlreadyExistsException: "The endpoint group that you specified already exists.",
  InvalidPortRangeException:
    "The port numbers that you specified are not valid numbers or are not unique for this accelerator.",
  LimitExceededException:
    "Processing your request would cause you to exceed an AWS Global Accelerator limit.",
  TransactionInProgressException:
    "There's already a transaction in progress. Another transaction can't be processed.",
  InvalidArgumentException: "An argument that you specified is invalid.",
} as const;

class Refused extends Error {
  public constructor(
    public readonly code: keyof typeof MESSAGES,
    message: string = MESSAGES[code],
  ) {
    super(message);
  }
}

const name = z.string().min(1).max(255);
const arn = z.string().min(1).max(255);
const token = z.string().min(1).max(255);
const tag = z.strictObject({ Key: z.string().min(1).max(128), Value: z.string().max(256) });
const port = z.int().min(1).max(65_535);
const ipAddressType = z.enum(["IPV4", "DUAL_STACK"]);
const portRanges = z
  .array(z.strictObject({ FromPort: port, ToPort: port }))
  .min(1)
  .max(LIMITS.portRanges);
const listenerSettings = {
  PortRanges: portRanges,
  Protocol: z.enum(["TCP", "UDP"]),
  ClientAffinity: z.enum(["NONE", "SOURCE_IP"]).optional(),
};
const groupSettings = {
  EndpointConfigurations: z
    .array(
      z.strictObject({
        EndpointId: name,
        Weight: z.int().min(0).max(255).optional(),
        ClientIPPreservationEnabled: z.boolean().optional(),
        AttachmentArn: arn.optional(),
      }),
    )
    .max(LIMITS.endpoints)
    .optional(),
  TrafficDialPercentage: z.number().min(0).max(100).optional(),
  HealthCheckPort: port.optional(),
  HealthCheckProtocol: z.enum(["TCP", "HTTP", "HTTPS"]).optional(),
  HealthCheckPath: z
    .string()
    .max(255)
    .regex(/^\/[-a-zA-Z0-9@:%_\\+.~#?&/=]*$/)
    .optional(),
  // The model says 10 to 30, the guide that it is one of the two.
  HealthCheckIntervalSeconds: z.literal([10, 30]).optional(),
  ThresholdCount: z.int().min(1).max(10).optional(),
  PortOverrides: z
    .array(z.strictObject({ ListenerPort: port, EndpointPort: port }))
    .max(10)
    .optional(),
};

/** The input of each operation. */
const INPUTS = {
  CreateAccelerator: z.strictObject({
    Name: z.string().regex(/^(?![-.])[0-9A-Za-z.-]{1,64}(?<![-.])$/),
    IpAddressType: ipAddressType.optional(),
    IpAddresses: z.array(z.ipv4()).max(2).optional(),
    Enabled: z.boolean().optional(),
    IdempotencyToken: token,
    Tags: z.array(tag).max(LIMITS.tags).optional(),
  }),
  DescribeAccelerator: z.strictObject({ AcceleratorArn: arn }),
  UpdateAccelerator: z.strictObject({
    AcceleratorArn: arn,
    Name: name.optional(),
    IpAddressType: ipAddressType.optional(),
    IpAddresses: z.array(z.ipv4()).max(2).optional(),
    Enabled: z.boolean().optional(),
  }),
  DeleteAccelerator: z.strictObject({ AcceleratorArn: arn }),
  DescribeAcceleratorAttributes: z.strictObject({ AcceleratorArn: arn }),
  UpdateAcceleratorAttributes: z.strictObject({
    AcceleratorArn: arn,
    FlowLogsEnabled: z.boolean().optional(),
    FlowLogsS3Bucket: z.string().max(255).optional(),
    FlowLogsS3Prefix: z.string().max(255).optional(),
  }),
  CreateListener: z.strictObject({ AcceleratorArn: arn, IdempotencyToken: token, ...listenerSettings }),
  DescribeListener: z.strictObject({ ListenerArn: arn }),
  UpdateListener: z.strictObject({ ListenerArn: arn, ...z.object(listenerSettings).partial().shape }),
  DeleteListener: z.strictObject({ ListenerArn: arn }),
  CreateEndpointGroup: z.strictObject({
    ListenerArn: arn,
    EndpointGroupRegion: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/),
    IdempotencyToken: token,
    ...groupSettings,
  }),
  DescribeEndpointGroup: z.strictObject({ EndpointGroupArn: arn }),
  UpdateEndpointGroup: z.strictObject({ EndpointGroupArn: arn, ...groupSettings }),
  DeleteEndpointGroup: z.strictObject({ EndpointGroupArn: arn }),
  ListTagsForResource: z.strictObject({ ResourceArn: arn }),
  TagResource: z.strictObject({ ResourceArn: arn, Tags: z.array(tag) }),
  UntagResource: z.strictObject({ ResourceArn: arn, TagKeys: z.array(z.string()).max(200) }),
  ListCrossAccountResources: z.strictObject({
    ResourceOwnerAwsAccountId: z.string().regex(/^\d{12}$/),
    AcceleratorArn: arn.optional(),
    MaxResults: z.int().min(1).max(100).optional(),
    NextToken: z.string().optional(),
  }),
};

type Operation = keyof typeof INPUTS;
type Input<Name extends Operation> = z.infer<(typeof INPUTS)[Name]>;
type Handlers = { readonly [Name in Operation]: (input: Input<Name>) => object };

interface Accelerator {
  readonly arn: string;
  readonly dnsName: string;
  readonly created: number;
  number: number;
  name: string;
  type: "IPV4" | "DUAL_STACK";
  own: readonly string[];
  enabled: boolean;
  changed: number;
  attributes: { FlowLogsEnabled: boolean; FlowLogsS3Bucket?: string; FlowLogsS3Prefix?: string };
  readonly tags: Map<string, string>;
}

interface Listener {
  readonly arn: string;
  readonly accelerator: Accelerator;
  ranges: z.infer<typeof portRanges>;
  protocol: "TCP" | "UDP";
  affinity: "NONE" | "SOURCE_IP";
}

type GroupSettings = Omit<Input<"UpdateEndpointGroup">, "EndpointGroupArn">;

interface EndpointGroup {
  readonly arn: string;
  readonly listener: Listener;
  readonly region: string;
  settings: GroupSettings;
}

export interface GlobalAcceleratorOptions {
  /** How long every change leaves an accelerator IN_PROGRESS. */
  readonly deployMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The service: accelerators, listeners and endpoint groups of one account, in memory. */
export class GlobalAccelerator {
  private readonly accelerators = new Map<string, Accelerator>();
  private readonly listeners = new Map<string, Listener>();
  private readonly groups = new Map<string, EndpointGroup>();
  /** ARN by operation and idempotency token: the same request again creates nothing. */
  private readonly tokens = new Map<string, string>();
  private numbers = 0;

  public constructor(private readonly options: GlobalAcceleratorOptions) {}

  /** How many accelerators, listeners and endpoint groups there are. */
  public get size(): number {
    return this.accelerators.size + this.listeners.size + this.groups.size;
  }

  /** Answers one request of the API: JSON 1.1, the operation in `x-amz-target`. */
  public readonly answer = ({ method, headers, body }: HttpRequest): HttpAnswer => {
    const target = String(headers["x-amz-target"] ?? "");
    const operation = target.replace(TARGET, "");
    if (method !== "POST" || !target.startsWith(TARGET) || !(operation in INPUTS)) {
      return reply(400, { __type: "UnknownOperationException", Message: `no such operation: ${target}` });
    }
    try {
      return reply(200, this.call(operation as Operation, JSON.parse(body.toString() || "{}")));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return reply(400, { __type: error.code, Message: error.message });
    }
  };

  /** Calls an operation with an input that is yet to be checked. */
  private call(operation: Operation, input: unknown): object {
    const parsed = INPUTS[operation].safeParse(input);
    if (!parsed.success) {
      throw new Refused("InvalidArgumentException", `${operation}: ${z.prettifyError(parsed.error)}`);
    }
    // One operation's handler takes one operation's input, which the union of all hides.
    const handler = this.handlers[operation] as (input: unknown) => object;
    return handler(parsed.data);
  }

  private readonly handlers: Handlers = {
    CreateAccelerator: (input) =>
      this.once("CreateAccelerator", input.IdempotencyToken, this.accelerators, accelerator, () =>
        this.createAccelerator(input),
      ),
    DescribeAccelerator: ({ AcceleratorArn }) => this.shown(this.accelerator(AcceleratorArn)),
    UpdateAccelerator: (input) => {
      const found = this.settled(input.AcceleratorArn);
      found.name = input.Name ?? found.name;
      found.type = input.IpAddressType ?? found.type;
      found.own = input.IpAddresses ?? found.own;
      found.enabled = input.Enabled ?? found.enabled;
      this.deploy(found);
      return this.shown(found);
    },
    DeleteAccelerator: ({ AcceleratorArn }) => {
      const found = this.settled(AcceleratorArn);
      if (found.enabled) throw new Refused("AcceleratorNotDisabledException");
      if (this.listenersOf(found).length > 0) throw new Refused("AssociatedListenerFoundException");
      this.accelerators.delete(found.arn);
      return {};
    },
    DescribeAcceleratorAttributes: ({ AcceleratorArn }) => ({
      AcceleratorAttributes: this.accelerator(AcceleratorArn).attributes,
    }),
    UpdateAcceleratorAttributes: ({ AcceleratorArn, ...given }) => {
      const found = this.settled(AcceleratorArn);
      const attributes = { ...found.attributes, ...withoutUndefined(given) };
      if (attributes.FlowLogsEnabled && (attributes.FlowLogsS3Bucket ?? "") === "") {
        throw new Refused("InvalidArgumentException", "flow logs need a bucket");
      }
      found.attributes = attributes;
      this.deploy(found);
      return { AcceleratorAttributes: attributes };
    },
    CreateListener: (input) =>
      this.once("CreateListener", input.IdempotencyToken, this.listeners, shownListener, () =>
        this.createListener(input),
      ),
    DescribeListener: ({ ListenerArn }) => shownListener(this.listener(ListenerArn)),
    UpdateListener: (input) => {
      const found = this.listener(input.ListenerArn);
      const wanted = {
        ranges: input.PortRanges ?? found.ranges,
        protocol: input.Protocol ?? found.protocol,
        affinity: input.ClientAffinity ?? found.affinity,
      };
      this.checkPorts({ ...found, ...wanted });
      Object.assign(found, wanted);
      this.deploy(found.accelerator);
      return shownListener(found);
    },
    DeleteListener: ({ ListenerArn }) => {
      const found = this.listener(ListenerArn);
      if (this.groupsOf(found).length > 0) throw new Refused("AssociatedEndpointGroupFoundException");
      this.listeners.delete(found.arn);
      this.deploy(found.accelerator);
      return {};
    },
    CreateEndpointGroup: (input) =>
      this.once("CreateEndpointGroup", input.IdempotencyToken, this.groups, shownGroup, () =>
        this.createGroup(input),
      ),
    DescribeEndpointGroup: ({ EndpointGroupArn }) => shownGroup(this.group(EndpointGroupArn)),
    UpdateEndpointGroup: ({ EndpointGroupArn, ...settings }) => {
      const found = this.group(EndpointGroupArn);
      checkEndpoints(settings, found.region);
      found.settings = { ...found.settings, ...withoutUndefined(settings) };
      this.deploy(found.listener.accelerator);
      return shownGroup(found);
    },
    DeleteEndpointGroup: ({ EndpointGroupArn }) => {
      const found = this.group(EndpointGroupArn);
      this.groups.delete(found.arn);
      this.deploy(found.listener.accelerator);
      return {};
    },
    ListTagsForResource: ({ ResourceArn }) => ({
      Tags: [...this.accelerator(ResourceArn).tags].map(([Key, Value]) => ({ Key, Value })),
    }),
    TagResource: ({ ResourceArn, Tags }) => {
      const { tags } = this.accelerator(ResourceArn);
      const keys = new Set([...tags.keys(), ...Tags.map(({ Key }) => Key)]);
      if (keys.size > LIMITS.tags) throw new Refused("InvalidArgumentException", "too many tags");
      for (const { Key, Value } of Tags) tags.set(Key, Value);
      return {};
    },
    UntagResource: ({ ResourceArn, TagKeys }) => {
      const { tags } = this.accelerator(ResourceArn);
      for (const key of TagKeys) tags.delete(key);
      return {};
    },
    // No other account shares anything with this one.
    ListCrossAccountResources: ({ AcceleratorArn }) => {
      if (AcceleratorArn !== undefined) this.accelerator(AcceleratorArn);
      return { CrossAccountResources: [] };
    },
  };

  private createAccelerator(input: Input<"CreateAccelerator">): Accelerator {
    if (this.accelerators.size >= LIMITS.accelerators) throw new Refused("LimitExceededException");
    const now = this.options.now();
    const created: Accelerator = {
      arn: `arn:aws:globalaccelerator::${ACCOUNT}:accelerator/${randomUUID()}`,
      dnsName: `a${randomBytes(8).toString("hex")}`,
      created: now,
      changed: now,
      number: (this.numbers += 1),
      name: input.Name,
      type: input.IpAddressType ?? "IPV4",
      own: input.IpAddresses ?? [],
      enabled: input.Enabled ?? true,
      attributes: { FlowLogsEnabled: false },
      tags: new Map((input.Tags ?? []).map(({ Key, Value }) => [Key, Value])),
    };
    this.accelerators.set(created.arn, created);
    return created;
  }

  private createListener(input: Input<"CreateListener">): Listener {
    const owner = this.accelerator(input.AcceleratorArn);
    if (this.listenersOf(owner).length >= LIMITS.listeners) throw new Refused("LimitExceededException");
    const created: Listener = {
      arn: `${owner.arn}/listener/${randomBytes(4).toString("hex")}`,
      accelerator: owner,
      ranges: input.PortRanges,
      protocol: input.Protocol,
      affinity: input.ClientAffinity ?? "NONE",
    };
    this.checkPorts(created);
    this.listeners.set(created.arn, created);
    this.deploy(owner);
    return created;
  }

  private createGroup(input: Input<"CreateEndpointGroup">): EndpointGroup {
    const region = input.EndpointGroupRegion;
    const settings = z.object(groupSettings).parse(input);
    const listener = this.listener(input.ListenerArn);
    if (this.groupsOf(listener).some((group) => group.region === region)) {
      throw new Refused("EndpointGroupAlreadyExistsException");
    }
    checkEndpoints(settings, region);
    const created: EndpointGroup = {
      arn: `${listener.arn}/endpoint-group/${randomBytes(6).toString("hex")}`,
      listener,
      region,
      settings,
    };
    this.groups.set(created.arn, created);
    this.deploy(listener.accelerator);
    return created;
  }

  /** Creates what a token asks for, or shows what it made before. */
  private once<Made extends { arn: string }>(
    operation: Operation,
    given: string,
    made: ReadonlyMap<string, Made>,
    show: (made: Made, status: string) => object,
    create: () => Made,
  ): object {
    const key = `${operation} ${given}`;
    const before = made.get(this.tokens.get(key) ?? "");
    const one = before ?? create();
    this.tokens.set(key, one.arn);
    return show(one, "IN_PROGRESS");
  }

  private deploy(changed: Accelerator): void {
    changed.changed = this.options.now();
  }

  private status({ changed }: Accelerator): "DEPLOYED" | "IN_PROGRESS" {
    return this.options.now() - changed >= this.options.deployMs ? "DEPLOYED" : "IN_PROGRESS";
  }

  private shown(found: Accelerator): object {
    return accelerator(found, this.status(found));
  }

  private accelerator(wanted: string): Accelerator {
    return this.accelerators.get(wanted) ?? refuse("AcceleratorNotFoundException");
  }

  /** An accelerator that may be changed: one change at a time. */
  private settled(wanted: string): Accelerator {
    const found = this.accelerator(wanted);
    return this.status(found) === "DEPLOYED" ? found : refuse("TransactionInProgressException");
  }

  private listener(wanted: string): Listener {
    return this.listeners.get(wanted) ?? refuse("ListenerNotFoundException");
  }

  private group(wanted: string): EndpointGroup {
    return this.groups.get(wanted) ?? refuse("EndpointGroupNotFoundException");
  }

  private listenersOf(owner: Accelerator): Listener[] {
    return [...this.listeners.values()].filter((listener) => listener.accelerator === owner);
  }

  private groupsOf(owner: Listener): EndpointGroup[] {
    return [...this.groups.values()].filter((group) => group.listener === owner);
  }

  /** An accelerator's listeners may share a port only with different protocols. */
  private checkPorts(wanted: Listener): void {
    const others = this.listenersOf(wanted.accelerator)
      .filter(({ arn: other, protocol }) => other !== wanted.arn && protocol === wanted.protocol)
      .flatMap(({ ranges }) => ranges);
    const clash = wanted.ranges.some(
      (range, index) =>
        range.FromPort > range.ToPort ||
        [...wanted.ranges.slice(index + 1), ...others].some(
          (other) => range.FromPort <= other.ToPort && other.FromPort <= range.ToPort,
        ),
    );
    if (clash) throw new Refused("InvalidPortRangeException");
  }
}

function refuse(code: keyof typeof MESSAGES): never {
  throw new Refused(code);
}

/** An endpoint group's endpoints are in its own region, each once. */
function checkEndpoints({ EndpointConfigurations: endpoints = [] }: GroupSettings, region: string): void {
  const ids = endpoints.map(({ EndpointId }) => EndpointId);
  if (new Set(ids).size !== ids.length) throw new Refused("InvalidArgumentException", "an endpoint twice");
  for (const id of ids) {
    const [, , , where = region] = id.startsWith("arn:") ? id.split(":") : [];
    if (where !== region) {
      throw new Refused("InvalidArgumentException", `${id} is not in ${region}, the endpoint group's region`);
    }
  }
}

function accelerator(found: Accelerator, status: string): object {
  const { arn: AcceleratorArn, name: Name, type, number, own, dnsName, enabled, created, changed } = found;
  const ipv4 = NETWORK_ZONES.IPv4.map((zone, index) => own[index] ?? `${zone}${number}`);
  const ipv6 = NETWORK_ZONES.IPv6.map((zone) => `${zone}${number.toString(16)}`);
  const family = (kind: string, addresses: readonly string[]): object => ({
    IpFamily: kind,
    IpAddressFamily: kind,
    IpAddresses: addresses,
  });
  const dual = type === "DUAL_STACK";
  return {
    Accelerator: {
      AcceleratorArn,
      Name,
      IpAddressType: type,
      Enabled: enabled,
      IpSets: [family("IPv4", ipv4), ...(dual ? [family("IPv6", ipv6)] : [])],
      DnsName: `${dnsName}.awsglobalaccelerator.com`,
      ...(dual ? { DualStackDnsName: `${dnsName}.dualstack.awsglobalaccelerator.com` } : {}),
      Status: status,
      CreatedTime: created / 1000,
      LastModifiedTime: changed / 1000,
    },
  };
}

function shownListener({ arn: ListenerArn, ranges, protocol, affinity }: Listener): object {
  return { Listener: { ListenerArn, PortRanges: ranges, Protocol: protocol, ClientAffinity: affinity } };
}

function shownGroup({ arn: EndpointGroupArn, region, listener, settings }: EndpointGroup): object {
  const { EndpointConfigurations: endpoints = [], ...health } = settings;
  return {
    EndpointGroup: {
      EndpointGroupArn,
      EndpointGroupRegion: region,
      TrafficDialPercentage: 100,
      HealthCheckPort: listener.ranges[0]?.FromPort,
      HealthCheckProtocol: "TCP",
      HealthCheckIntervalSeconds: 30,
      ThresholdCount: 3,
      ...withoutUndefined(health),
      EndpointDescriptions: endpoints.map((endpoint) => ({
        EndpointId: endpoint.EndpointId,
        Weight: endpoint.Weight ?? 128,
        ClientIPPreservationEnabled:
          endpoint.ClientIPPreservationEnabled ?? endpoint.EndpointId.includes(":loadbalancer/app/"),
        HealthState: "HEALTHY",
      })),
    },
  };
}

function withoutUndefined<Some extends object>(
  given: Some,
): { [Key in keyof Some]?: Exclude<Some[Key], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Some]?: Exclude<Some[Key], undefined>;
  };
}

function reply(status: number, body: object): HttpAnswer {
  return { status, headers: { "content-type": "application/x-amz-json-1.1" }, body: JSON.stringify(body) };
}
