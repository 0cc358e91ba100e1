import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeSkeleton, type Reach } from "../../../cli/provider/write-skeleton";
import { PolycastError } from "../../../constructs/fleet/problem";
import { PLACES, toDoFor } from "../../conformance/assertion";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "polycast-skeleton-"));
  mkdirSync(join(root, "constructs", "providers"), { recursive: true });
  mkdirSync(join(root, "tests", "conformance"), { recursive: true });
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

const texts = (files: readonly string[]) =>
  Object.fromEntries(files.map((file) => [file, readFileSync(join(root, file), "utf8")]));

test.each<Reach>(["bgp", "managed-anycast"])("a provider of the reach %s is written whole", (reach) => {
  const written = texts(writeSkeleton(root, "acme", reach));
  const own = PLACES.filter((place) => reach === "bgp" || place !== "NAME-bgp.ts");
  expect(Object.keys(written).sort()).toEqual(
    [
      ...own.map((place) => `constructs/providers/acme/${place.replace("NAME", "acme")}`),
      "tests/conformance/acme.test.ts",
    ].sort(),
  );
  for (const text of Object.values(written)) {
    expect(text).not.toMatch(/NAME|CLASS|CONST_|REACH|\/\/bgp|\/\/managed/);
  }
  expect(written["constructs/providers/acme/acme.ts"]).toContain(`reach: "${reach}"`);
  expect(written["constructs/providers/acme/acme-fleet.ts"]).toContain("class AcmeFleet ");
  const wish = written["constructs/providers/acme/acme-wish.ts"] ?? "";
  expect(wish.includes("announce: Announcement")).toBe(reach === "bgp");
  for (const name of ["schema", "behaviour"]) {
    expect(
      () => JSON.parse(written[`constructs/providers/acme/${name}.json`] ?? "") as unknown,
    ).not.toThrow();
  }
});

test("what conformance misses is to be done in a file that was written", () => {
  const files = writeSkeleton(root, "acme", "bgp");
  for (const place of PLACES) {
    const said = toDoFor("acme", `${place}: as NAME-fleet.ts`);
    expect(files).toContain(/^To do: (\S+): as acme-fleet\.ts$/.exec(said)?.[1]);
  }
});

test.each(["", "a", "Acme", "ac-me", "../acme", "1acme", "a".repeat(21), "class", "new", "let", "static"])(
  "%j is refused, and nothing is written",
  (name) => {
    expect(() => writeSkeleton(root, name, "bgp")).toThrow(PolycastError);
    expect(readdirSync(join(root, "constructs", "providers"))).toEqual([]);
  },
);

test("a test that is there already is not written over", () => {
  const test = join(root, "tests", "conformance", "acme.test.ts");
  writeFileSync(test, "mine");
  expect(() => writeSkeleton(root, "acme", "bgp")).toThrow(
    /tests\/conformance\/acme.test.ts: is there already/,
  );
  expect(readFileSync(test, "utf8")).toBe("mine");
  expect(readdirSync(join(root, "constructs", "providers"))).toEqual([]);
});

test("a name that is taken is refused, and what is there stays", () => {
  const files = writeSkeleton(root, "acme", "bgp");
  const before = texts(files);
  expect(() => writeSkeleton(root, "acme", "managed-anycast")).toThrow(
    /constructs\/providers\/acme: is there already/,
  );
  expect(texts(files)).toEqual(before);
});
