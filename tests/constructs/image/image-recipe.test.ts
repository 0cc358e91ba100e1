import { writeFileSync, rmSync } from "node:fs";
import path from "node:path";
import { aws } from "../../../constructs/providers/aws/aws";
import type { ImageSource } from "../../../constructs/image/image-source";
import { parseRecipe, readRecipe, settingsOf } from "../../../constructs/image/image-recipe";
import { TemporaryImages } from "../../temporary-image";

const source = aws({
  size: { cpu: 2, memoryGiB: 4 },
  connectionsPerNode: 1,
  sites: { "us-east-1": { nodes: 1 } },
}).image as ImageSource;

test("the edge node's own recipe pins a base image for AWS, by a name that holds in every region", () => {
  const recipe = readRecipe(path.join(__dirname, "../../../images/edge-node"));
  expect(settingsOf(recipe, "aws", source)).toEqual({
    baseImage: expect.stringMatching(/^debian-12-amd64-\d{8}-\d+$/) as string,
    baseOwner: "136693071363",
  });
});

test("a recipe that is missing is said to be", () => {
  const images = new TemporaryImages();
  rmSync(path.join(images.folder, "build.json"));
  expect(() => readRecipe(images.folder)).toThrow(/images\/edge-node\/build.json: does not exist/);
  writeFileSync(path.join(images.folder, "build.json"), "{");
  expect(() => readRecipe(images.folder)).toThrow(/is not JSON/);
  images.dispose();
});

test.each([
  ["a misspelt key", { version: 1, variables: {}, provider: {} }, /Unrecognized key: "provider"/],
  ["a name that is none of a variable", { version: 1, variables: { "A-B": "" }, providers: {} }, /A-B/],
  ["a newer version", { version: 2, variables: {}, providers: {} }, /has version 2/],
])("refuses %s", (_, recipe, message) => {
  expect(() => parseRecipe(JSON.stringify(recipe), "build.json")).toThrow(message);
});

test.each([
  ["no settings of the provider", {}, /has no "aws"/],
  ["a misspelt setting", { aws: { baseImage: "d", base: "" } }, /providers.aws: Unrecognized key: "base"/],
  ["no base image", { aws: {} }, /providers.aws.baseImage: /],
])("refuses %s", (_, providers, message) => {
  expect(() => settingsOf({ variables: {}, providers }, "aws", source)).toThrow(message);
});
