import { simulationData, type ProviderSimulation } from "../../fleet/simulation";
import { bgpSession } from "./simulation-bgp-session";
import { device } from "./simulation-device";
import { life } from "./simulation-life";
import { project } from "./simulation-project";
import { reservedBlock } from "./simulation-reserved-block";
import { BGP_SESSION, DEVICE, PROJECT, RESERVED_BLOCK } from "./simulation-values";

/** equinix/equinix 4.16.1 and the API behind it, as far as a fleet goes; served by protocol 5, where the real one speaks 6. */
export const equinix: ProviderSimulation = {
  ...simulationData(__dirname, "equinix/equinix"),
  resources: {
    [PROJECT]: project,
    [RESERVED_BLOCK]: reservedBlock,
    [DEVICE]: device,
    [BGP_SESSION]: bgpSession,
  },
  life,
};
