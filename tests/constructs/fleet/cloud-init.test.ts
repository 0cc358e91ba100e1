import { userData } from "../../../constructs/fleet/user-data";
import { nodeFileFrom, siteOf } from "../../../constructs/fleet/cloud-init";
import { nodeFile } from "../../sandbox/world/sample-world";

const FILE = nodeFile();

describe("the node file in user data", () => {
  test("is what the fleets write", () => {
    expect(nodeFileFrom(userData(FILE))).toEqual({ found: FILE });
  });

  test("may be written in YAML, beside other files", () => {
    const text = [
      "#cloud-config",
      "# a comment",
      "write_files:",
      "  - path: /etc/motd",
      "    content: hello",
      "  - path: /etc/polycast/node.json",
      "    content: |",
      ...JSON.stringify(FILE, null, 2)
        .split("\n")
        .map((line) => `      ${line}`),
    ].join("\n");
    expect(nodeFileFrom(text)).toEqual({ found: FILE });
  });

  test("is the last one written", () => {
    const first = JSON.stringify(nodeFile({ release: "old" }));
    const path = "/etc/polycast/node.json";
    const files = [first, JSON.stringify(FILE)].map((content) => ({ path, content }));
    expect(nodeFileFrom(`#cloud-config\n${JSON.stringify({ write_files: files })}`)).toEqual({ found: FILE });
  });

  const writing = (content: string): string =>
    `#cloud-config\n${JSON.stringify({ write_files: [{ path: "/etc/polycast/node.json", content }] })}\n`;

  test.each([
    ["nothing", "", 'do not begin with the line "#cloud-config"'],
    ["a script", "#!/bin/sh\n", 'do not begin with the line "#cloud-config"'],
    ["broken YAML", "#cloud-config\n{ a: [", "are not YAML: "],
    ["no files", "#cloud-config\nhostname: x\n", "do not write /etc/polycast/node.json"],
    ["another file", '#cloud-config\nwrite_files: [{path: /x, content: ""}]', "do not write /etc/polycast"],
    ["a file that is not JSON", writing("release=r1"), "/etc/polycast/node.json is not JSON: "],
    [
      "a file without a release",
      writing(JSON.stringify({ ...FILE, release: undefined })),
      "malformed: release: ",
    ],
  ])("is missing in %s, and it is said why", (_, text, why) => {
    const got = nodeFileFrom(text);
    expect("missing" in got && got.missing).toContain(why);
    expect("missing" in got && got.missing).not.toContain("\n");
  });

  test("is malformed in all its parts at once", () => {
    const got = nodeFileFrom(writing(JSON.stringify({ ...FILE, release: 1, fleet: 2 })));
    expect("missing" in got && got.missing).toMatch(/fleet: .*; release: /);
  });
});

describe("a node's site", () => {
  const file = nodeFile({
    site: { hostnamePattern: "-([a-z]+)-[0-9]+$", byLocation: { sea: "SEA", ams: "europe" } },
  });

  test("stands in its file", () => {
    expect(siteOf(FILE, "i-1")).toEqual({ found: "west" });
  });

  test("follows from its name where the file serves several sites", () => {
    expect(siteOf(file, "test-acme-europe-ams-1")).toEqual({ found: "europe" });
    expect(siteOf(file, "test-acme-sea-sea-0")).toEqual({ found: "SEA" });
  });

  test.each([
    ["i-0a1b2c", /its name "i-0a1b2c" does not match the hostnamePattern/],
    ["x-lon-0", /no site for the location "lon"; it knows sea, ams/],
    ["x-constructor-0", /no site for the location "constructor"/],
  ])("is missing for the name %s", (name, why) => {
    const got = siteOf(file, name);
    expect("missing" in got && got.missing).toMatch(why);
  });

  test("is missing where the pattern is none", () => {
    const got = siteOf(nodeFile({ site: { hostnamePattern: "(", byLocation: {} } }), "x");
    expect("missing" in got && got.missing).toMatch(/has a hostnamePattern that cannot be used: /);
  });
});
