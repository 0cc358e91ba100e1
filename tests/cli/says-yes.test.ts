import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { saysYes } from "../../cli/says-yes";

/** What a person types, and all that he is shown. */
function terminal(): { input: PassThrough; output: PassThrough & { isTTY?: boolean } } {
  return { input: new PassThrough(), output: new PassThrough() };
}

test.each([
  ["yes\n", true],
  [" yes \n", true],
  ["y\n", false],
  ["YES\n", false],
  ["no\n", false],
  ["\n", false],
])("%j is %s", async (typed, answer) => {
  const { input, output } = terminal();
  input.write(typed);
  expect(await saysYes("Really? ", { input, output })).toBe(answer);
  expect(String(output.read())).toContain("Really? ");
});

test("an end without an answer is none", async () => {
  const { input, output } = terminal();
  input.end();
  expect(await saysYes("Really? ", { input, output })).toBe(false);
});

test("Ctrl-C stops the command", async () => {
  const { input, output } = terminal();
  output.isTTY = true;
  const asked = saysYes("Really? ", { input, output });
  await sleep(0);
  input.write("\u0003");
  await expect(asked).rejects.toMatchObject({ name: "Stopped", signal: "SIGINT" });
});
