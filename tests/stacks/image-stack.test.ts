import { App } from "cdktf";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import sandbox from "../../environments/sandbox";
import { ImageStack } from "../../stacks/image-stack";
import { TemporaryImages } from "../temporary-image";

let images: TemporaryImages;
beforeEach(() => {
  images = new TemporaryImages();
  process.env["POLYCAST_IMAGES"] = images.directory;
});
afterEach(() => {
  delete process.env["POLYCAST_IMAGES"];
  images.dispose();
});

interface ImageStackJson {
  readonly provider: Readonly<Record<string, unknown>>;
  readonly data?: unknown;
  readonly resource: {
    readonly null_resource: {
      readonly image: {
        readonly triggers: { readonly hash: string };
        readonly provisioner: readonly { readonly "local-exec": { readonly command: string } }[];
      };
    };
  };
}

/** The image stack of a provider, as it stands now. */
function stackOf(provider: string): ImageStackJson {
  const outdir = path.join(images.directory, "cdktf.out");
  const app = new App({ outdir });
  new ImageStack(app, sandbox, provider);
  app.synth();
  const file = path.join(outdir, "stacks", `${provider}-image`, "cdk.tf.json");
  return JSON.parse(readFileSync(file, "utf8")) as ImageStackJson;
}

function imageIn({ resource }: ImageStackJson): { hash: string; command: string | undefined } {
  const { triggers, provisioner } = resource.null_resource.image;
  return { hash: triggers.hash, command: provisioner[0]?.["local-exec"].command };
}

test("an image stack asks again when the content address is another one, and runs the build script", () => {
  const { hash, command } = imageIn(stackOf("aws"));
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(command).toBe(
    `node bin/polycast.js image build --environment sandbox --provider aws --hash ${hash} || exit $?`,
  );
  appendFileSync(path.join(images.folder, "provision", "proxy.sh"), "# a change\n");
  expect(imageIn(stackOf("aws")).hash).not.toBe(hash);
});

test("it holds no cloud's provider and no other stack's state", () => {
  const stack = stackOf("stackpath");
  expect(Object.keys(stack.resource)).toEqual(["null_resource"]);
  expect(Object.keys(stack.provider)).toEqual(["null"]);
  expect(stack.data).toBeUndefined();
});

test("a recipe that cannot be used fails no synth: the script says what is wrong with it", () => {
  writeFileSync(path.join(images.folder, "build.json"), "{");
  const { hash, command } = imageIn(stackOf("aws"));
  expect(hash).toBe("none");
  expect(command).toBe("node bin/polycast.js image build --environment sandbox --provider aws || exit $?");
});
