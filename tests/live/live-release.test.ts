import {
  deployedRelease,
  normalRelease,
  parseSites,
  recordedRelease,
  releaseIdAt,
  releaseIds,
  releaseText,
  sitesText,
} from "../../live/live-release";

const mixed = { release: "r1", sites: { b: "r3", a: "r2" } };

test("a site that runs what the fleet runs is not named, and the others stand in one order", () => {
  expect(JSON.stringify(normalRelease(mixed))).toBe('{"release":"r1","sites":{"a":"r2","b":"r3"}}');
  expect(normalRelease({ release: "r1", sites: { a: "r1" } })).toEqual({ release: "r1" });
  expect(normalRelease({ release: "r1", sites: { a: "r1", b: "r2" } }).sites).toEqual({ b: "r2" });
});

test("a site that the fleet has no more is of no account", () => {
  expect(normalRelease(mixed, { a: {} })).toEqual({ release: "r1", sites: { a: "r2" } });
  expect(normalRelease(mixed, {})).toEqual({ release: "r1" });
});

test("every site has a release, and every release is named once", () => {
  expect(["a", "b", "c"].map((site) => releaseIdAt(mixed, site))).toEqual(["r2", "r3", "r1"]);
  expect(releaseIdAt({ release: "r1" }, "toString")).toBe("r1");
  expect(releaseIds(mixed)).toEqual(["r1", "r3", "r2"]);
  expect(releaseIds({ release: "r1", sites: { a: "r2", b: "r2" } })).toEqual(["r1", "r2"]);
});

test("what a deploy is about is recorded by its ids", () => {
  const r2 = { id: "r2", image: "i2" };
  expect(recordedRelease({ id: "r1", image: "i1" })).toEqual({ release: "r1" });
  expect(recordedRelease({ id: "r1", image: "i1", sites: { a: r2 } })).toEqual({
    release: "r1",
    sites: { a: "r2" },
  });
});

test("texts say it as commands take it", () => {
  expect(releaseText({ release: "r1" })).toBe("r1");
  expect(releaseText(mixed)).toBe("r1, a=r2,b=r3");
  expect(parseSites(sitesText(mixed))).toEqual(mixed.sites);
  expect(parseSites("a=r2,b,=r3,c=,d=r1=r2")).toEqual({ a: "r2" });
  expect(parseSites("")).toEqual({});
});

test("a stack's outputs say what is deployed", () => {
  expect(deployedRelease({})).toBeUndefined();
  expect(deployedRelease({ release: "r1" })).toEqual({ release: "r1" });
  expect(deployedRelease({ release: "r1", site_releases: "a=r2" })).toEqual({
    release: "r1",
    sites: { a: "r2" },
  });
});
