import { readFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { ControlPlane } from "../../../sandbox/control-plane/control-plane";
import { keyIdOf } from "../../../sandbox/control-plane/node-token";
import type { NodeList } from "../../../sandbox/control-plane/protocol";
import { manualClock, type ManualClock } from "../../../sandbox/world/clock";
import { AUDIENCE, refusal, registrationIn, SomeNode } from "./some-node";

const START = Date.parse("2030-01-01T00:00:00Z");

let directory: string;
let clock: ManualClock;
let controlPlane: ControlPlane;
let joinA: string;
let joinB: string;

const open = (): ControlPlane => new ControlPlane({ directory, clock, audiences: () => [AUDIENCE] });
const reopen = (): void => {
  controlPlane.close();
  controlPlane = open();
};
const nodeIn = (fleet: "a" | "b", name: string): SomeNode =>
  new SomeNode(name, clock)
    .enrol(controlPlane, fleet === "a" ? joinA : joinB)
    .renew(controlPlane, registrationIn(fleet));
const identified = (token: string) => refusal(() => controlPlane.identify(token));
const seenBy = (node: SomeNode, after?: string): NodeList =>
  controlPlane.nodes(controlPlane.identify(node.token()), "test", after);
const names = (list: NodeList): string[] => list.nodes.map(({ name }) => name);

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "polycast-control-"));
  clock = manualClock(START);
  controlPlane = open();
  joinA = controlPlane.issueJoinToken({ environment: "test", fleet: "a" });
  joinB = controlPlane.issueJoinToken({ environment: "test", fleet: "b" });
});
afterEach(() => {
  controlPlane.close();
  rmSync(directory, { recursive: true });
});

describe("enrolment", () => {
  test("gives a name in the join token's fleet to a key", () => {
    const node = new SomeNode("n1", clock);
    const { publicKey } = node;
    expect(controlPlane.enrol(controlPlane.identify(joinA), { name: "n1", publicKey })).toEqual({
      environment: "test",
      fleet: "a",
      name: "n1",
      keyId: keyIdOf(publicKey),
      tokenSeconds: 3600,
    });
  });

  test("shows a node to others only when it has registered", () => {
    const other = nodeIn("b", "other");
    const node = new SomeNode("n1", clock).enrol(controlPlane, joinA);
    expect(names(seenBy(other))).toEqual(["other"]);
    node.renew(controlPlane, registrationIn("a"));
    expect(names(seenBy(other))).toEqual(["n1", "other"]);
  });

  test("is refused to another key while the name is held, in every fleet", () => {
    nodeIn("a", "n1");
    for (const token of [joinA, joinB]) {
      expect(refusal(() => new SomeNode("n1", clock).enrol(controlPlane, token))).toBe("name-taken");
    }
  });

  test("is refused to a key that holds another name, or the same one in another fleet", () => {
    const node = nodeIn("a", "n1");
    const again = (token: string, name: string) =>
      refusal(() => controlPlane.enrol(controlPlane.identify(token), { name, publicKey: node.publicKey }));
    expect(again(joinA, "n2")).toBe("key-taken");
    expect(again(joinB, "n1")).toBe("name-taken");
    expect(again(joinA, "n1")).toBeUndefined();
    expect(seenBy(node).nodes).toHaveLength(1);
  });

  test("frees the name when its holder leaves or falls silent", () => {
    const node = nodeIn("a", "n1");
    controlPlane.leave(controlPlane.identify(node.token()), "n1");
    const second = new SomeNode("n1", clock).enrol(controlPlane, joinB);
    clock.advance(15);
    expect(refusal(() => new SomeNode("n1", clock).enrol(controlPlane, joinA))).toBe("name-taken");
    clock.advance(1);
    expect(identified(second.token())).toBe("not-enrolled");
    new SomeNode("n1", clock).enrol(controlPlane, joinA);
  });

  test("is refused to the 10 001st node of a fleet, and to that fleet only", () => {
    const enrol = (joinToken: string, n: number) => {
      const x = Buffer.alloc(32, `${n}`).toString("base64url");
      const publicKey = { kty: "OKP", crv: "Ed25519", x } as const;
      return controlPlane.enrol(controlPlane.identify(joinToken), { name: `n${n}`, publicKey });
    };
    for (let n = 10_000; n < 20_000; n++) enrol(joinA, n);
    expect(refusal(() => enrol(joinA, 20_000))).toBe("fleet-full");
    expect(refusal(() => enrol(joinA, 10_000))).toBeUndefined();
    expect(refusal(() => enrol(joinB, 20_000))).toBeUndefined();
  });

  test("keeps environments apart", () => {
    const elsewhere = controlPlane.issueJoinToken({ environment: "other", fleet: "a" });
    const here = nodeIn("a", "n1");
    const there = new SomeNode("n1", clock)
      .enrol(controlPlane, elsewhere)
      .renew(controlPlane, registrationIn("a"));
    expect(seenBy(here).nodes).toHaveLength(1);
    expect(refusal(() => seenBy(there))).toBe("not-allowed");
  });
});

