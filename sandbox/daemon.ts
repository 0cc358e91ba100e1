import { ControlPlane } from "./control-plane/control-plane";
import { serveControlPlane } from "./control-plane/http";
import { runDaemon } from "./daemon-process";
import { readZones } from "./dns/zones";
import { CloudStore } from "./engine/cloud-store";
import { spend, type FaultSource } from "./engine/fault";
import { servePlugins } from "./engine/plugin-server";
import { readFaults, watchFaults, writeFaults } from "./fault-file";
import { openNetwork } from "./network/network";
import { serveEc2Api } from "./ec2-api/server";
import { serveNs1Api } from "./ns1-api/server";
import { serveRoute53Api } from "./route53-api/server";
import { serveS3Api } from "./s3-api/server";
import { simulations } from "./simulations";
import { serveStackPathApi } from "./stackpath-api/server";
import { serveVultrApi } from "./vultr-api/server";
import { serveWorldApi } from "./world-api/server";
import { scaledClock } from "./world/clock";
import { readImages, withBuiltImages } from "./world/images";
import { runAgents } from "./world/node-agent";
import { openWorld } from "./world/open-world";
import { fileWorldStore } from "./world/world-store";

/**
 * World seconds per real second at first. At a minute a second, nodes boot and monitors react while a person watches,
 * and slowly enough to follow.
 */
const SCALE = 60;

void runDaemon(async (places, log) => {
  const store = CloudStore.open(places.clouds);
  const lives = simulations.flatMap(({ life }) => life ?? []);
  const images = withBuiltImages(readImages(), lives, store);
  const worldStore = fileWorldStore(places.world);
  const { scale = SCALE, time = Date.now() } = worldStore.read() ?? {};
  const clock = scaledClock({ scale, start: time });
  const world = openWorld({
    objects: store,
    lives,
    clock,
    images,
    store: worldStore,
    log,
  });
  const network = openNetwork(world);
  const zones = () => readZones(store).map(({ name }) => name);
  const worldApi = await serveWorldApi({ world, clock, network, zones });
  const ns1Api = await serveNs1Api({ objects: store, world });
  const route53Api = await serveRoute53Api({ objects: store, world });
  const faults: FaultSource = {
    faults: watchFaults(places.faults, log),
    // In the file, so that a fault that kills this process does not strike again after its restart.
    struck: (fault) => {
      writeFaults(places.faults, spend(readFaults(places.faults), fault));
    },
  };
  const stackpathApi = await serveStackPathApi({ objects: store, clock, faults });
  const ec2Api = await serveEc2Api({ objects: store, clock });
  const s3Api = await serveS3Api({ objects: store, key: ec2Api.key });
  const vultrApi = await serveVultrApi({ objects: store, clock });
  const imageApis = [ec2Api, s3Api, stackpathApi, vultrApi];
  const controlPlane = new ControlPlane({
    directory: places.controlPlane,
    clock,
    audiences: () => [...new Set(world.nodes().flatMap(({ file }) => file?.controlPlaneUrl ?? []))],
  });
  const agents = runAgents({
    clock,
    nodes: () => world.nodes(),
    connections: () => world.connections(),
    controlPlane,
    directory: places.controlPlane,
    log,
  });
  const controlPlaneApi = await serveControlPlane(controlPlane, clock);
  const plugins = await servePlugins({
    simulations,
    store,
    images: (id) => images.has(id),
    wait: (seconds) =>
      new Promise((resolve) => {
        clock.after(seconds, resolve);
      }),
    ...faults,
  });
  return {
    records: store,
    feeds: world,
    services: {
      reattach: plugins.reattach,
      world: { port: worldApi.port, token: worldApi.token },
      controlPlane: { url: controlPlaneApi.url, token: controlPlane.issueOperatorToken() },
      dnsApis: { NS1_ENDPOINT: ns1Api.endpoint, NS1_APIKEY: ns1Api.key, ...route53Api.variables },
      imageApis: Object.fromEntries(imageApis.flatMap(({ variables }) => Object.entries(variables))),
    },
    close: async () => {
      const dnsApis = [ns1Api, route53Api];
      const served = [plugins, worldApi, controlPlaneApi, ...dnsApis, ...imageApis, network];
      await Promise.all(served.map((api) => api.close()));
      agents.close();
      await world.close();
      controlPlane.close();
      store.close();
    },
  };
});
