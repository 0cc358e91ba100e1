import { readNs1Zones } from "./ns1-zones";
import type { RecordSource } from "./record-source";
import { readRoute53Zones } from "./route53-zones";
import type { Zone } from "./zone";

/** What zones are made of. */
const TYPES = [
  "ns1_zone",
  "ns1_record",
  "aws_route53_zone",
  "aws_route53_record",
  "aws_route53_health_check",
];

/**
 * What `readZones` returns at each call, read again only when the source holds other objects: none changes in place.
 */
export function zoneReader(source: RecordSource): () => readonly Zone[] {
  let held: readonly unknown[] | undefined;
  let zones: readonly Zone[] = [];
  return () => {
    const found = TYPES.flatMap((type) => [type, ...source.list(type).map(({ attributes }) => attributes)]);
    if (held?.length !== found.length || found.some((each, index) => each !== held?.[index])) {
      zones = readZones(source);
      held = found;
    }
    return zones;
  };
}

/** The zones that the simulated NS1 and Route 53 hold at this moment. */
export function readZones(source: RecordSource): Zone[] {
  return [...readNs1Zones(source), ...readRoute53Zones(source)];
}