describe("a join token", () => {
  test("is replaced by a newer one of its fleet; who has joined stays", () => {
    const node = nodeIn("a", "n1");
    const newer = controlPlane.issueJoinToken({ environment: "test", fleet: "a" });
    expect(identified(joinA)).toBe("unknown-token");
    expect(identified(joinB)).toBeUndefined();
    new SomeNode("n2", clock).enrol(controlPlane, newer);
    expect(names(seenBy(node))).toEqual(["n1"]);
  });

  test("lets nobody register, leave or read", () => {
    nodeIn("a", "n1");
    const caller = controlPlane.identify(joinA);
    expect(refusal(() => controlPlane.renew(caller, "n1", registrationIn("a")))).toBe("not-allowed");
    expect(refusal(() => { controlPlane.leave(caller, "n1"); })).toBe("not-allowed"); // prettier-ignore
    expect(refusal(() => controlPlane.nodes(caller, "test"))).toBe("not-allowed");
    expect(refusal(() => controlPlane.joinTokenFor(caller, { environment: "test", fleet: "a" }))).toBe(
      "not-allowed",
    );
  });

  test("is kept as a hash, and the operator token too", () => {
    const operator = controlPlane.issueOperatorToken();
    const kept = readdirSync(directory).map((file) => readFileSync(path.join(directory, file), "utf8"));
    for (const secret of [joinA, joinB, operator]) {
      expect(kept.join("")).not.toContain(secret.slice(4));
      reopen();
      expect(identified(secret)).toBeUndefined();
    }
  });
});

