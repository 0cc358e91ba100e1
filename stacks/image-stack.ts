import { NullProvider } from "@cdktf/provider-null/lib/provider";
import { Resource } from "@cdktf/provider-null/lib/resource";
import { TerraformOutput, TerraformStack, type App } from "cdktf";
import path from "node:path";
import { wantedImage } from "../builds/wanted-images";
import type { Environment } from "../constructs/fleet/environment";
import { PolycastError } from "../constructs/fleet/problem";
import { imageStackName } from "../live/stack-names";
import { PROJECT_ROOT } from "../live/state-location";
import { stackDirectory, useState } from "./state-backend";

/**
 * One provider's image, as the source in the work tree has it. Terraform only asks when the content address is another
 * one than last time; whether anything is to be done the command decides, which asks the store and the provider.
 */
export class ImageStack extends TerraformStack {
  public constructor(app: App, environment: Environment, provider: string) {
    super(app, imageStackName(provider));
    useState(app, this, environment);
    new NullProvider(this, "null");
    const hash = addressOf(environment, provider);
    const build = `node bin/polycast.js image build --environment ${environment.name} --provider ${provider}`;
    new Resource(this, "image", {
      triggers: { hash: hash ?? "none" },
      provisioners: [
        {
          type: "local-exec",
          // Terraform kills what it has started when it is interrupted: that must be the shell, which bash would have replaced.
          command: `${hash === undefined ? build : `${build} --hash ${hash}`} || exit $?`,
          workingDir: path.relative(stackDirectory(app, this.node.id), PROJECT_ROOT),
        },
      ],
    }).overrideLogicalId("image");
    new TerraformOutput(this, "output-hash", {
      value: hash ?? "none",
      description: "Content address of the image",
      staticId: true,
    }).overrideLogicalId("hash");
  }
}

/** Undefined where the source is no image's: the command then says why, and no other stack is held by it. */
function addressOf(environment: Environment, provider: string): string | undefined {
  try {
    return wantedImage(environment, provider).hash;
  } catch (error) {
    if (error instanceof PolycastError) return undefined;
    throw error;
  }
}
