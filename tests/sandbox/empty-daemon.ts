import { runDaemon } from "../../sandbox/daemon-process";
import { NO_FEEDS } from "../../sandbox/dns/feeds";

/** A sandbox process without clouds: it starts in a third of the time. FAIL makes it die on the way. */
void runDaemon(() => {
  if (process.env["FAIL"] !== undefined) throw new Error(process.env["FAIL"]);
  return Promise.resolve({
    records: { list: () => [] },
    feeds: NO_FEEDS,
    services: {
      reattach: {},
      world: { port: 1, token: "none" },
      controlPlane: { url: "http://127.0.0.1:1", token: "none" },
      dnsApis: {},
      imageApis: {},
    },
    close: () => Promise.resolve(),
  });
});
