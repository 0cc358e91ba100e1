import { GlobalAccelerator } from "../../verify/global-accelerator";

type Answer = { [name: string]: unknown };

let now = 0;
let service: GlobalAccelerator;
let tokens = 0;
beforeEach(() => {
  now = 1_000;
  service = new GlobalAccelerator({ deployMs: 100, now: () => now });
});

/** Calls an operation as the plugin does. */
function call(operation: string, input: object, method = "POST"): { status: number; body: Answer } {
  const { status, body } = service.answer({
    method,
    url: "/",
    headers: { "x-amz-target": `GlobalAccelerator_V20180706.${operation}` },
    body: Buffer.from(JSON.stringify(input)),
  });
  return { status, body: JSON.parse(String(body)) as Answer };
}
const refusal = (operation: string, input: object) => {
  const { status, body } = call(operation, input);
  return status === 200 ? "accepted" : body["__type"];
};
const token = () => ({ IdempotencyToken: String((tokens += 1)) });
const deployed = () => (now += 100);

function accelerator(more: object = {}): string {
  const { body } = call("CreateAccelerator", { Name: "edge", ...token(), ...more });
  deployed();
  return (body["Accelerator"] as { AcceleratorArn: string }).AcceleratorArn;
}
const PORT = { Protocol: "TCP", PortRanges: [{ FromPort: 443, ToPort: 443 }] };
function listener(AcceleratorArn: string, more: object = {}): string {
  const { body } = call("CreateListener", { AcceleratorArn, ...PORT, ...token(), ...more });
  return (body["Listener"] as { ListenerArn: string }).ListenerArn;
}
const BALANCER = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/edge/0123456789abcdef";
function group(ListenerArn: string, more: object = {}): Answer {
  const input = { ListenerArn, EndpointGroupRegion: "us-east-1", ...token(), ...more };
  return call("CreateEndpointGroup", input).body["EndpointGroup"] as Answer;
}

test("an accelerator has two addresses a family and names of its own", () => {
  const one = call("CreateAccelerator", { Name: "one", IpAddressType: "DUAL_STACK", ...token() }).body;
  expect(one["Accelerator"]).toMatchObject({
    Name: "one",
    Enabled: true,
    Status: "IN_PROGRESS",
    CreatedTime: 1,
    AcceleratorArn: expect.stringMatching(
      /^arn:aws:globalaccelerator::0{12}:accelerator\/[0-9a-f-]{36}$/,
    ) as unknown,
    DnsName: expect.stringMatching(/^a[0-9a-f]{16}\.awsglobalaccelerator\.com$/) as unknown,
    DualStackDnsName: expect.stringMatching(
      /^a[0-9a-f]{16}\.dualstack\.awsglobalaccelerator\.com$/,
    ) as unknown,
    IpSets: [
      { IpFamily: "IPv4", IpAddresses: ["192.0.2.1", "198.51.100.1"] },
      { IpFamily: "IPv6", IpAddresses: ["2001:db8:a::1", "2001:db8:b::1"] },
    ],
  });
  const two = call("CreateAccelerator", { Name: "two", ...token() }).body["Accelerator"] as Answer;
  expect(two).not.toHaveProperty("DualStackDnsName");
  expect(two["IpSets"]).toMatchObject([{ IpAddresses: ["192.0.2.2", "198.51.100.2"] }]);
});

test("every change takes its time, and one is made at a time", () => {
  const AcceleratorArn = accelerator();
  const status = () =>
    (call("DescribeAccelerator", { AcceleratorArn }).body["Accelerator"] as Answer)["Status"];
  expect(status()).toBe("DEPLOYED");
  expect(refusal("UpdateAccelerator", { AcceleratorArn, Name: "other" })).toBe("accepted");
  expect(status()).toBe("IN_PROGRESS");
  for (const operation of ["UpdateAccelerator", "DeleteAccelerator", "UpdateAcceleratorAttributes"]) {
    expect(refusal(operation, { AcceleratorArn })).toBe("TransactionInProgressException");
  }
  now += 99;
  expect(status()).toBe("IN_PROGRESS");
  now += 1;
  expect(status()).toBe("DEPLOYED");
  for (const change of [
    () => listener(AcceleratorArn),
    () => group(listener(AcceleratorArn, { Protocol: "UDP" })),
  ]) {
    change();
    expect(status()).toBe("IN_PROGRESS");
    deployed();
  }
});

