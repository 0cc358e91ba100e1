import { Hono } from "hono";
import { bearerAuth } from "hono/bearer-auth";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { validator } from "hono/validator";
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { PolycastError, show, suggest } from "../../constructs/fleet/problem";
import { serveOnLoopback } from "../loopback-server";
import type { AnycastTarget } from "../network/forwarders";
import type { Network } from "../network/network";
import type { ScaledClock } from "../world/clock";
import type { World } from "../world/world";
import { REFUSED, reportClock, reportNode, reportWorld } from "./world-report";

/** In bytes; the longest request names a place. */
const MOST_BODY = 16 * 1024;

const disturbance = z.strictObject({
  effect: z.enum(["kill", "freeze", "partition", "heal"]),
  place: z.strictObject({
    fleet: z.string(),
    site: z.string().exactOptional(),
    node: z.string().exactOptional(),
  }),
});
const load = z.strictObject({ fleet: z.string(), connections: z.number() });
const measurement = z.strictObject({ name: z.string(), value: z.number() });
const clockSetting = z.strictObject({ scale: z.number() });
const routeWish = z.strictObject({
  to: z.strictObject({ address: z.string(), port: z.int(), protocol: z.enum(["TCP", "UDP"]) }),
  from: z.strictObject({
    name: z.string(),
    position: z.strictObject({
      latitude: z.number().min(-90).max(90),
      longitude: z.number().min(-180).max(180),
    }),
  }),
});

interface WorldApiOptions {
  readonly world: World;
  readonly clock: ScaledClock;
  readonly network: Network;
  /** Zones that the simulated DNS serves. */
  readonly zones: () => readonly string[];
  /** What a request must carry: whoever reaches the port may otherwise break the world. */
  readonly token: string;
}

/** The requests by which other processes of this machine look into the world and reach into it. */
function worldApi({ world, clock, network, zones, token }: WorldApiOptions) {
  return new Hono()
    .onError((error, c) => {
      if (error instanceof HTTPException) return error.getResponse();
      if (error instanceof z.ZodError) return c.text(z.prettifyError(error), 400);
      if (error instanceof PolycastError) return c.text(error.message, REFUSED);
      return c.text(String(error), 500);
    })
    .use(bearerAuth({ token }))
    .use(bodyLimit({ maxSize: MOST_BODY }))
    .get("/v1/world", async (c) => c.json(reportWorld(world, zones(), await network.nodePorts())))
    .post("/v1/disturbances", body(disturbance), (c) => {
      const { effect, place } = c.req.valid("json");
      const nodes = world.disturb(effect, place);
      network.look();
      return c.json(nodes.map((node) => reportNode(node)));
    })
    .put("/v1/loads", body(load), (c) => {
      const { fleet, connections } = c.req.valid("json");
      world.load(fleet, connections);
      return c.json(null);
    })
    .post("/v1/measurements", body(measurement), (c) => {
      const { name, value } = c.req.valid("json");
      world.report(name, value);
      return c.json(null);
    })
    .get("/v1/clock", (c) => c.json(reportClock(clock)))
    .put("/v1/clock", body(clockSetting), (c) => {
      clock.setScale(c.req.valid("json").scale);
      return c.json(reportClock(clock));
    })
    .post("/v1/routes", body(routeWish), async (c) => {
      const { to, from } = c.req.valid("json");
      refuseUnknownPort(to, world.anycastPorts());
      return c.json(await network.port(to, from));
    });
}

function body<T extends z.ZodType>(schema: T) {
  return validator("json", (value): z.output<T> => schema.parse(value));
}

function refuseUnknownPort(to: AnycastTarget, ports: readonly AnycastTarget[]): void {
  const atAddress = ports
    .filter(({ address }) => address === to.address)
    .sort((a, b) => a.port - b.port || a.protocol.localeCompare(b.protocol));
  if (atAddress.some(({ port, protocol }) => port === to.port && protocol === to.protocol)) return;
  throw new PolycastError(
    "Nothing listens there",
    atAddress.length === 0
      ? [
          {
            where: show(to.address),
            what: `no such anycast address; ${suggest(to.address, addressesOf(ports))}`,
          },
        ]
      : [
          {
            where: to.address,
            what: `no listener on ${describePort(to)}; there are: ${atAddress.map(describePort).join(", ")}`,
          },
        ],
  );
}

function addressesOf(ports: readonly AnycastTarget[]): string[] {
  return [...new Set(ports.map(({ address }) => address))];
}

function describePort({ port, protocol }: Pick<AnycastTarget, "port" | "protocol">): string {
  return `${protocol} ${port}`;
}

export interface ServedWorldApi {
  readonly port: number;
  readonly token: string;
  close(): Promise<void>;
}

/** Serves it on a free port of loopback, for those who know the token. */
export async function serveWorldApi(options: Omit<WorldApiOptions, "token">): Promise<ServedWorldApi> {
  const token = randomBytes(32).toString("hex");
  const { fetch } = worldApi({ ...options, token });
  const { port, close } = await serveOnLoopback(fetch);
  return { port, token, close };
}