describe("a node's token", () => {
  let node: SomeNode;
  beforeEach(() => {
    node = nodeIn("a", "n1");
  });

  test("is good until it expires", () => {
    const token = node.token({ exp: START / 1000 + 10 });
    clock.advance(9.999);
    expect(identified(token)).toBeUndefined();
    clock.advance(0.001);
    expect(identified(token)).toBe("token-expired");
  });

  test("that was found good once is not good for longer", () => {
    const caller = controlPlane.identify(node.token({ exp: START / 1000 + 10 }));
    controlPlane.renew(caller, "n1", registrationIn("a"));
    clock.advance(10);
    expect(refusal(() => controlPlane.renew(caller, "n1", registrationIn("a")))).toBe("token-expired");
    expect(refusal(() => controlPlane.nodes(caller, "test"))).toBe("token-expired");
  });

  test("that was found good once is nothing after its node has left", () => {
    const caller = controlPlane.identify(node.token());
    controlPlane.leave(caller, "n1");
    expect(refusal(() => controlPlane.renew(caller, "n1", registrationIn("a")))).toBe("not-enrolled");
    expect(refusal(() => controlPlane.nodes(caller, "test"))).toBe("not-enrolled");
  });

  test.each([
    ["for another control plane", { aud: "https://other.example.net" }, "wrong-audience"],
    ["for a longer name of it", { aud: `${AUDIENCE}/` }, "wrong-audience"],
    ["for another name", { sub: "n2" }, "malformed-token"],
    ["for more than an hour", { exp: START / 1000 + 3601 }, "malformed-token"],
    ["from a time to come", { iat: START / 1000 + 6, exp: START / 1000 + 60 }, "malformed-token"],
    ["expired", { exp: START / 1000 - 1 }, "token-expired"],
  ])("is refused when it is %s", (_, claims, reason) => {
    expect(identified(node.token(claims))).toBe(reason);
  });

  test("may come from a clock that is a little ahead, or be valid for just an hour", () => {
    expect(identified(node.token({ iat: START / 1000 + 5 }))).toBeUndefined();
    expect(identified(node.token({ exp: START / 1000 + 3600 }))).toBeUndefined();
  });

  test("is refused when another key signed it in its name", () => {
    const thief = new SomeNode("n1", clock);
    expect(identified(thief.token())).toBe("not-enrolled");
    const [, ...stolen] = thief.token().split(".");
    expect(identified([node.token().split(".")[0], ...stolen].join("."))).toBe("bad-signature");
  });

  test("is refused when it is missing, unsigned, or none at all", () => {
    expect(refusal(() => controlPlane.identify(undefined))).toBe("no-token");
    expect(identified("pcj_guess")).toBe("unknown-token");
    const [, claims] = node.token().split(".");
    const unsigned = Buffer.from('{"alg":"none"}').toString("base64url");
    expect(identified(`${unsigned}.${claims}.`)).toBe("malformed-token");
  });

  test("does not stand in a refusal", () => {
    const token = node.token({ aud: "https://other.example.net" });
    for (const secret of [token, "pcj_a-secret-that-was-guessed"]) {
      try {
        controlPlane.identify(secret);
      } catch (error) {
        expect(JSON.stringify((error as { document: object }).document)).not.toContain(secret.slice(0, 12));
      }
    }
    expect.assertions(2);
  });

  test("speaks for its own name and fleet only", () => {
    nodeIn("b", "n2");
    const caller = controlPlane.identify(node.token());
    expect(refusal(() => controlPlane.renew(caller, "n2", registrationIn("b")))).toBe("not-allowed");
    expect(refusal(() => { controlPlane.leave(caller, "n2"); })).toBe("not-allowed"); // prettier-ignore
    expect(refusal(() => controlPlane.renew(caller, "n1", registrationIn("b")))).toBe("not-allowed");
    expect(refusal(() => controlPlane.enrol(caller, { name: "n3", publicKey: node.publicKey }))).toBe(
      "not-allowed",
    );
    expect(names(seenBy(node))).toEqual(["n1", "n2"]);
  });
});

describe("the lease", () => {
  test("is 15 s, renewed each time; who is silent for longer is gone within a second", () => {
    const [quiet, lively] = [nodeIn("a", "quiet"), nodeIn("b", "lively")];
    for (let i = 0; i < 3; i++) {
      clock.advance(5);
      expect(lively.renew(controlPlane, registrationIn("b"))).toBe(lively);
    }
    expect(names(seenBy(lively))).toEqual(["lively", "quiet"]);
    clock.advance(1);
    expect(names(seenBy(lively))).toEqual(["lively"]);
    expect(identified(quiet.token())).toBe("not-enrolled");
  });

  test("says when to renew", () => {
    const node = nodeIn("a", "n1");
    const lease = controlPlane.renew(controlPlane.identify(node.token()), "n1", registrationIn("a"));
    expect(lease).toEqual({ leaseSeconds: 15, renewSeconds: 5, revision: seenBy(node).revision });
  });
});

