import type { LocalExecProvisioner } from "cdktf";
import type { FleetProps } from "./fleet-provider";
import type { Problem } from "./problem";

/** A node that Terraform itself has made, with what is known of it only then as references. */
export interface MadeNode {
  readonly fleet: string;
  readonly name: string;
  /** An address of its own, not the anycast one. */
  readonly address: string;
}

/**
 * Has Terraform wait until the node that it has just made serves. Where new nodes are made before old ones go
 * (`create_before_destroy`), the old one goes only then; and where the new one never serves, it stays.
 *
 * The node is asked on its first TCP listener; {@link listenerToAwait} says whether it has one.
 */
export function awaitNode(
  { listeners, sandbox, projectRoot }: Pick<FleetProps, "listeners" | "sandbox" | "projectRoot">,
  { fleet, name, address }: MadeNode,
): LocalExecProvisioner {
  const port = listenerToAwait(listeners)?.port ?? 0;
  const where = sandbox ? "--sandbox" : `--address ${address} --port ${port}`;
  return {
    type: "local-exec",
    command: `node bin/polycast.js live await --fleet ${fleet} --node ${name} ${where}`,
    workingDir: projectRoot,
  };
}

/** The listener that shows from outside that a node serves: UDP answers nobody who does not speak its protocol. */
export function listenerToAwait(
  listeners: FleetProps["listeners"],
): FleetProps["listeners"][number] | undefined {
  return listeners.find(({ protocol }) => protocol === "TCP");
}

/** Says so where no listener shows that a new node serves. */
export function checkAwaitable(listeners: FleetProps["listeners"], where: string): readonly Problem[] {
  if (listeners.length === 0 || listenerToAwait(listeners) !== undefined) return [];
  return [
    {
      where: `${where} (listeners)`,
      what: "all are UDP: nothing then shows from outside that a new node serves, and an old one may go",
      remedy: "Add a TCP listener, or leave this fleet out.",
    },
  ];
}
