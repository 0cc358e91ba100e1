import { isIP } from "node:net";
import { PolycastError, show } from "../fleet/problem";

const VARIABLE = "POLYCAST_BUILDER_CIDRS";

/**
 * Networks from which a builder may be reached by SSH: where Packer runs. They belong to whoever builds and to no image,
 * so they stand in the environment variable POLYCAST_BUILDER_CIDRS, separated by commas.
 * @throws PolycastError where there are none, or one is the whole Internet or no IPv4 network.
 */
export function builderCidrs(env: NodeJS.ProcessEnv): readonly string[] {
  const given = (env[VARIABLE] ?? "").split(",").map((cidr) => cidr.trim());
  const cidrs = given.filter((cidr) => cidr !== "");
  const remedy = `Set ${VARIABLE} to the address from which Packer runs, such as 198.51.100.7/32.`;
  if (cidrs.length === 0) {
    throw new PolycastError("Nobody could reach the builder", [
      { where: VARIABLE, what: "names no network from which its SSH port may be reached", remedy },
    ]);
  }
  const bad = cidrs.filter((cidr) => !isNarrowNetwork(cidr));
  if (bad.length === 0) return cidrs;
  throw new PolycastError(
    "The builder is not made",
    bad.map((cidr) => ({
      where: VARIABLE,
      what: `${show(cidr)} is not an IPv4 network of /8 or narrower`,
      remedy,
    })),
  );
}

function isNarrowNetwork(cidr: string): boolean {
  const [address = "", prefix = "", ...rest] = cidr.split("/");
  return (
    isIP(address) === 4 &&
    /^\d{1,2}$/.test(prefix) &&
    Number(prefix) >= 8 &&
    Number(prefix) <= 32 &&
    rest.length === 0
  );
}
