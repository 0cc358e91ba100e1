import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeSkeleton, type Reach } from "../../../cli/provider/write-skeleton";
import { PolycastError } from "../../../constructs/fleet/problem";

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
  expect(Object.keys(written).sort()).toEqual([
    "constructs/providers/acme/acme-fleet.ts",
    "constructs/providers/acme/acme-wish.ts",
    "constructs/providers/acme/acme.ts",
    "constructs/providers/acme/behaviour.json",
    "constructs/providers/acme/schema.json",
    "constructs/providers/acme/simulation.ts",
    "constructs/providers/acme/sites.ts",
    "constructs/providers/acme/sizes.ts",
    "tests/conformance/acme.test.ts",
  ]);
  for (const text of Object.values(written)) expect(text).not.toMatch(/NAME|CLASS|REACH|\/\/bgp|\/\/managed/);
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

test.each(["", "a", "Acme", "ac-me", "../acme", "1acme", "a".repeat(21)])(
  "%j is refused, and nothing is written",
  (name) => {
    expect(() => writeSkeleton(root, name, "bgp")).toThrow(PolycastError);
    expect(readdirSync(join(root, "constructs", "providers"))).toEqual([]);
  },
);

test("a name that is taken is refused, and what is there stays", () => {
  const files = writeSkeleton(root, "acme", "bgp");
  const before = texts(files);
  expect(() => writeSkeleton(root, "acme", "managed-anycast")).toThrow(
    /constructs\/providers\/acme: is there already/,
  );
  expect(texts(files)).toEqual(before);
});
