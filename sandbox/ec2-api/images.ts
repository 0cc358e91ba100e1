import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { CloudObject } from "../../constructs/fleet/simulation";
import type { CloudStore } from "../engine/cloud-store";
import { element, field, type Xml } from "../route53-api/xml";
import type { Clock } from "../world/clock";
import type { Ec2Request } from "./query";

const PROVIDER = "hashicorp/aws";
const ACCOUNT = "000000000000";
const TYPES = { ami: "aws_ami", instance: "aws_instance" } as const;

/** World seconds that EC2 takes to make or copy an AMI. */
const AMI_TAKES = 120;

/** What Debian publishes; its names say the architecture. */
const DEBIAN = { owner: "136693071363", name: /^debian-1[23]-(amd64|arm64)-\d{8}-\d+$/ };
const ARCHITECTURES: Readonly<Record<string, string>> = { amd64: "x86_64", arm64: "arm64" };

/** EC2 says no. */
export class Ec2Refusal extends Error {
  public constructor(
    public readonly code: string,
    message: string,
    public readonly status = 400,
  ) {
    super(message);
  }
}

const amiSchema = z.object({
  name: z.string(),
  architecture: z.string(),
  snapshot: z.string(),
  encrypted: z.boolean(),
  /** World time at which it can be used, in milliseconds. */
  ready: z.number(),
  tags: z.record(z.string(), z.string()),
});
type Ami = z.infer<typeof amiSchema>;
const instanceSchema = z.object({ architecture: z.string(), tags: z.record(z.string(), z.string()) });

type Action = (request: Ec2Request) => readonly (Xml | undefined)[];

/** EC2's actions on images and on the instances that they are made of; each answers with the parts of its reply. */
export function imageActions(
  objects: CloudStore,
  clock: Pick<Clock, "now">,
): Readonly<Record<string, Action>> {
  const inRegion = (type: string, region: string): readonly CloudObject[] =>
    objects.list(type).filter(({ place }) => place === region);
  const amis = (region: string) =>
    inRegion(TYPES.ami, region).map(({ id, attributes }) => ({ id, ...amiSchema.parse(attributes) }));
  const instances = (region: string) =>
    inRegion(TYPES.instance, region).map(({ id, attributes }) => ({
      id,
      ...instanceSchema.parse(attributes),
    }));
  const put = (
    type: string,
    id: string,
    place: string,
    attributes: Ami | z.infer<typeof instanceSchema>,
  ): void => {
    objects.put({ provider: PROVIDER, type, id, place, attributes });
  };

  const makeAmi = (region: string, ami: Omit<Ami, "ready" | "snapshot">): string => {
    const taken = amis(region).find(({ name }) => name === ami.name);
    if (taken !== undefined) {
      throw new Ec2Refusal(
        "InvalidAMIName.Duplicate",
        `AMI name ${ami.name} is already in use by AMI ${taken.id}`,
      );
    }
    const id = newId("ami");
    put(TYPES.ami, id, region, { ...ami, snapshot: newId("snap"), ready: clock.now() + AMI_TAKES * 1000 });
    return id;
  };
  const amiWith = (id: string, region: string) => {
    const ami = amis(region).find((each) => each.id === id);
    if (ami === undefined)
      throw new Ec2Refusal("InvalidAMIID.NotFound", `The image id '[${id}]' does not exist`);
    return ami;
  };

  return {
    DescribeImages: ({ region, all, filters }) => {
      const [names = [], ids = [], owners] = [filters.get("name"), filters.get("image-id"), all("Owner")];
      const own = amis(region).filter(
        ({ id, name }) =>
          (names.length === 0 || names.includes(name)) && (ids.length === 0 || ids.includes(id)),
      );
      const bases = owners.includes(DEBIAN.owner) ? names.flatMap(baseXml) : [];
      const seen = owners.length === 0 || owners.includes("self") ? own : [];
      return [list("imagesSet", [...seen.map((ami) => amiXml(ami, clock.now())), ...bases])];
    },
    CopyImage: ({ region, one, tags }) => {
      const source = amiWith(one("SourceImageId") ?? "", one("SourceRegion") ?? "");
      if (source.ready > clock.now()) {
        throw new Ec2Refusal("InvalidAMIID.Unavailable", `The image ID '${source.id}' is not available`);
      }
      const { architecture } = source;
      const ami = { name: one("Name") ?? "", architecture, encrypted: one("Encrypted") === "true" };
      return [field("imageId", makeAmi(region, { ...ami, tags: tags("image") }))];
    },
    DeregisterImage: ({ region, one }) => {
      objects.remove(TYPES.ami, amiWith(one("ImageId") ?? "", region).id, region);
      return [field("return", true)];
    },
    // A snapshot is kept with its image, so it has gone with it.
    DeleteSnapshot: () => [field("return", true)],
    RunInstances: ({ region, one, tags }) => {
      const architecture = architectureOf(one("ImageId") ?? "");
      const id = newId("i");
      put(TYPES.instance, id, region, { architecture, tags: tags("instance") });
      return [list("instancesSet", [element("item", field("instanceId", id))])];
    },
    CreateImage: ({ region, one, tags }) => {
      const id = one("InstanceId") ?? "";
      const instance = instances(region).find((each) => each.id === id);
      if (instance === undefined) {
        throw new Ec2Refusal("InvalidInstanceID.NotFound", `The instance ID '${id}' does not exist`);
      }
      const { architecture } = instance;
      const ami = { name: one("Name") ?? "", architecture, encrypted: true, tags: tags("image") };
      return [field("imageId", makeAmi(region, ami))];
    },
    DescribeInstances: ({ region, filters }) => {
      const found = instances(region).filter(({ tags }) => matches(tags, filters));
      const items = found.map(({ id, tags }) =>
        element(
          "item",
          field("instanceId", id),
          element("instanceState", field("name", "running")),
          tagsXml(tags),
        ),
      );
      return [list("reservationSet", [element("item", list("instancesSet", items))])];
    },
    TerminateInstances: ({ region, all }) => {
      for (const id of all("InstanceId")) objects.remove(TYPES.instance, id, region);
      return [list("instancesSet", [])];
    },
    DescribeKeyPairs: () => [list("keySet", [])],
    DescribeSecurityGroups: () => [list("securityGroupInfo", [])],
  };
}

