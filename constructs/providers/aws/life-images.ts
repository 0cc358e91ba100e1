import type { CloudImage } from "../../fleet/cloud-life";
import type { CloudObjects } from "../../fleet/simulation";

/** What EC2's simulated API keeps an AMI as; it is none of Terraform's types here. */
export const AMI_TYPE = "aws_ami";

const BOOT_SECONDS = 45;

/** The AMIs that were built in the simulated account. */
export function images(objects: CloudObjects): readonly CloudImage[] {
  return objects.list(AMI_TYPE).map(({ id }) => ({ id, provider: "aws", bootSeconds: BOOT_SECONDS }));
}
