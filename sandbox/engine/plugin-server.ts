import * as grpc from "@grpc/grpc-js";
import type { ProviderSimulation } from "../../constructs/fleet/simulation";
import type { CloudStore } from "./cloud-store";
import type { FaultSource } from "./fault";
import { LARGEST_MESSAGE, tfplugin5 } from "./plugin-protocol";
import { ProviderService, type ImageLookup, type PluginRequest, type Wait } from "./provider-service";

/** How Terraform finds a running provider: one entry of TF_REATTACH_PROVIDERS. */
export interface ReattachEntry {
  readonly Protocol: "grpc";
  readonly ProtocolVersion: 5;
  /** Terraform polls this process and gives up when it is gone, so it is the one that serves. */
  readonly Pid: number;
  /** Terraform then leaves it running. */
  readonly Test: true;
  /** TCP on loopback: over a Unix socket all connections have one address, and configurations get mixed up. */
  readonly Addr: { readonly Network: "tcp"; readonly String: string };
}

export interface ServeOptions extends FaultSource {
  readonly simulations: readonly ProviderSimulation[];
  readonly store: CloudStore;
  /** The images there are. Where it is left out, clouds take any. */
  readonly images?: ImageLookup;
  /** How plugins wait where theirs do. Where it is left out, they do not. */
  readonly wait?: Wait;
  /** What a fault of kind `crash` does; by default this process kills itself. */
  readonly crash?: () => void;
}

export interface PluginServers {
  /** By provider source address; TF_REATTACH_PROVIDERS is this as JSON. */
  readonly reattach: Record<string, ReattachEntry>;
  /** Ends all connections. The store stays open. */
  close(): Promise<void>;
}

/** Serves each provider's plugin protocol on a free port of the loopback interface. */
export async function servePlugins(options: ServeOptions): Promise<PluginServers> {
  const { simulations, store, images, wait, crash = killSelf } = options;
  const troubles = { source: options, crash };
  const servers = await Promise.all(
    simulations.map(async (simulation) => {
      const service = new ProviderService(simulation, store, troubles, images, wait);
      return { source: simulation.source, ...(await listen(service)) };
    }),
  );
  return {
    reattach: Object.fromEntries(servers.map(({ source, port }) => [source, reattachEntry(port)])),
    close: async () => {
      await Promise.all(servers.map(({ server }) => stop(server)));
    },
  };
}

function killSelf(): void {
  process.kill(process.pid, "SIGKILL");
}

function reattachEntry(port: number): ReattachEntry {
  const address = { Network: "tcp", String: `127.0.0.1:${port}` } as const;
  return { Protocol: "grpc", ProtocolVersion: 5, Pid: process.pid, Test: true, Addr: address };
}

async function listen(service: ProviderService): Promise<{ server: grpc.Server; port: number }> {
  const server = new grpc.Server({ "grpc.max_receive_message_length": LARGEST_MESSAGE });
  server.addService(tfplugin5.Provider.service, handlers(service));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return { server, port };
}

function stop(server: grpc.Server): Promise<void> {
  return new Promise((resolve) => {
    server.tryShutdown(() => {
      resolve();
    });
    server.forceShutdown();
  });
}

type Answer = (peer: string, request: PluginRequest) => object | Promise<object>;

function handlers(service: ProviderService): grpc.UntypedServiceImplementation {
  const answers: Record<string, Answer> = {
    GetSchema: () => service.getSchema(),
    PrepareProviderConfig: (peer, request) => service.prepareProviderConfig(peer, request),
    Configure: (peer, request) => service.configure(peer, request),
    ValidateResourceTypeConfig: (peer, request) => service.validateResource(peer, request),
    UpgradeResourceState: (_, request) => service.upgradeState(request),
    ReadResource: (peer, request) => service.read(peer, request),
    PlanResourceChange: (peer, request) => service.plan(peer, request),
    ApplyResourceChange: (peer, request) => service.apply(peer, request),
    ImportResourceState: (peer, request) => service.importState(peer, request),
    Stop: () => ({}),
  };
  return Object.fromEntries(Object.entries(answers).map(([method, answer]) => [method, unary(answer)]));
}

/** A defect of a simulation becomes an error that Terraform shows, not the end of the process. */
function unary(answer: Answer): grpc.handleUnaryCall<PluginRequest, object> {
  return (call, reply) => {
    Promise.resolve()
      .then(() => answer(call.getPeer(), call.request))
      .then(
        (response) => {
          reply(null, response);
        },
        (error: unknown) => {
          const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
          reply({ code: grpc.status.INTERNAL, message });
        },
      );
  };
}
