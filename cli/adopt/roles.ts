import { readConfiguration, type SynthesizedStack } from "./synthesized-stack";

/** A resource of a stack, which an existing object can become. */
export interface Role {
  /** Path of its construct below the fleet, or below the DNS: `accelerator`, `us-east-1/network/vpc`. */
  readonly name: string;
  /** Terraform's type: `aws_vpc`. */
  readonly type: string;
  /** Where Terraform keeps it: `aws_vpc.fleet_us-east-1_network_vpc_D37C452F`. */
  readonly address: string;
}

/** The roles of a stack, by name. */
export function rolesOf(stack: SynthesizedStack): readonly Role[] {
  return Object.entries(readConfiguration(stack).resource)
    .flatMap(([type, resources]) =>
      Object.entries(resources).map(([name, resource]) => ({
        name: roleName(resource["//"]?.metadata.path ?? name),
        type,
        address: `${type}.${name}`,
      })),
    )
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Without the stack and what all of it lies in: `aws-fleet/fleet/accelerator` is the accelerator. */
function roleName(path: string): string {
  const [, ...parts] = path.split("/");
  return (parts.length > 1 ? parts.slice(1) : parts).join("/");
}
