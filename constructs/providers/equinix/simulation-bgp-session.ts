import { randomUUID } from "node:crypto";
import { Refusal, type ResourceSimulation } from "../../fleet/simulation";
import { text } from "../../fleet/simulated-values";
import { hasBgp } from "./simulation-project";
import { BGP_SESSION, DEVICE, existing, PROJECT } from "./simulation-values";

/**
 * A session of a device with its two routers. The words of the refusals are ours.
 * https://github.com/equinix/terraform-provider-equinix/blob/v4.16.1/internal/resources/metal/bgpsession/resource.go
 */
export const bgpSession: ResourceSimulation = {
  create(planned, cloud) {
    const device = existing(cloud, DEVICE, text(planned["device_id"]));
    const project = existing(cloud, PROJECT, text(device.attributes["project_id"]));
    if (!hasBgp(project.attributes)) throw new Refusal("422 BGP is not enabled for this project");
    const same = cloud
      .list(BGP_SESSION)
      .some(
        ({ attributes }) =>
          attributes["device_id"] === device.id && attributes["address_family"] === planned["address_family"],
      );
    if (same)
      throw new Refusal(`422 Device already has a BGP session for ${text(planned["address_family"])}`);
    // As the node is still booting; the plugin looks once.
    return { ...planned, id: randomUUID(), status: "unknown" };
  },
  isGone: ({ device_id: device }, cloud) => cloud.get(DEVICE, text(device)) === undefined,
};