test("the same token again makes nothing new", () => {
  const input = { Name: "edge", IdempotencyToken: "same" };
  expect(call("CreateAccelerator", input).body).toEqual(call("CreateAccelerator", input).body);
  expect(service.size).toBe(1);
});

test("what is used cannot go, nor what is not disabled", () => {
  const AcceleratorArn = accelerator();
  const ListenerArn = listener(AcceleratorArn);
  const { EndpointGroupArn } = group(ListenerArn);
  deployed();
  expect(refusal("DeleteAccelerator", { AcceleratorArn })).toBe("AcceleratorNotDisabledException");
  call("UpdateAccelerator", { AcceleratorArn, Enabled: false });
  deployed();
  expect(refusal("DeleteAccelerator", { AcceleratorArn })).toBe("AssociatedListenerFoundException");
  expect(refusal("DeleteListener", { ListenerArn })).toBe("AssociatedEndpointGroupFoundException");
  expect(refusal("DeleteEndpointGroup", { EndpointGroupArn })).toBe("accepted");
  expect(refusal("DeleteListener", { ListenerArn })).toBe("accepted");
  deployed();
  expect(refusal("DeleteAccelerator", { AcceleratorArn })).toBe("accepted");
  expect(service.size).toBe(0);
});

test.each([
  ["DescribeAccelerator", { AcceleratorArn: "arn" }, "AcceleratorNotFoundException"],
  [
    "CreateListener",
    { AcceleratorArn: "arn", ...PORT, IdempotencyToken: "x" },
    "AcceleratorNotFoundException",
  ],
  ["DescribeListener", { ListenerArn: "arn" }, "ListenerNotFoundException"],
  [
    "CreateEndpointGroup",
    { ListenerArn: "arn", EndpointGroupRegion: "us-east-1", IdempotencyToken: "x" },
    "ListenerNotFoundException",
  ],
  ["DescribeEndpointGroup", { EndpointGroupArn: "arn" }, "EndpointGroupNotFoundException"],
  ["ListTagsForResource", { ResourceArn: "arn" }, "AcceleratorNotFoundException"],
])("%s of something that is not there", (operation, input, code) => {
  expect(refusal(operation, input)).toBe(code);
});

test("the listeners of an accelerator share a port only with different protocols", () => {
  const AcceleratorArn = accelerator();
  const ListenerArn = listener(AcceleratorArn);
  const create = (more: object) =>
    refusal("CreateListener", { AcceleratorArn, ...PORT, ...token(), ...more });
  expect(create({})).toBe("InvalidPortRangeException");
  expect(create({ PortRanges: [{ FromPort: 400, ToPort: 500 }] })).toBe("InvalidPortRangeException");
  expect(create({ PortRanges: [{ FromPort: 20, ToPort: 10 }] })).toBe("InvalidPortRangeException");
  expect(create({ Protocol: "UDP" })).toBe("accepted");
  expect(refusal("UpdateListener", { ListenerArn, Protocol: "UDP" })).toBe("InvalidPortRangeException");
  expect(refusal("UpdateListener", { ListenerArn, ClientAffinity: "SOURCE_IP" })).toBe("accepted");
  expect(call("DescribeListener", { ListenerArn }).body["Listener"]).toMatchObject({
    Protocol: "TCP",
    ClientAffinity: "SOURCE_IP",
  });
});

