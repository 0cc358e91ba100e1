import { environmentNames, loadEnvironment } from "../environments/load-environment";
import { checkEnvironment } from "../constructs/fleet/check-environment";
import { SANDBOX_ENVIRONMENTS } from "../sandbox/sandbox-environments";

test("every environment in the folder loads, under its file's name, and is valid but for its images", async () => {
  expect(environmentNames()).toEqual(["everywhere", "production", "sandbox"]);
  for (const name of environmentNames()) {
    const environment = await loadEnvironment(name);
    expect(environment.name).toBe(name);
    expect(checkEnvironment(environment, () => undefined)).toEqual([]);
  }
});

test("the sandbox knows by name which of them it takes", async () => {
  const environments = await Promise.all(environmentNames().map(loadEnvironment));
  const simulated = environments.filter(({ sandbox }) => sandbox === true).map(({ name }) => name);
  expect([...SANDBOX_ENVIRONMENTS].sort()).toEqual(simulated);
});

test.each(["prodution", "../main", "load-environment", "", "a\nb"])(
  "there is no environment %j",
  async (name) => {
    await expect(loadEnvironment(name)).rejects.toThrow(
      /^No environment .*; nearest: .*there are: everywhere, production, sandbox\./,
    );
  },
);

test("a file that does not run is named, with what is wrong and how to mend it", async () => {
  jest.resetModules();
  jest.doMock("../environments/sandbox", () => {
    throw new ReferenceError("vultr is not defined");
  });
  // Loaded anew, for the module registry is new.
  const { loadEnvironment: load } = jest.requireActual<{ loadEnvironment: typeof loadEnvironment }>(
    "../environments/load-environment",
  );
  await expect(load("sandbox")).rejects.toThrow(
    /^environments\/sandbox\.ts cannot be run:\n {2}- ReferenceError: vultr is not defined\n {4}Import it/,
  );
});