describe("the list of nodes", () => {
  test("says what each node said, and since when it is there", () => {
    const node = nodeIn("a", "n1");
    clock.advance(7);
    node.renew(controlPlane, { ...registrationIn("a"), health: "draining", addresses: ["2001:db8::1"] });
    expect(seenBy(node).nodes).toEqual([
      {
        ...registrationIn("a"),
        name: "n1",
        health: "draining",
        addresses: ["2001:db8::1"],
        since: "2030-01-01T00:00:00.000Z",
      },
    ]);
  });

  test("has a new revision when what others see has changed, and only then", () => {
    const node = nodeIn("a", "n1");
    const first = seenBy(node);
    node.renew(controlPlane, registrationIn("a"));
    new SomeNode("n2", clock).enrol(controlPlane, joinA);
    expect(seenBy(node)).toEqual(first);
    node.renew(controlPlane, { ...registrationIn("a"), health: "unhealthy" });
    expect(seenBy(node).revision).not.toBe(first.revision);
  });

  test("tells what has changed since a revision", () => {
    const [one, two] = [nodeIn("a", "one"), nodeIn("b", "two")];
    const { revision, complete } = seenBy(one);
    expect(complete).toBe(true);
    expect(seenBy(one, revision)).toEqual({ revision, complete: false, nodes: [], gone: [] });
    controlPlane.leave(controlPlane.identify(two.token()), "two");
    nodeIn("b", "three");
    const changes = seenBy(one, revision);
    expect([changes.complete, names(changes), changes.gone]).toEqual([false, ["three"], ["two"]]);
    expect(seenBy(one, changes.revision)).toMatchObject({ nodes: [], gone: [] });
  });

  test("does not call a node gone that is back", () => {
    const [one, two] = [nodeIn("a", "one"), nodeIn("b", "two")];
    const { revision } = seenBy(one);
    controlPlane.leave(controlPlane.identify(two.token()), "two");
    nodeIn("a", "two");
    expect(seenBy(one, revision)).toMatchObject({ nodes: [{ name: "two", fleet: "a" }], gone: [] });
  });

  test.each(["", "x", "-", "x-1", "abc-", "-1", "1e3", "ffffffffffff-99"])(
    "is complete for the unknown revision %j",
    (after) => {
      expect(seenBy(nodeIn("a", "n1"), after).complete).toBe(true);
    },
  );

  test("is complete for a revision that is older than the departures that are remembered", () => {
    const node = nodeIn("a", "n1");
    const { revision } = seenBy(node);
    const comeAndGo = (times: number): void => {
      for (let i = 0; i < times; i++) {
        const other = nodeIn("b", `other-${i}`);
        controlPlane.leave(controlPlane.identify(other.token()), other.name);
      }
    };
    comeAndGo(1000);
    expect(seenBy(node, revision)).toMatchObject({ complete: false });
    expect(seenBy(node, revision).gone).toHaveLength(1000);
    comeAndGo(1);
    expect(seenBy(node, revision)).toMatchObject({ complete: true, gone: [] });
  });

  test("is for operators too, who are told which environments there are", () => {
    const operator = controlPlane.identify(controlPlane.issueOperatorToken());
    nodeIn("a", "n1");
    expect(names(controlPlane.nodes(operator, "test"))).toEqual(["n1"]);
    expect(() => controlPlane.nodes(operator, "tset")).toThrow("no such environment");
    expect(refusal(() => controlPlane.nodes(operator, "tset"))).toBe("unknown-environment");
    expect(refusal(() => controlPlane.renew(operator, "n1", registrationIn("a")))).toBe("not-allowed");
  });
});

