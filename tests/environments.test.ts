import { environmentNames, loadEnvironment } from "../environments/load-environment";
import { checkEnvironment } from "../constructs/fleet/check-environment";

test("every environment in the folder loads, under its file's name, and is valid but for its images", async () => {
  expect(environmentNames()).toEqual(["production", "sandbox"]);
  for (const name of environmentNames()) {
    const environment = await loadEnvironment(name);
    expect(environment.name).toBe(name);
    expect(checkEnvironment(environment, () => undefined)).toEqual([]);
  }
});

test.each(["prodution", "../main", "load-environment", "", "a\nb"])(
  "there is no environment %j",
  async (name) => {
    await expect(loadEnvironment(name)).rejects.toThrow(
      /^No environment .*; nearest: .*there are: production, sandbox\./,
    );
  },
);
