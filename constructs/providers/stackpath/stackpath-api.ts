import { z } from "zod";
import { stackpathGateway, type GatewayOptions } from "./stackpath-gateway";

// Forms: the service's own descriptions, `v1Image`, `v1Workload`, `workloadv1Instance`, `stackStack`
// (https://github.com/kraney/stackpath/tree/main/oas). What is not used is left out.
const imageSchema = z.object({
  family: z.string(),
  tag: z.string(),
  status: z.enum(["PENDING", "PROCESSING", "READY", "FAILED"]),
  /** In bytes, as text; of images that are ready. */
  imageSize: z.string().nullish(),
  volumeSize: z.string().nullish(),
  conditions: z
    .array(z.object({ reason: z.string().nullish(), message: z.string().nullish() }))
    .nullish()
    .transform((conditions) => conditions ?? []),
});
const namedSchema = z.object({ id: z.string(), slug: z.string() });
const instanceSchema = z.object({
  name: z.string(),
  phase: z.string(),
  externalIpAddress: z.string().nullish(),
});

/** An image of a stack: what its status is, and why, where the service says so. */
export type StackPathImage = Readonly<z.infer<typeof imageSchema>>;
/** An object of a stack that has a slug. */
export type StackPathObject = Readonly<z.infer<typeof namedSchema>>;
/** A machine of a workload. */
export type StackPathInstance = Readonly<z.infer<typeof instanceSchema>>;

/** Where an image is taken from: the root volume of one machine. */
export interface CaptureSource {
  /** Id of the workload. */
  readonly workload: string;
  readonly instance: string;
}

/**
 * The part of StackPath's API that Terraform's plugin does not have, and what finds objects that a state has lost.
 * All of it rejects with a PolycastError where the service cannot be reached or refuses.
 */
export interface StackPathApi {
  /** The stack's slug, with which its images are named: `<slug>/<family>:<tag>`. */
  stackSlug(): Promise<string>;
  /** @returns undefined where there is no such image. */
  image(family: string, tag: string): Promise<StackPathImage | undefined>;
  /** Begins to take an image. */
  capture(family: string, tag: string, source: CaptureSource, description: string): Promise<StackPathImage>;
  deleteImage(family: string, tag: string): Promise<void>;
  workloads(): Promise<readonly StackPathObject[]>;
  instances(workload: string): Promise<readonly StackPathInstance[]>;
  deleteWorkload(id: string): Promise<void>;
  networkPolicies(): Promise<readonly StackPathObject[]>;
  deleteNetworkPolicy(id: string): Promise<void>;
}

/** @throws PolycastError where the variables cannot be used. */
export async function stackpathApi(options: GatewayOptions): Promise<StackPathApi> {
  const gateway = await stackpathGateway(options);
  const oneImage = z.object({ image: imageSchema });
  return {
    stackSlug: async () => (await gateway.stack(z.object({ slug: z.string().min(1) }))).slug,
    image: async (family, tag) => (await gateway.get("workload", ["images", family, tag], oneImage))?.image,
    async capture(family, tag, { workload, instance }, description) {
      const body = {
        image: { description },
        // Without a claim it is the root volume.
        instanceVolumeSource: { workloadId: workload, instanceName: instance, volumeClaimSlug: "" },
      };
      return (await gateway.post("workload", ["images", family, tag], body, oneImage)).image;
    },
    deleteImage: (family, tag) => gateway.remove("workload", ["images", family, tag]),
    workloads: () => gateway.list("workload", ["workloads"], namedSchema),
    instances: (workload) => gateway.list("workload", ["workloads", workload, "instances"], instanceSchema),
    deleteWorkload: (id) => gateway.remove("workload", ["workloads", id]),
    networkPolicies: () => gateway.list("ipam", ["network_policies"], namedSchema),
    deleteNetworkPolicy: (id) => gateway.remove("ipam", ["network_policies", id]),
  };
}
