import { runDaemon } from "../../sandbox/daemon-process";

/** A sandbox process without clouds: it starts in a third of the time. FAIL makes it die on the way. */
void runDaemon(() => {
  if (process.env["FAIL"] !== undefined) throw new Error(process.env["FAIL"]);
  return Promise.resolve({ records: { list: () => [] }, reattach: {}, close: () => Promise.resolve() });
});
