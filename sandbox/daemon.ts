import { CloudStore } from "./engine/cloud-store";
import { servePlugins } from "./engine/plugin-server";
import { runDaemon } from "./daemon-process";
import { spend } from "./engine/fault";
import { readFaults, watchFaults, writeFaults } from "./fault-file";
import { simulations } from "./simulations";

void runDaemon(async ({ clouds, faults }, log) => {
  const store = CloudStore.open(clouds);
  const plugins = await servePlugins({
    simulations,
    store,
    faults: watchFaults(faults, log),
    // In the file, so that a fault that kills this process does not strike again after its restart.
    struck: (fault) => {
      writeFaults(faults, spend(readFaults(faults), fault));
    },
  });
  return {
    records: store,
    reattach: plugins.reattach,
    close: async () => {
      await plugins.close();
      store.close();
    },
  };
});
