import { failureIn } from "../../../constructs/image/packer-failure";

test("an sshd that never answers", () => {
  const { what, remedy } = failureIn(
    "==> null.edge-node: Timeout waiting for SSH.\nBuild 'null.edge-node' errored",
  );
  expect(what).toBe("the builder's sshd never answered");
  expect(remedy).toContain("POLYCAST_BUILDER_CIDRS");
});

test("what a script says of itself, once", () => {
  const line = "    null.edge-node: FAILED: the base image is arm64; amd64 is wanted (POLYCAST_ARCHITECTURE)";
  const end = "    null.edge-node: FAILED: base.sh ended with status 1; what it said last stands above";
  expect(failureIn([line, end, line, "Build errored: Script exited with status 1"].join("\n")).what).toBe(
    "FAILED: the base image is arm64; amd64 is wanted (POLYCAST_ARCHITECTURE); FAILED: base.sh ended with status 1; what it said last stands above",
  );
});

test("checks that are red", () => {
  const output = "    null.edge-node: ok 1 - whole\n    null.edge-node: not ok 2 - root has no password\n";
  expect(failureIn(output).what).toBe("not ok 2 - root has no password");
});

test("Packer's own errors", () => {
  const output =
    'Error: Unset variable "ssh_host"\n\nA used variable must be set\nError: Unset variable "ssh_host"\n';
  expect(failureIn(output)).toEqual({ what: 'Unset variable "ssh_host"' });
});

test("the last lines of what says nothing", () => {
  expect(failureIn("1\n2\n3\n4\n\n5\n6\n7\n").what).toBe("2\n3\n4\n5\n6\n7");
});