describe("a restart", () => {
  test("loses no name, key, registration or revision", () => {
    const [one, two] = [nodeIn("a", "one"), nodeIn("b", "two")];
    new SomeNode("three", clock).enrol(controlPlane, joinA);
    const before = seenBy(one);
    reopen();
    expect(seenBy(one)).toEqual(before);
    expect(seenBy(two, before.revision)).toMatchObject({ complete: false, nodes: [], gone: [] });
    expect(refusal(() => new SomeNode("three", clock).enrol(controlPlane, joinA))).toBe("name-taken");
    two.renew(controlPlane, { ...registrationIn("b"), release: "r2" });
    expect(seenBy(one, before.revision)).toMatchObject({ nodes: [{ name: "two", release: "r2" }] });
  });

  test("gives those that were there a full lease, and those only", () => {
    const node = nodeIn("a", "n1");
    clock.advance(14);
    reopen();
    clock.advance(15);
    expect(names(seenBy(node))).toEqual(["n1"]);
    clock.advance(1);
    expect(identified(node.token())).toBe("not-enrolled");
    reopen();
    expect(identified(node.token())).toBe("not-enrolled");
  });

  test("does not forget the revision with the nodes", () => {
    const [one, two] = [nodeIn("a", "one"), nodeIn("b", "two")];
    controlPlane.leave(controlPlane.identify(two.token()), "two");
    const { revision } = seenBy(one);
    reopen();
    reopen();
    expect(seenBy(one).revision).toBe(revision);
  });

  test("without its journal knows no revision of before", () => {
    const { revision } = seenBy(nodeIn("a", "n1"));
    controlPlane.close();
    rmSync(path.join(directory, "nodes.jsonl"));
    controlPlane = open();
    const node = nodeIn("a", "n1");
    expect(seenBy(node).revision).not.toBe(revision);
    expect(seenBy(node, revision).complete).toBe(true);
  });
});

describe("a node's load", () => {
  const readAsOperator = (after?: string): NodeList =>
    controlPlane.nodes(controlPlane.identify(controlPlane.issueOperatorToken()), "test", after);
  const loadOf = (node: SomeNode, connections: number): SomeNode =>
    node.renew(controlPlane, { ...registrationIn("a"), connections });

  test("is for operators, with how old it is; nodes do not see it", () => {
    const node = loadOf(nodeIn("a", "n1"), 75);
    clock.advance(4);
    expect(readAsOperator().nodes[0]).toMatchObject({ name: "n1", connections: 75, silentSeconds: 4 });
    expect(seenBy(node).nodes[0]).not.toHaveProperty("connections");
    expect(seenBy(node).nodes[0]).not.toHaveProperty("silentSeconds");
  });

  test("moves without a revision, and is the newest in any list", () => {
    const node = loadOf(nodeIn("a", "n1"), 75);
    const { revision } = seenBy(node);
    loadOf(node, 80);
    expect(seenBy(node, revision)).toMatchObject({ revision, nodes: [] });
    expect(readAsOperator().nodes[0]?.connections).toBe(80);
    loadOf(node, 0);
    expect(readAsOperator().nodes[0]?.connections).toBe(0);
  });

  test("is not there where the node does not say it, or has not since a restart", () => {
    const node = loadOf(nodeIn("a", "n1"), 75);
    node.renew(controlPlane, registrationIn("a"));
    expect(readAsOperator().nodes[0]).toMatchObject({ silentSeconds: 0 });
    expect(readAsOperator().nodes[0]).not.toHaveProperty("connections");
    loadOf(node, 75);
    reopen();
    expect(readAsOperator().nodes[0]).toMatchObject({ name: "n1", health: "healthy" });
    expect(readAsOperator().nodes[0]).not.toHaveProperty("silentSeconds");
    loadOf(node, 76);
    expect(readAsOperator().nodes[0]).toMatchObject({ connections: 76, silentSeconds: 0 });
  });

  test("does not outlive its node", () => {
    const node = loadOf(nodeIn("a", "n1"), 75);
    controlPlane.leave(controlPlane.identify(node.token()), "n1");
    nodeIn("a", "n1");
    expect(readAsOperator().nodes[0]).not.toHaveProperty("connections");
  });
});
