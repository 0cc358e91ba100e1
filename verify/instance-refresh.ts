import { randomUUID } from "node:crypto";
import { z } from "zod";

/**
 * Instance refreshes of auto scaling groups, which moto lacks. Inputs, statuses and errors are those of the API:
 * https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_StartInstanceRefresh.html
 *
 * Simplified: a batch is all the instances up to the next checkpoint, and a desired configuration becomes the group's
 * when the refresh starts (AWS sets it when it ends).
 */

/** A group and its instances, as a refresh needs them. */
export interface Group {
  /** The version of the launch template that new instances get; undefined without a launch template. */
  readonly version: string | undefined;
  readonly instances: readonly string[];
}

/** The groups of one region, through the API that has them. */
export interface Groups {
  /** Undefined where there is none of the name. */
  describe(group: string): Promise<Group | undefined>;
  /** Terminates an instance; the group launches another one in its place. */
  replace(instance: string): Promise<void>;
  /** Sets the group's launch template and version. */
  useTemplate(group: string, template: LaunchTemplate): Promise<void>;
}

const flag = z.enum(["true", "false"]).transform((text) => text === "true");
const whole = (min: number, max: number) => z.coerce.number().pipe(z.int().min(min).max(max));
const groupName = z.string().min(1).max(255);

const launchTemplate = z
  .strictObject({
    LaunchTemplateId: z.string().optional(),
    LaunchTemplateName: z.string().optional(),
    Version: z.string().min(1),
  })
  .refine(
    ({ LaunchTemplateId: id, LaunchTemplateName: name }) => (id === undefined) !== (name === undefined),
    {
      error: "name the launch template by its id or by its name",
    },
  );
export type LaunchTemplate = z.infer<typeof launchTemplate>;

const preferences = z
  .strictObject({
    MinHealthyPercentage: whole(0, 100).default(90),
    MaxHealthyPercentage: whole(100, 200).optional(),
    InstanceWarmup: whole(0, 86_400).default(0),
    CheckpointPercentages: z.array(whole(1, 100)).min(1).optional(),
    CheckpointDelay: whole(0, 172_800).default(3600),
    SkipMatching: flag.default(false),
    AutoRollback: flag.default(false),
    ScaleInProtectedInstances: z.enum(["Refresh", "Ignore", "Wait"]).optional(),
    StandbyInstances: z.enum(["Terminate", "Ignore", "Wait"]).optional(),
  })
  .refine(({ MinHealthyPercentage: min, MaxHealthyPercentage: max = 100 }) => max - min <= 100, {
    error: "the healthy percentages may not be more than 100 apart",
  })
  .refine(({ CheckpointPercentages: all = [] }) => all.every((each, index) => each > (all[index - 1] ?? 0)), {
    error: "checkpoints must ascend",
  });

/** The input of each operation, as the query protocol carries it. */
export const REFRESH_INPUTS = {
  StartInstanceRefresh: z.strictObject({
    AutoScalingGroupName: groupName,
    Strategy: z.literal("Rolling").default("Rolling"),
    DesiredConfiguration: z.strictObject({ LaunchTemplate: launchTemplate }).optional(),
    Preferences: preferences.default(preferences.parse({})),
  }),
  DescribeInstanceRefreshes: z.strictObject({
    AutoScalingGroupName: groupName,
    InstanceRefreshIds: z.array(z.string()).optional(),
    MaxRecords: whole(1, 100).optional(),
  }),
  CancelInstanceRefresh: z.strictObject({ AutoScalingGroupName: groupName }),
  RollbackInstanceRefresh: z.strictObject({ AutoScalingGroupName: groupName }),
};
export type RefreshOperation = keyof typeof REFRESH_INPUTS;
type Input<Name extends RefreshOperation> = z.infer<(typeof REFRESH_INPUTS)[Name]>;

export type RefreshStatus =
  | "Pending"
  | "InProgress"
  | "Successful"
  | "Cancelling"
  | "Cancelled"
  | "RollbackInProgress"
  | "RollbackSuccessful";

