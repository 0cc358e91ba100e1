import { Agent, request as httpRequest } from "node:http";
import { z } from "zod";
import type { HttpAnswer, HttpRequest } from "./http-service";
import {
  type InstanceRefreshes,
  RefreshFault,
  REFRESH_INPUTS,
  type Groups,
  type InstanceRefresh,
  type RefreshOperation,
} from "./instance-refresh";
import { callQueryApi } from "./query-api";

const VERSION = "2011-01-01";
const NAMESPACE = `http://autoscaling.amazonaws.com/doc/${VERSION}/`;
/** Headers of one connection, which say nothing about the next. */
const HOP_BY_HOP = ["connection", "keep-alive", "transfer-encoding"];

/**
 * Stands before moto: answers the four operations of Auto Scaling's instance refreshes, and passes every other request
 * on, untouched.
 */
export class MotoFront {
  private readonly agent = new Agent({ keepAlive: true });
  private readonly groups = new Map<string, Groups>();

  public constructor(
    private readonly moto: string,
    private readonly refreshes: InstanceRefreshes,
  ) {}

  public readonly answer = async (request: HttpRequest): Promise<HttpAnswer> => {
    const scope = credentialScope(request);
    if (scope?.service !== "autoscaling") return this.pass(request);
    const { Action: action, Version: version, ...input } = parseQuery(request.body.toString());
    if (typeof action !== "string" || !(action in REFRESH_INPUTS)) return this.pass(request);
    const operation = action as RefreshOperation;
    try {
      if (version !== VERSION) throw new RefreshFault("ValidationError", `Version must be ${VERSION}`);
      return xml(200, response(operation, await this.call(operation, input, this.groupsOf(scope.region))));
    } catch (error) {
      if (!(error instanceof RefreshFault)) throw error;
      return xml(400, errorResponse(error));
    }
  };

  public close(): void {
    this.agent.destroy();
  }

  private async call(operation: RefreshOperation, input: unknown, groups: Groups): Promise<string> {
    switch (operation) {
      case "StartInstanceRefresh":
        return refreshId(await this.refreshes.start(groups, checked(REFRESH_INPUTS[operation], input)));
      case "CancelInstanceRefresh":
        return refreshId(await this.refreshes.cancel(groups, checked(REFRESH_INPUTS[operation], input)));
      case "RollbackInstanceRefresh":
        return refreshId(await this.refreshes.rollback(groups, checked(REFRESH_INPUTS[operation], input)));
      case "DescribeInstanceRefreshes": {
        const found = await this.refreshes.describe(groups, checked(REFRESH_INPUTS[operation], input));
        return `<InstanceRefreshes>${found.map(member).join("")}</InstanceRefreshes>`;
      }
    }
  }

  /** One object a region, so that refreshes of groups of one name in two regions stay apart. */
  private groupsOf(region: string): Groups {
    const known = this.groups.get(region) ?? motoGroups(this.moto, region);
    this.groups.set(region, known);
    return known;
  }

  private pass({ method, url, headers, body }: HttpRequest): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const passed = httpRequest(`${this.moto}${url}`, { method, headers, agent: this.agent }, (reply) => {
        const chunks: Buffer[] = [];
        reply.on("data", (chunk: Buffer) => chunks.push(chunk));
        reply.on("error", reject);
        reply.on("end", () => {
          const own = Object.entries(reply.headers).flatMap(([name, value]) =>
            value === undefined || HOP_BY_HOP.includes(name) ? [] : [[name, value] as const],
          );
          resolve({
            status: reply.statusCode ?? 502,
            headers: Object.fromEntries(own),
            body: Buffer.concat(chunks),
          });
        });
      });
      passed.on("error", reject).end(body);
    });
  }
}

/** Region and service that a signed request names: `Credential=KEY/DATE/REGION/SERVICE/aws4_request`. */
function credentialScope({ headers }: HttpRequest): { region: string; service: string } | undefined {
  const [, region, service] =
    /Credential=[^/]+\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request/.exec(headers.authorization ?? "") ?? [];
  return region === undefined || service === undefined ? undefined : { region, service };
}

type Query = { [name: string]: string | Query | (string | Query)[] };

/** Parameters of the query protocol as an object: `A.B=1&C.member.1=2` becomes `{ A: { B: "1" }, C: ["2"] }`. */
export function parseQuery(body: string): Query {
  const root: Query = {};
  for (const [path, value] of new URLSearchParams(body)) {
    const steps = path.split(".");
    const last = steps.pop() ?? "";
    let here = root;
    for (const step of steps) {
      const below = here[step];
      const next: Query = typeof below === "object" && !Array.isArray(below) ? below : {};
      here[step] = next;
      here = next;
    }
    here[last] = value;
  }
  return withLists(root);
}

