import type { AnycastPort, CloudImage, Healing, NodeGroup, NodeHealthCheck } from "../../fleet/cloud-life";
import { positionIn } from "../../fleet/simulated-values";
import type { CloudLife, CloudObject, CloudObjects, Values } from "../../fleet/simulation";
import { BUILDER_LABEL } from "./builder-workload";
import { CITY_POSITIONS } from "./city-positions";
import { isOpen, openPortsOf, POLICY, type ImplicitPort } from "./simulation-firewall";
import { blocks, mapOf, text } from "./simulation-values";
import { anycastAddress, deploymentsOf, WORKLOAD } from "./simulation-workload";

/** What workloads of virtual machines amount to. */
export const life: CloudLife = { nodeGroups, anycast, images };

/** What the simulated API keeps a captured image as; it is none of Terraform's types. */
const CAPTURED_IMAGE = "stackpath_image";

/** How long a virtual machine takes to come up. */
const BOOT_SECONDS = 30;

/** The images that were captured, once they are ready. */
function images(objects: CloudObjects): CloudImage[] {
  return objects
    .list(CAPTURED_IMAGE)
    .filter(({ attributes }) => attributes["status"] === "READY")
    .map(({ attributes: { reference } }) => ({
      id: text(reference),
      provider: "stackpath",
      bootSeconds: BOOT_SECONDS,
    }));
}

/**
 * One group per target and city: StackPath replaces one instance per city at a time. A builder's machine is no node: it
 * boots what the stack did not build, and serves nothing.
 */
function nodeGroups(objects: CloudObjects): NodeGroup[] {
  const workloads = objects
    .list(WORKLOAD)
    .filter(({ attributes }) => mapOf(attributes["labels"])[BUILDER_LABEL] === undefined);
  const policies = policiesIn(objects);
  return workloads.flatMap(({ id, attributes: workload }) =>
    blocks(workload["virtual_machine"]).flatMap((machine) =>
      deploymentsOf(workload).map(({ target, city, instances }): NodeGroup => {
        const names = [...instances];
        return {
          id: groupId(id, target, city),
          location: city,
          position: positionIn(CITY_POSITIONS, city),
          nodes: names,
          newName: () => names[0] ?? "",
          template: { image: text(machine["image"]), userData: text(machine["user_data"]) },
          replacement: { kind: "one-at-a-time" },
          healthCheck: healthCheckOf(machine),
          healing: healingOf(machine),
          openPorts: openPortsOf(portsOfMachine(machine), workload, policies),
        };
      }),
    ),
  );
}

/** The address leads to the nearest instance that is ready; where none is, nowhere. */
function anycast(objects: CloudObjects): AnycastPort[] {
  const policies = policiesIn(objects);
  return objects.list(WORKLOAD).flatMap((workload) => {
    const address = anycastAddress(workload.attributes);
    return address === undefined ? [] : portsOf(workload, address, policies);
  });
}

function portsOf(
  { id, attributes: workload }: CloudObject,
  address: string,
  policies: Values[],
): AnycastPort[] {
  const backends = deploymentsOf(workload).map(({ target, city }) => ({
    group: groupId(id, target, city),
    percent: 100,
  }));
  return blocks(workload["virtual_machine"])
    .flatMap(portsOfMachine)
    .filter((port) => isOpen(port, workload, policies))
    .map(({ port, protocol }) => ({ address, port, protocol, backends, failOpen: false }));
}

function portsOfMachine(machine: Values): ImplicitPort[] {
  return blocks(machine["port"]).map((port) => ({
    port: Number(port["port"]),
    protocol: port["protocol"] === "UDP" ? "UDP" : "TCP",
    implicit: port["enable_implicit_network_policy"] === true,
  }));
}

function policiesIn(objects: CloudObjects): Values[] {
  return objects.list(POLICY).map(({ attributes }) => attributes);
}

function groupId(workload: string, target: string, city: string): string {
  return `${workload} ${target} ${city}`;
}

/** The plugin's defaults of a probe. Without a readiness probe an instance is ready as soon as it runs. */
function healthCheckOf(machine: Values): NodeHealthCheck {
  const [probe = {}] = blocks(machine["readiness_probe"]);
  return {
    path: text(blocks(probe["http_get"])[0]?.["path"]),
    intervalSeconds: Number(probe["period_seconds"] ?? 60),
    timeoutSeconds: Number(probe["timeout_seconds"] ?? 10),
    healthyThreshold: Number(probe["success_threshold"] ?? 1),
    unhealthyThreshold: Number(probe["failure_threshold"] ?? 1),
  };
}

/**
 * "The workload instance will be restarted when the liveness probe begins failing"
 * (https://github.com/stackpath/terraform-provider-stackpath/blob/master/examples/full-compute-virtual-machine-workload.tf).
 * Nothing says what becomes of one that stops by itself without a probe; here it starts again too.
 */
function healingOf(machine: Values): Healing {
  const [probe] = blocks(machine["liveness_probe"]);
  if (probe === undefined) return { action: "restart", on: "dead", afterSeconds: 0, graceSeconds: 0 };
  return {
    action: "restart",
    on: blocks(probe["http_get"]).length > 0 ? "unhealthy" : "unresponsive",
    afterSeconds: Number(probe["period_seconds"]) * Number(probe["failure_threshold"]),
    graceSeconds: Number(probe["initial_delay_seconds"]),
  };
}
