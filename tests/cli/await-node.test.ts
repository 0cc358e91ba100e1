import { createServer } from "node:net";
import { awaitNode, watchPort, type Watch } from "../../cli/await-node";

const NODE = { fleet: "vultr", node: "edge-1" };

/** A node that is seen like this, a look each five seconds; the last look goes on for ever. */
function seen(...looks: readonly ("serves" | "down")[]): Watch & { readonly looks: () => number } {
  let count = 0;
  return {
    look: () => {
      const at = looks[Math.min(count, looks.length - 1)];
      count += 1;
      return Promise.resolve(at === "serves" ? "serves" : { why: "connection refused" });
    },
    now: () => count * 5,
    pause: () => Promise.resolve(),
    looks: () => count,
  };
}

describe("a new node", () => {
  test("serves when it has done so for fifteen seconds on end", async () => {
    const steady = seen("down", "down", "serves");
    expect(await awaitNode(steady, NODE)).toBe(30);
    expect(steady.looks()).toBe(6);
  });

  test("that falls over begins anew", async () => {
    expect(await awaitNode(seen("serves", "serves", "serves", "down", "serves"), NODE)).toBe(40);
  });

  test("that never serves is given up after 900 s, and what was there stays", async () => {
    await expect(awaitNode(seen("down"), NODE)).rejects.toThrow(
      /new node edge-1 of vultr does not serve after 900 s: connection refused\.[^]*goes on serving[^]*Deploy again/,
    );
  });

  test("that comes and goes is given up too", async () => {
    const flapping = Array.from({ length: 400 }, (_, i) => (i % 3 === 0 ? "down" : "serves"));
    await expect(awaitNode(seen(...flapping), NODE)).rejects.toThrow(/after 900 s/);
  });
});

describe("a port", () => {
  test("serves where it takes a connection, and says why it does not", async () => {
    const server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const { look } = watchPort({ address: "127.0.0.1", port });
    expect(await look()).toBe("serves");
    await new Promise((resolve) => server.close(resolve));
    expect(await look()).toEqual({
      why: expect.stringMatching(/^127\.0\.0\.1 port \d+: .*ECONNREFUSED/) as string,
    });
  });
});