/** Filters by `tag:KEY` and `tag-key`. */
function matches(
  tags: Readonly<Record<string, string>>,
  filters: ReadonlyMap<string, readonly string[]>,
): boolean {
  return [...filters].every(([name, values]) => {
    if (name === "tag-key") return values.some((key) => Object.hasOwn(tags, key));
    if (name.startsWith("tag:")) return values.includes(tags[name.slice("tag:".length)] ?? "");
    return true;
  });
}

function baseXml(name: string): readonly Xml[] {
  const architecture = ARCHITECTURES[DEBIAN.name.exec(name)?.[1] ?? ""];
  if (architecture === undefined) return [];
  // The architecture is all that is asked of it later, so it stands in its id.
  const id = `ami-${architecture === "arm64" ? "a" : "d"}eb1a0000000000000`.slice(0, 21);
  return [imageXml(id, name, architecture, "available", DEBIAN.owner)];
}

function architectureOf(base: string): string {
  return base.startsWith("ami-aeb1a") ? "arm64" : "x86_64";
}

function amiXml(
  { id, name, architecture, ready, snapshot, encrypted, tags }: Ami & { id: string },
  now: number,
): Xml {
  const disk = element(
    "item",
    field("deviceName", "/dev/xvda"),
    element("ebs", field("snapshotId", snapshot), field("volumeSize", 8), field("encrypted", encrypted)),
  );
  const parts = [list("blockDeviceMapping", [disk]), tagsXml(tags)];
  return imageXml(id, name, architecture, ready > now ? "pending" : "available", ACCOUNT, ...parts);
}

function imageXml(
  id: string,
  name: string,
  architecture: string,
  state: string,
  owner: string,
  ...parts: readonly Xml[]
): Xml {
  return element(
    "item",
    field("imageId", id),
    field("name", name),
    field("architecture", architecture),
    field("imageState", state),
    field("imageOwnerId", owner),
    ...parts,
  );
}

function tagsXml(tags: Readonly<Record<string, string>>): Xml {
  return list(
    "tagSet",
    Object.entries(tags).map(([key, value]) => element("item", field("key", key), field("value", value))),
  );
}

function list(name: string, items: readonly Xml[]): Xml {
  return element(name, ...items);
}

function newId(kind: "ami" | "i" | "snap"): string {
  return `${kind}-${randomBytes(9).toString("hex").slice(0, 17)}`;
}