/** An error that the API declares. */
export class RefreshFault extends Error {
  public constructor(
    public readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** One refresh, as `DescribeInstanceRefreshes` shows it. */
export interface InstanceRefresh {
  readonly id: string;
  readonly group: string;
  readonly status: RefreshStatus;
  readonly startTime: Date;
  readonly endTime?: Date;
  readonly percentageComplete: number;
  readonly instancesToUpdate: number;
}

interface Running {
  readonly id: string;
  readonly group: string;
  readonly groups: Groups;
  readonly startTime: number;
  readonly preferences: Input<"StartInstanceRefresh">["Preferences"];
  /** Where a rollback leads, if one is possible. */
  readonly before: LaunchTemplate | undefined;
  /** How many instances there were to move. */
  total: number;
  /** Old instances that are still to be replaced. */
  waiting: string[];
  status: RefreshStatus;
  /** When the next thing happens. */
  next: number;
  endTime?: number;
}

const ACTIVE: readonly RefreshStatus[] = ["Pending", "InProgress", "Cancelling", "RollbackInProgress"];
/** How long a refresh is pending, and how long a cancellation takes, in milliseconds. */
const MOMENT = 1_000;

/** The refreshes of every group, newest last. They move on whenever one of the operations is called. */
export class InstanceRefreshes {
  private readonly refreshes: Running[] = [];
  /** Launch template version of the instances that refreshes launched. */
  private readonly versions = new Map<string, string>();

  /** @param now milliseconds since 1970 */
  public constructor(private readonly now: () => number) {}

  public async start(groups: Groups, input: Input<"StartInstanceRefresh">): Promise<string> {
    const { AutoScalingGroupName: name, DesiredConfiguration: desired, Preferences: wanted } = input;
    await this.advance();
    const group = await existing(groups, name);
    if (this.active(groups, name) !== undefined) {
      throw new RefreshFault(
        "InstanceRefreshInProgress",
        "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.",
      );
    }
    if (wanted.AutoRollback && desired === undefined) {
      throw new RefreshFault("ValidationError", "AutoRollback needs a desired configuration.");
    }
    const template = desired?.LaunchTemplate;
    if (template !== undefined) await groups.useTemplate(name, template);
    const target = template?.Version ?? group.version;
    const waiting = group.instances.filter(
      (instance) => !wanted.SkipMatching || this.versions.get(instance) !== target,
    );
    const refresh: Running = {
      id: randomUUID(),
      group: name,
      groups,
      startTime: this.now(),
      preferences: wanted,
      before:
        template === undefined || group.version === undefined
          ? undefined
          : { ...template, Version: group.version },
      total: waiting.length,
      waiting,
      status: "Pending",
      next: this.now() + MOMENT,
    };
    this.refreshes.push(refresh);
    return refresh.id;
  }

  public async describe(
    groups: Groups,
    input: Input<"DescribeInstanceRefreshes">,
  ): Promise<InstanceRefresh[]> {
    const { AutoScalingGroupName: name, InstanceRefreshIds: ids, MaxRecords: most = 50 } = input;
    await this.advance();
    await existing(groups, name);
    return this.of(groups, name)
      .filter(({ id }) => ids === undefined || ids.includes(id))
      .toReversed()
      .slice(0, most)
      .map(shown);
  }

  public async cancel(
    groups: Groups,
    { AutoScalingGroupName: name }: Input<"CancelInstanceRefresh">,
  ): Promise<string> {
    const refresh = await this.running(groups, name);
    refresh.status = "Cancelling";
    refresh.next = this.now() + MOMENT;
    return refresh.id;
  }

  public async rollback(
    groups: Groups,
    { AutoScalingGroupName: name }: Input<"RollbackInstanceRefresh">,
  ): Promise<string> {
    const refresh = await this.running(groups, name);
    if (refresh.before === undefined || refresh.before.Version.startsWith("$")) {
      throw new RefreshFault(
        "IrreversibleInstanceRefresh",
        "The refresh has no desired configuration, or the group had no numbered version to return to.",
      );
    }
    const target = refresh.before.Version;
    await groups.useTemplate(name, refresh.before);
    const { instances } = await existing(groups, name);
    refresh.waiting = instances.filter((instance) => {
      const version = this.versions.get(instance);
      return version !== undefined && version !== target;
    });
    refresh.total = refresh.waiting.length;
    refresh.status = "RollbackInProgress";
    refresh.next = this.now() + MOMENT;
    return refresh.id;
  }

  /** Lets everything happen that is due. */
  public async advance(): Promise<void> {
    for (const refresh of this.refreshes) {
      while (ACTIVE.includes(refresh.status) && refresh.next <= this.now()) await this.step(refresh);
    }
  }

  private async step(refresh: Running): Promise<void> {
    const { status, preferences: wanted } = refresh;
    if (status === "Pending") refresh.status = "InProgress";
    const isRollback = status === "RollbackInProgress";
    if (status === "Cancelling" || refresh.waiting.length === 0) {
      const done = isRollback ? "RollbackSuccessful" : "Successful";
      end(refresh, status === "Cancelling" ? "Cancelled" : done);
      return;
    }
    const checkpoints = isRollback ? [100] : (wanted.CheckpointPercentages ?? [100]);
    const done = percent(refresh);
    const goal = checkpoints.find((checkpoint) => checkpoint > done) ?? 100;
    while (percent(refresh) < goal) await this.replaceOne(refresh);
    const pause = refresh.waiting.length > 0 ? wanted.CheckpointDelay : 0;
    refresh.next += (wanted.InstanceWarmup + pause) * 1_000;
  }

  private async replaceOne(refresh: Running): Promise<void> {
    const [instance = "", ...waiting] = refresh.waiting;
    refresh.waiting = waiting;
    const before = await existing(refresh.groups, refresh.group);
    // Scaled in since the refresh began.
    if (!before.instances.includes(instance)) return;
    await refresh.groups.replace(instance);
    const after = await existing(refresh.groups, refresh.group);
    for (const launched of after.instances) {
      if (!before.instances.includes(launched)) this.versions.set(launched, after.version ?? "");
    }
  }

  private async running(groups: Groups, name: string): Promise<Running> {
    await this.advance();
    await existing(groups, name);
    const refresh = this.active(groups, name);
    if (refresh?.status === "Pending" || refresh?.status === "InProgress") return refresh;
    throw new RefreshFault(
      "ActiveInstanceRefreshNotFound",
      "No in progress or pending Instance Refresh found for the Auto Scaling group.",
    );
  }

  private active(groups: Groups, name: string): Running | undefined {
    return this.of(groups, name).find(({ status }) => ACTIVE.includes(status));
  }

  private of(groups: Groups, name: string): Running[] {
    return this.refreshes.filter((refresh) => refresh.group === name && refresh.groups === groups);
  }
}

function end(refresh: Running, status: RefreshStatus): void {
  refresh.status = status;
  refresh.endTime = refresh.next;
}

function percent({ total, waiting }: Running): number {
  return total === 0 ? 100 : Math.floor(((total - waiting.length) * 100) / total);
}

function shown(refresh: Running): InstanceRefresh {
  const { id, group, status, startTime, endTime, waiting } = refresh;
  return {
    id,
    group,
    status,
    startTime: new Date(startTime),
    ...(endTime === undefined ? {} : { endTime: new Date(endTime) }),
    percentageComplete: percent(refresh),
    instancesToUpdate: waiting.length,
  };
}

async function existing(groups: Groups, name: string): Promise<Group> {
  const group = await groups.describe(name);
  if (group === undefined) {
    throw new RefreshFault(
      "ValidationError",
      `AutoScalingGroup name not found - AutoScalingGroup ${name} not found`,
    );
  }
  return group;
}
