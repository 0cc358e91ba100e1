import type { ImageBuilder, ImageSource } from "../../image/image-source";
import { awsImageSettings } from "./aws-image-settings";
import type { AwsWish } from "./aws-wish";

/** AMIs, built by Packer's amazon-ebs in the first region of the fleets and copied to the others, encrypted. */
export function awsImageSource(wish: AwsWish): ImageSource {
  return {
    template: "aws",
    settingsSchema: awsImageSettings,
    places: Object.keys(wish.sites),
    builder: async (scope, tools): Promise<ImageBuilder> => {
      // The SDK costs a tenth of a second; what does not build does not pay for it.
      // It would warn at each start that Node 20 is to be dropped some day.
      process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
      const { awsImageBuilder } = await import("./aws-image-builder");
      return awsImageBuilder(scope, tools, wish.builder);
    },
  };
}
