import type { Values } from "../../constructs/fleet/simulation";
import { AWS_DATA } from "../../constructs/providers/aws/simulation-data";
import { emptyBlock } from "../../sandbox/engine/values";

/** A provider block with which the AWS plugin plans without an account. */
export const AWS_PROVIDER: Values = {
  ...emptyBlock(AWS_DATA.schema.provider.block),
  region: "us-east-1",
  access_key: "made-up",
  secret_key: "made-up",
  skip_credentials_validation: true,
  skip_metadata_api_check: "true",
  skip_requesting_account_id: true,
  default_tags: [{ tags: { "polycast:environment": "test", "polycast:fleet": "aws" } }],
};

/** What AWS would have answered, by attribute name, where the plugin's own functions read it when they plan. */
export const AWS_ANSWERS: Values = {
  outpost_id: "",
  protocol: "TCP",
  protocol_version: "HTTP1",
  load_balancer_type: "network",
  preserve_client_ip: "true",
  subnets: ["subnet-1"],
  subnet_mapping: [
    { subnet_id: "subnet-1", allocation_id: "", ipv6_address: "", outpost_id: "", private_ipv4_address: "" },
  ],
};
