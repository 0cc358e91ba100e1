import { z } from "zod";

/** The account in which Debian publishes its AMIs: https://wiki.debian.org/Cloud/AmazonEC2Image */
const DEBIAN = "136693071363";

/** What decides the content of an AMI beside the scripts: the provider's part of `build.json`. */
export const awsImageSettings = z.strictObject({
  /**
   * Name of the AMI to start from, which it has in every region: `debian-12-amd64-20251006-2257`. An id would be
   * another one in each region.
   */
  baseImage: z.string().regex(/^[\w./()-]{3,128}$/, "is not the name of an AMI"),
  /** Account that the base image must be of. */
  baseOwner: z
    .string()
    .regex(/^\d{12}$/, "is not an account id of twelve digits")
    .default(DEBIAN),
});
export type AwsImageSettings = z.infer<typeof awsImageSettings>;
