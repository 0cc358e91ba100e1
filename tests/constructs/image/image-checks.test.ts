import { checksIn } from "../../../constructs/image/image-checks";

const packer = (lines: readonly string[]): string =>
  [
    "==> amazon-ebs.edge-node: Provisioning with shell script: /tmp/packer-shell1",
    ...lines.map((line) => `    amazon-ebs.edge-node: ${line}`),
    "==> amazon-ebs.edge-node: Stopping the source instance...",
  ].join("\n");

test("finds what the checks said in Packer's output", () => {
  const output = packer([
    "== 1/2 base.sh: Debian",
    "ok 1 - nginx is installed",
    "ok 2 - no key is left",
    "1..2",
    "# without x",
  ]);
  expect(checksIn(output)).toEqual({
    ran: "in-builder",
    lines: ["ok 1 - nginx is installed", "ok 2 - no key is left"],
  });
});

test.each([
  [
    "a red one",
    packer(["ok 1 - a", "not ok 2 - nginx is installed", "1..2"]),
    /not ok 2 - nginx is installed/,
  ],
  ["one that is missing", packer(["ok 1 - a", "1..2"]), /1 were seen, of 1..2/],
  ["no plan", packer(["ok 1 - a"]), /1 were seen, of an unknown number/],
  ["none at all", packer([]), /0 were seen, of an unknown number/],
  ["a run of no checks", packer(["1..0"]), /0 were seen, of 1..0/],
])("refuses %s", (_, output, message) => {
  expect(() => checksIn(output)).toThrow(message);
});
