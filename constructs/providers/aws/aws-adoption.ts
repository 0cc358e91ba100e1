import type { AdoptedObject } from "../../fleet/fleet-provider";
import type { Problem } from "../../fleet/problem";

/** What an accelerator that was made elsewhere would lose in a fleet, though Terraform changes it in place. */
export function checkAdopted(fleet: string, { type, before, after }: AdoptedObject): readonly Problem[] {
  if (type !== "aws_globalaccelerator_accelerator") return [];
  if (before["ip_address_type"] !== "DUAL_STACK" || after["ip_address_type"] === "DUAL_STACK") return [];
  return [
    {
      where: `fleets.${fleet}.ipv6`,
      what: "is off, but the accelerator has IPv6 addresses, which would be lost for good",
      remedy: "Switch it on: aws({ ipv6: true, ... }) in the environment.",
    },
  ];
}