test("a listener has one endpoint group a region, with endpoints of that region", () => {
  const ListenerArn = listener(accelerator());
  const endpoint = { EndpointId: BALANCER, ClientIPPreservationEnabled: true };
  const made = group(ListenerArn, { EndpointConfigurations: [endpoint] });
  expect(made).toMatchObject({
    HealthCheckPort: 443,
    HealthCheckProtocol: "TCP",
    HealthCheckIntervalSeconds: 30,
    ThresholdCount: 3,
    TrafficDialPercentage: 100,
    EndpointDescriptions: [{ EndpointId: BALANCER, Weight: 128, ClientIPPreservationEnabled: true }],
  });
  const create = (more: object) =>
    refusal("CreateEndpointGroup", { ListenerArn, EndpointGroupRegion: "eu-west-1", ...token(), ...more });
  expect(create({ EndpointGroupRegion: "us-east-1" })).toBe("EndpointGroupAlreadyExistsException");
  expect(create({ EndpointConfigurations: [endpoint] })).toBe("InvalidArgumentException");
  const { EndpointGroupArn } = made;
  const drained = { EndpointConfigurations: [{ ...endpoint, Weight: 0 }] };
  expect(call("UpdateEndpointGroup", { EndpointGroupArn, ...drained }).body["EndpointGroup"]).toMatchObject({
    HealthCheckPort: 443,
    EndpointDescriptions: [{ Weight: 0 }],
  });
  const twice = { EndpointConfigurations: [endpoint, endpoint] };
  expect(refusal("UpdateEndpointGroup", { EndpointGroupArn, ...twice })).toBe("InvalidArgumentException");
});

test("attributes and tags are kept, and nothing is shared with other accounts", () => {
  const AcceleratorArn = accelerator({ Tags: [{ Key: "a", Value: "1" }] });
  expect(refusal("UpdateAcceleratorAttributes", { AcceleratorArn, FlowLogsEnabled: true })).toBe(
    "InvalidArgumentException",
  );
  const logs = { FlowLogsEnabled: true, FlowLogsS3Bucket: "logs" };
  call("UpdateAcceleratorAttributes", { AcceleratorArn, ...logs });
  expect(call("DescribeAcceleratorAttributes", { AcceleratorArn }).body).toEqual({
    AcceleratorAttributes: logs,
  });
  call("TagResource", { ResourceArn: AcceleratorArn, Tags: [{ Key: "b", Value: "2" }] });
  call("UntagResource", { ResourceArn: AcceleratorArn, TagKeys: ["a"] });
  expect(call("ListTagsForResource", { ResourceArn: AcceleratorArn }).body).toEqual({
    Tags: [{ Key: "b", Value: "2" }],
  });
  expect(call("ListCrossAccountResources", { ResourceOwnerAwsAccountId: "000000000000" }).body).toEqual({
    CrossAccountResources: [],
  });
});

test.each([
  ["a name that is missing", "CreateAccelerator", { IdempotencyToken: "x" }],
  ["an input that nobody knows", "CreateAccelerator", { Name: "edge", IdempotencyToken: "x", Colour: "red" }],
  ["a token that is missing", "CreateAccelerator", { Name: "edge" }],
  ["a name that AWS refuses", "CreateAccelerator", { Name: "-edge", IdempotencyToken: "x" }],
  [
    "a port of none",
    "CreateListener",
    { AcceleratorArn: "a", ...PORT, PortRanges: [], IdempotencyToken: "x" },
  ],
  ["a number as text", "UpdateEndpointGroup", { EndpointGroupArn: "a", ThresholdCount: "3" }],
  [
    "an interval that is neither 10 nor 30",
    "UpdateEndpointGroup",
    { EndpointGroupArn: "a", HealthCheckIntervalSeconds: 20 },
  ],
  [
    "a weight above 255",
    "UpdateEndpointGroup",
    { EndpointGroupArn: "a", EndpointConfigurations: [{ EndpointId: "i-1", Weight: 256 }] },
  ],
  ["an account that is none", "ListCrossAccountResources", { ResourceOwnerAwsAccountId: "12" }],
])("refuses %s", (_, operation, input) => {
  expect(refusal(operation, input)).toBe("InvalidArgumentException");
});

test("limits", () => {
  const AcceleratorArn = accelerator();
  for (let port = 1; port <= 10; port += 1)
    listener(AcceleratorArn, { PortRanges: [{ FromPort: port, ToPort: port }] });
  const eleventh = { AcceleratorArn, ...PORT, ...token() };
  expect(refusal("CreateListener", eleventh)).toBe("LimitExceededException");
  for (let count = 2; count <= 20; count += 1) accelerator();
  expect(refusal("CreateAccelerator", { Name: "edge", ...token() })).toBe("LimitExceededException");
});

test("other operations, methods and services are no operations of it", () => {
  expect(refusal("ListAccelerators", {})).toBe("UnknownOperationException");
  expect(call("DescribeAccelerator", { AcceleratorArn: "a" }, "GET").body["__type"]).toBe(
    "UnknownOperationException",
  );
});
