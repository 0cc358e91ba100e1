import { DeployProgress, describeChanges, sumChanges } from "../../cli/deploy-progress";

/** As cdktf printed it, colours and all. */
const OUTPUT = `a-fleet  \u001b[0m\u001b[1mInitializing the backend...\u001b[0m
a-fleet  Terraform used the selected providers to generate the following execution plan.
         Resource actions are indicated with the following symbols:
           \u001b[32m+\u001b[0m create\u001b[0m

         \u001b[1m  # terraform_data.r0 (r0)\u001b[0m will be created
         \u001b[1mPlan:\u001b[0m 3 to add, 0 to change, 0 to destroy.
         \u001b[0m\u001b[1mterraform_data.r0: Creating...\u001b[0m\u001b[0m
b-fleet  \u001b[0m\u001b[1mterraform_data.r1: Refreshing state... [id=12b4]\u001b[0m
b-fleet  \u001b[0m\u001b[1mterraform_data.r1: Modifications complete after 2s [id=12b4]\u001b[0m
         \u001b[0m\u001b[1mterraform_data.r2: Still destroying... [id=9, 10s elapsed]\u001b[0m
         \u001b[0m\u001b[1mterraform_data.r2: Destruction complete after 11s\u001b[0m
a-fleet  \u001b[0m\u001b[1mterraform_data.r0["x"]: Creation complete after 0s [id=e8a8]\u001b[0m
         \u001b[0m\u001b[1m\u001b[32m
         Apply complete! Resources: 3 added, 0 changed, 0 destroyed.
         \u001b[0m\u001b[0m\u001b[1m\u001b[32m
         Outputs:

         \u001b[0manycast_ipv4 = "192.0.2.3"
b-fleet  \u001b[0m\u001b[1m\u001b[32m
         Apply complete! Resources: 1 imported, 0 added, 1 changed, 1 destroyed.
edge-dns  \u001b[31m╷\u001b[0m\u001b[0m
          \u001b[31m│\u001b[0m \u001b[0m\u001b[1m\u001b[31mError: \u001b[0m\u001b[0m\u001b[1mNo\u001b[0m
          \u001b[31m│\u001b[0m \u001b[0m
          \u001b[31m│\u001b[0m \u001b[0m  with ns1_zone.z,
          \u001b[31m╵\u001b[0m\u001b[0m
edge-dns  ╷
          │ Error: No
          │
          │   with ns1_zone.z,
          ╵
edge-dns  Apply complete! Resources: 0 added, 0 changed, 0 destroyed.
Error: Usage Error: Could not find stack for pattern 'x'
  a-fleet
  anycast_ipv4 = 192.0.2.3
`;

const TOLD = [
  "b-fleet          ~ terraform_data.r1 (2s)",
  "b-fleet          … terraform_data.r2: still destroying",
  "b-fleet          - terraform_data.r2 (11s)",
  'a-fleet          + terraform_data.r0["x"] (0s)',
  "a-fleet          3 added, 0 changed, 0 destroyed",
  "b-fleet          0 added, 1 changed, 1 destroyed",
  "edge-dns: Error: No\n    \n      with ns1_zone.z,",
  "edge-dns         no changes",
  "Error: Usage Error: Could not find stack for pattern 'x'",
];

test.each([1, 7, 64, 100_000])("tells what was done, from pieces of %i characters", (size) => {
  const told: string[] = [];
  const progress = new DeployProgress(["a-fleet", "b-fleet", "edge-dns"], (line) => told.push(line));
  for (let at = 0; at < OUTPUT.length; at += size) progress.read(OUTPUT.slice(at, at + size));
  expect(told).toEqual(TOLD);
  expect([...progress.stacks]).toEqual([
    ["a-fleet", { added: 3, changed: 0, destroyed: 0 }],
    ["b-fleet", { added: 0, changed: 1, destroyed: 1 }],
    ["edge-dns", { added: 0, changed: 0, destroyed: 0 }],
  ]);
});

test("changes in words", () => {
  expect(describeChanges({ added: 0, changed: 0, destroyed: 0 })).toBe("no changes");
  expect(describeChanges({ added: 0, changed: 0, destroyed: 2 })).toBe("0 added, 0 changed, 2 destroyed");
});

test("changes in sum", () => {
  const one = { added: 1, changed: 2, destroyed: 3 };
  expect(sumChanges([one, one])).toEqual({ added: 2, changed: 4, destroyed: 6 });
  expect(sumChanges([])).toEqual({ added: 0, changed: 0, destroyed: 0 });
});