function withLists(query: Query): Query {
  const listed = ([name, value]: [string, Query[string]]): [string, Query[string]] => {
    if (typeof value === "string" || Array.isArray(value)) return [name, value];
    const { member, ...others } = value;
    if (typeof member !== "object" || Array.isArray(member) || Object.keys(others).length > 0) {
      return [name, withLists(value)];
    }
    const inOrder = Object.entries(member).toSorted(([a], [b]) => Number(a) - Number(b));
    return [
      name,
      inOrder.map(([, each]) =>
        typeof each === "object" && !Array.isArray(each) ? withLists(each) : (each as string),
      ),
    ];
  };
  return Object.fromEntries(Object.entries(query).map(listed));
}

function checked<Schema extends z.ZodType>(schema: Schema, input: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new RefreshFault("ValidationError", z.prettifyError(parsed.error));
}

/** moto answers the query protocol in JSON when it is asked to. */
const DESCRIBED = z.object({
  DescribeAutoScalingGroupsResponse: z.object({
    DescribeAutoScalingGroupsResult: z.object({
      AutoScalingGroups: z.array(
        z.object({
          LaunchTemplate: z.object({ Version: z.string() }).nullish(),
          Instances: z.array(z.object({ InstanceId: z.string() })).nullish(),
        }),
      ),
    }),
  }),
});

function motoGroups(moto: string, region: string): Groups {
  const call = async (action: string, parameters: Readonly<Record<string, string>>): Promise<unknown> => {
    const api = { service: "autoscaling", region, version: VERSION };
    const text = await callQueryApi(moto, api, action, { ContentType: "JSON", ...parameters });
    return text.startsWith("{") ? JSON.parse(text) : undefined;
  };
  return {
    async describe(group) {
      const described = DESCRIBED.parse(
        await call("DescribeAutoScalingGroups", { "AutoScalingGroupNames.member.1": group }),
      );
      const [found] =
        described.DescribeAutoScalingGroupsResponse.DescribeAutoScalingGroupsResult.AutoScalingGroups;
      if (found === undefined) return undefined;
      const instances = (found.Instances ?? []).map(({ InstanceId }) => InstanceId);
      return { version: found.LaunchTemplate?.Version, instances };
    },
    async replace(instance) {
      await call("TerminateInstanceInAutoScalingGroup", {
        InstanceId: instance,
        ShouldDecrementDesiredCapacity: "false",
      });
    },
    async useTemplate(group, template) {
      const parameters = Object.entries(template).map(([name, value]) => [`LaunchTemplate.${name}`, value]);
      await call("UpdateAutoScalingGroup", {
        AutoScalingGroupName: group,
        ...(Object.fromEntries(parameters) as Record<string, string>),
      });
    },
  };
}

function refreshId(id: string): string {
  return `<InstanceRefreshId>${id}</InstanceRefreshId>`;
}

function member(refresh: InstanceRefresh): string {
  const { id, group, status, startTime, endTime, percentageComplete, instancesToUpdate } = refresh;
  const fields = {
    InstanceRefreshId: id,
    AutoScalingGroupName: group,
    Status: status,
    StartTime: startTime.toISOString(),
    EndTime: endTime?.toISOString(),
    PercentageComplete: percentageComplete,
    InstancesToUpdate: instancesToUpdate,
  };
  const written = Object.entries(fields).map(([name, value]) =>
    value === undefined ? "" : `<${name}>${escape(String(value))}</${name}>`,
  );
  return `<member>${written.join("")}</member>`;
}

function response(operation: RefreshOperation, result: string): string {
  return `<${operation}Response xmlns="${NAMESPACE}"><${operation}Result>${result}</${operation}Result><ResponseMetadata><RequestId>verify</RequestId></ResponseMetadata></${operation}Response>`;
}

function errorResponse({ code, message }: RefreshFault): string {
  return `<ErrorResponse xmlns="${NAMESPACE}"><Error><Type>Sender</Type><Code>${code}</Code><Message>${escape(message)}</Message></Error><RequestId>verify</RequestId></ErrorResponse>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function xml(status: number, body: string): HttpAnswer {
  return { status, headers: { "content-type": "text/xml" }, body };
}
