import { describeLock, parseStateLock } from "../../live/state-lock";

test("the remedy names the stack's directory, the program and the lock", () => {
  const lock = parseStateLock(
    '{"ID":"6428b80b","Operation":"OperationTypeApply","Who":"ann@laptop","Created":"2026-01-02T03:04:05Z"}',
  );
  if (lock === undefined) throw new Error("it is a lock");
  expect(describeLock("aws-fleet", lock, "/out/stacks/aws-fleet", "tofu")).toEqual({
    where: "aws-fleet",
    what: "its state is locked by ann@laptop since 2026-01-02T03:04:05Z (OperationTypeApply)",
    remedy: "If nobody is at work there any more: cd /out/stacks/aws-fleet && tofu force-unlock 6428b80b",
  });
});

test("an ID alone is a lock; without one it is none", () => {
  expect(parseStateLock('{"ID":"1"}')).toEqual({
    ID: "1",
    Operation: "an operation",
    Who: "somebody",
    Created: "an unknown time",
  });
  expect(parseStateLock('{"Who":"ann"}')).toBeUndefined();
  expect(parseStateLock("")).toBeUndefined();
});
