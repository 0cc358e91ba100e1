import { simulationData } from "../../fleet/simulation";

/** The AWS plugin's schema and facts: schema.json and behaviour.json of this folder. */
export const AWS_DATA = simulationData(__dirname, "hashicorp/aws");
