import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { SEED, seeded } from "../seeded";
import { where } from "../tools";
import { LIBRARY } from "./bgp-node";

const UNITS = path.join(LIBRARY, "../../../etc/systemd/system");
const withPython = where("python3");

describe("the units of a node that announces", () => {
  test.each(["polycast-bird", "polycast-announcer"])(
    "%s does not start on a node without the section",
    (unit) => {
      expect(readFileSync(path.join(UNITS, `${unit}.service`), "utf8")).toContain(
        "\nConditionPathExists=/run/polycast/bgp.json\n",
      );
    },
  );

  test.each(["proxy", "tunnel", "healthz", "bird"])(
    "stops announcing before its polycast-%s stops",
    (part) => {
      const after = /^After=(.*)$/m.exec(
        readFileSync(path.join(UNITS, "polycast-announcer.service"), "utf8"),
      );
      expect(after?.[1]?.split(" ")).toContain(`polycast-${part}.service`);
    },
  );

  test("withdraws whatever ends its announcer", () => {
    const unit = readFileSync(path.join(UNITS, "polycast-announcer.service"), "utf8");
    expect(unit).toMatch(/^ExecStopPost=-\/usr\/lib\/polycast\/announcer withdraw$/m);
    expect(unit).toMatch(/^WatchdogSec=10$/m);
  });
});

/** One look, at a second. */
type Look = readonly [second: number, health: "well" | "ill" | "silent", drained?: boolean];

/** After which of the looks the routes are announced, and how long a node has to be well by then. */
function announced(looks: readonly Look[]): { announced: boolean; wait: number }[] {
  const script = `
import json, sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
from announcement import Announcement
one, seen = Announcement(), []
for second, health, *drained in json.load(sys.stdin):
    seen.append({"announced": one.look(health, drained == [True], second), "wait": one.wait})
print(json.dumps(seen))`;
  const { stdout, stderr } = spawnSync("python3", ["-c", script, LIBRARY], {
    input: JSON.stringify(looks),
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as { announced: boolean; wait: number }[];
}
const each = (from: number, to: number, health: Look[1], drained?: boolean): Look[] =>
  Array.from({ length: to - from }, (_, index) => [from + index, health, drained ?? false]);
const seconds = (looks: readonly Look[]): number[] =>
  announced(looks).flatMap((look, index) => (look.announced ? [looks[index]?.[0] ?? NaN] : []));

describe("whether routes are announced", () => {
  withPython("only after three seconds of health", () => {
    expect(seconds([...each(0, 3, "ill"), ...each(3, 8, "well")])).toEqual([6, 7]);
  });

  withPython("not at all while the node is not well", () => {
    expect(seconds([...each(0, 50, "ill"), ...each(50, 100, "silent")])).toEqual([]);
  });

  withPython("no more once the node says that it is ill", () => {
    expect(seconds([...each(0, 5, "well"), ...each(5, 8, "ill")])).toEqual([3, 4]);
  });

  withPython("through one look without an answer, but not through two", () => {
    const looks: Look[] = [
      ...each(0, 4, "well"),
      [4, "silent"],
      [5, "well"],
      [6, "silent"],
      [7, "silent"],
      [8, "well"],
    ];
    expect(seconds(looks)).toEqual([3, 4, 5, 6]);
  });

  withPython("not because of silence", () => {
    expect(seconds([...each(0, 3, "well"), ...each(3, 10, "silent")])).toEqual([3]);
    expect(seconds([[0, "silent"], ...each(1, 4, "well")])).toEqual([]);
  });

  withPython("later and later after each withdrawal, up to two minutes", () => {
    let at = 4;
    const looks = each(0, 4, "well");
    for (const wait of [10, 20, 40, 80, 120, 120]) {
      looks.push([at, "ill"], ...each(at + 1, at + wait + 2, "well"));
      at += wait + 2;
    }
    const seen = announced(looks);
    expect(seen.filter((look, index) => look.announced && seen[index - 1]?.announced === false)).toHaveLength(
      7,
    );
    expect([...new Set(seen.map(({ wait }) => wait))]).toEqual([3, 10, 20, 40, 80, 120]);
    expect(seen.filter((look) => look.announced)).toHaveLength(7);
  });

  withPython("as soon as at first, when the last withdrawal is ten minutes ago", () => {
    const looks: Look[] = [...each(0, 4, "well"), [4, "ill"], ...each(5, 617, "well"), [617, "ill"]];
    expect(announced(looks).at(-4)?.wait).toBe(10);
    expect(announced(looks).at(-3)?.wait).toBe(3);
    expect(announced(looks).at(-1)?.wait).toBe(10);
  });

  withPython("not while drained, and at once after it, which is no flap", () => {
    const looks = [...each(0, 5, "well"), ...each(5, 10, "well", true), ...each(10, 12, "well")];
    expect(seconds(looks)).toEqual([3, 4, 10, 11]);
    expect(announced(looks).at(-1)?.wait).toBe(3);
  });

  withPython("never in a second of illness, never without the wait, whatever comes", () => {
    const chance = seeded(SEED);
    const looks = Array.from({ length: 5_000 }, (_, second): Look => {
      const dice = chance();
      return [second, dice < 0.03 ? "ill" : dice < 0.08 ? "silent" : "well", chance() < 0.02];
    });
    let steady = 0;
    const wrong = announced(looks).filter((look, second) => {
      const [, health, drained] = looks[second] ?? [0, "ill"];
      const twice = health === "silent" && looks[second - 1]?.[1] === "silent";
      steady = health === "ill" || twice ? 0 : steady + 1;
      return look.announced && (drained === true || steady <= 3);
    });
    expect({ SEED, wrong }).toEqual({ SEED, wrong: [] });
  });
});
