import { aws } from "../constructs/providers/aws/simulation";
import { stackpath } from "../constructs/providers/stackpath/simulation";
import { ns1 } from "../constructs/dns/ns1/simulation";
import type { ProviderSimulation } from "../constructs/fleet/simulation";
import { nullProvider } from "./null/simulation";

/** The providers that the sandbox stands in for. A new provider is one line here. */
export const simulations: readonly ProviderSimulation[] = [aws, stackpath, ns1, nullProvider];
