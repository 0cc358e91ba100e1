import {
  Refusal,
  UNKNOWN,
  type BlockSchema,
  type PlanInput,
  type ResourceBehaviour,
  type ResourceSimulation,
  type Values,
} from "../../../constructs/fleet/simulation";
import { plan, type Plan } from "../../../sandbox/engine/plan";
import { planSdkv2, UNKNOWN_TEXT } from "../../../sandbox/engine/sdkv2-plan";
import { restoreLost, sdkEquivalent } from "../../../sandbox/engine/sdkv2-values";
import { emptyBlock } from "../../../sandbox/engine/values";
import { sampleProvider } from "./sample-provider";

const list = (block: BlockSchema): { nesting_mode: "list"; block: BlockSchema } => ({
  nesting_mode: "list",
  block,
});
const set = (block: BlockSchema): { nesting_mode: "set"; block: BlockSchema } => ({
  nesting_mode: "set",
  block,
});

const INNER: BlockSchema = {
  attributes: {
    text: { type: "string", optional: true },
    count: { type: "number", optional: true },
    flag: { type: "bool", optional: true },
    decided: { type: "string", optional: true, computed: true },
    number: { type: "number", optional: true, computed: true },
    names: { type: ["set", "string"], optional: true },
    tags: { type: ["map", "string"], optional: true },
  },
};

const BLOCK: BlockSchema = {
  attributes: {
    id: { type: "string", optional: true, computed: true },
    name: { type: "string", required: true },
    note: { type: "string", optional: true },
    size: { type: "number", optional: true },
    on: { type: "bool", optional: true },
    where: { type: "string", computed: true },
    zone: { type: "string", optional: true, computed: true },
    labels: { type: ["map", "string"], optional: true },
    labels_all: { type: ["map", "string"], optional: true, computed: true },
    items: { type: ["list", "string"], optional: true },
    members: { type: ["set", "string"], optional: true },
    members_all: { type: ["set", "string"], optional: true, computed: true },
    rules: {
      type: ["set", ["object", { text: "string", port: "number", open: "bool", peers: ["list", "string"] }]],
      optional: true,
    },
  },
  block_types: { inner: list(INNER), each: set(INNER), made: list(INNER) },
};

interface Case {
  readonly config?: Values;
  readonly prior?: Values | null;
  readonly behaviour?: ResourceBehaviour;
  readonly resource?: Partial<ResourceSimulation>;
  readonly type?: "sample_thing" | "sample_modern";
}

const inner = (values: Values): Values => ({ ...emptyBlock(INNER), ...values });

/** What every object has once it is made: a plugin that leaves a computed collection null plans it anew for ever. */
const PRIOR: Values = {
  ...emptyBlock(BLOCK),
  ...{ id: "i", name: "n", where: "w", zone: "z", labels_all: {}, members_all: [] },
};

/** Plans as Terraform asks for it: what is computed and left out is proposed with its prior value. */
function planned({
  config = {},
  prior = null,
  behaviour = {},
  resource = {},
  type = "sample_thing",
}: Case): Plan {
  const whole: Values = { ...emptyBlock(BLOCK), name: "n", ...config };
  const before = prior === null ? null : { ...PRIOR, ...prior };
  const proposed: Values = { ...whole };
  for (const [name, { computed }] of Object.entries(BLOCK.attributes ?? {})) {
    if (computed === true && whole[name] === null) proposed[name] = before?.[name] ?? null;
  }
  const simulation = sampleProvider({ block: BLOCK, behaviour, resource });
  return plan(simulation, {
    type,
    config: whole,
    prior: before,
    proposed,
    provider: { region: "r" },
  });
}

const attributes = (test: Case): Values => planned(test).planned;

describe("create (SDKv2)", () => {
  test("what is computed and left out is unknown, at any depth", () => {
    const {
      id,
      where,
      zone,
      note,
      inner: blocks,
    } = attributes({ config: { inner: [inner({ text: "a" })] } });
    expect([id, where, zone]).toEqual([UNKNOWN, UNKNOWN, UNKNOWN]);
    expect(note).toBeNull();
    expect(blocks).toEqual([inner({ text: "a", decided: UNKNOWN, number: UNKNOWN })]);
  });

  test("what is computed and given is planned as given", () => {
    expect(attributes({ config: { zone: "a" } })["zone"]).toBe("a");
  });

  test("the id is unknown even when it is given", () => {
    expect(attributes({ config: { id: "mine" } })["id"]).toBe(UNKNOWN);
  });

  test("a default wins over null and over computed, at any depth", () => {
    const behaviour = {
      size: { default: 3 },
      on: { default: false },
      zone: { default: "d" },
      "inner.text": { default: "t" },
    };
    const result = attributes({ config: { inner: [inner({})] }, behaviour });
    expect([result["size"], result["on"], result["zone"]]).toEqual([3, false, "d"]);
    expect(result["inner"]).toEqual([inner({ text: "t", decided: UNKNOWN, number: UNKNOWN })]);
  });

  test("a default does not win over what is given", () => {
    expect(
      attributes({
        config: { size: 0, on: true },
        behaviour: { size: { default: 3 }, on: { default: false } },
      }),
    ).toMatchObject({
      size: 0,
      on: true,
    });
  });

  test("a computed block that is left out is unknown as a whole, any other is empty", () => {
    const result = attributes({ behaviour: { made: { computed_on_create: true } } });
    expect([result["made"], result["inner"], result["each"]]).toEqual([UNKNOWN, [], []]);
  });

  test.each([
    ["labels", { a: "1", b: UNKNOWN }],
    ["items", ["1", UNKNOWN]],
    ["members", ["1", UNKNOWN]],
  ])("one unknown element makes the whole of %s unknown", (name, value) => {
    expect(attributes({ config: { [name]: value } })[name]).toBe(UNKNOWN);
  });

  test("one unknown element inside a block makes only that attribute unknown", () => {
    const [block] = attributes({ config: { inner: [inner({ text: "a", names: ["1", UNKNOWN] })] } })[
      "inner"
    ] as Values[];
    expect(block).toMatchObject({ text: "a", names: UNKNOWN });
  });

  test("empty collections: null for a set or map, kept for a list, unknown where they are computed", () => {
    const result = attributes({
      config: { labels: {}, members: [], items: [], labels_all: {}, members_all: [] },
    });
    expect([result["labels"], result["members"], result["items"]]).toEqual([null, null, []]);
    expect([result["labels_all"], result["members_all"]]).toEqual([UNKNOWN, UNKNOWN]);
  });

  test("a null value in a map is dropped", () => {
    expect(attributes({ config: { labels: { a: "1", b: null } } })["labels"]).toEqual({ a: "1" });
  });

  test("an empty string stays", () => {
    expect(attributes({ config: { note: "" } })["note"]).toBe("");
  });

  test("inside a set block a null string becomes empty, a null number and map stay, a null set becomes empty", () => {
    expect(attributes({ config: { each: [inner({ count: 1 })] } })["each"]).toEqual([
      { text: "", count: 1, flag: null, decided: UNKNOWN, number: UNKNOWN, names: [], tags: null },
    ]);
  });

  test("inside an attribute made of objects every null becomes its zero value", () => {
    const rules = [{ text: null, port: null, open: null, peers: null }];
    expect(attributes({ config: { rules } })["rules"]).toEqual([
      { text: "", port: 0, open: false, peers: [] },
    ]);
  });

  test("replaces nothing", () => {
    expect(planned({ behaviour: { name: { force_new: true } } }).replaces).toEqual([]);
  });

  test("rewrites given texts, and not unknown ones", () => {
    const resource = { normalise: { note: (given: string) => given.toUpperCase() } };
    expect(attributes({ config: { note: "a" }, resource })["note"]).toBe("A");
    expect(attributes({ config: { note: UNKNOWN }, resource })["note"]).toBe(UNKNOWN);
  });
});

describe("what is computed and given as an empty text", () => {
  test("is for the plugin to decide on create, not on an update, and not where it does not count", () => {
    expect(attributes({ config: { zone: "" } })["zone"]).toBe(UNKNOWN);
    expect(attributes({ config: { zone: "" }, prior: { zone: "" } })["zone"]).toBe("");
    expect(attributes({ config: { zone: "" }, resource: { suppress: { zone: () => true } } })["zone"]).toBe(
      "",
    );
  });
});

describe("blocks of a list that the SDK compares as wholes", () => {
  const FLAG: BlockSchema = {
    attributes: {
      flag: { type: "bool", optional: true },
      count: { type: "number", optional: true },
      text: { type: "string", optional: true },
    },
  };
  const block: BlockSchema = { attributes: { id: { type: "string" } }, block_types: { options: list(FLAG) } };
  const rules = {
    facts: () => ({}),
    normalise: (_: string, given: string) => given,
    suppressor: () => undefined,
  };
  const from = (old: Values, given: Values) =>
    planSdkv2(block, rules, { id: "i", options: [old] }, { id: "i", options: [given] });

  test("false or zero that becomes unknown stays, true does not, nor does a text", () => {
    const off = { flag: false, count: 0, text: "" };
    expect(from(off, { ...off, flag: UNKNOWN, count: UNKNOWN }).differences).toEqual([]);
    expect(from({ ...off, flag: true }, { ...off, flag: UNKNOWN }).planned["options"]).toMatchObject([
      { flag: UNKNOWN },
    ]);
    expect(from(off, { ...off, text: UNKNOWN }).planned["options"]).toMatchObject([{ text: UNKNOWN }]);
  });

  test("with another difference it is unknown", () => {
    const off = { flag: false, count: 0, text: "" };
    expect(from(off, { ...off, flag: UNKNOWN, count: 2 }).planned["options"]).toMatchObject([
      { flag: UNKNOWN, count: 2 },
    ]);
  });
});

describe("update (SDKv2) without a difference that counts", () => {
  test.each<[string, Values, Values]>([
    ["nothing changed", { note: "a", size: 1 }, { note: "a", size: 1 }],
    ["null and an empty string", {}, { note: "" }],
    ["null and zero", {}, { size: 0, on: false }],
    ["an empty string and null", { note: "" }, { note: null }],
    ["null and empty collections", {}, { labels: {}, items: [], members: [] }],
    ["a set in another order", { members: ["a", "b"] }, { members: ["b", "a"] }],
    ["zero and null", { size: 0, on: false, note: "" }, { size: null, on: null, note: null }],
    [
      "zero values in a block",
      { inner: [inner({ text: "a" })] },
      { inner: [inner({ text: "a", count: 0, names: [], tags: {} })] },
    ],
    [
      "zero values in a set block",
      { each: [inner({ text: "a" })] },
      { each: [{ ...inner({ text: "a", count: 0 }), decided: "" }] },
    ],
    ["what is computed and left out", {}, { labels_all: { a: "1" }, members_all: ["x"] }],
  ])("plans the prior state as it was: %s", (_, config, prior) => {
    const result = planned({
      config,
      prior,
      behaviour: { size: { force_new: true }, note: { force_new: true } },
    });
    expect(result).toEqual({
      planned: { ...PRIOR, ...prior },
      replaces: [],
    });
  });

  test("a left-out computed block keeps its prior value", () => {
    const prior = { made: [inner({ text: "a" })] };
    expect(attributes({ prior, behaviour: { made: { computed_on_create: true } } })["made"]).toEqual(
      prior.made,
    );
  });
});

describe("update (SDKv2) with a difference", () => {
  test("the rest keeps its prior values; top-level nulls stay null", () => {
    expect(attributes({ config: { note: "b" }, prior: { note: "a", labels: null } })).toMatchObject({
      id: "i",
      where: "w",
      zone: "z",
      note: "b",
      size: null,
      labels: null,
    });
  });

  test("inside list blocks, nulls of the prior state become zero values in the whole resource", () => {
    const block = inner({ text: "a" });
    expect(attributes({ config: { note: "b", inner: [block] }, prior: { inner: [block] } })["inner"]).toEqual(
      [{ text: "a", count: 0, flag: false, decided: "", number: 0, names: [], tags: {} }],
    );
  });

  test("a new element of a list block has nulls", () => {
    const block = inner({ text: "a" });
    const [, added] = attributes({
      config: { inner: [block, inner({ text: "b" })] },
      prior: { inner: [block] },
    })["inner"] as Values[];
    expect(added).toEqual(inner({ text: "b" }));
  });

  test("a shorter list block loses its last elements", () => {
    const [a, b] = [inner({ text: "a" }), inner({ text: "b" })];
    expect(attributes({ config: { inner: [a] }, prior: { inner: [a, b] } })["inner"]).toMatchObject([
      { text: "a" },
    ]);
  });

  test.each([
    ["a removed string is null", "note", "a", null],
    ["a removed map is empty", "labels", { a: "1" }, {}],
    ["a removed list is empty", "items", ["a"], []],
    ["a removed set is empty", "members", ["a"], []],
    ["a removed block is gone", "inner", [inner({ text: "a" })], []],
  ])("%s", (_, name, before, after) => {
    expect(attributes({ prior: { [name]: before } })[name]).toEqual(after);
  });

  test("what became unknown is unknown", () => {
    expect(
      attributes({ config: { note: UNKNOWN, size: UNKNOWN }, prior: { note: "a", size: 1 } }),
    ).toMatchObject({
      note: UNKNOWN,
      size: UNKNOWN,
    });
  });

  test("elements of a set block are matched by value and keep what was computed for them", () => {
    const kept = { ...inner({ text: "a" }), decided: "x" };
    const result = attributes({
      config: { each: [inner({ text: "a", decided: "x" }), inner({ text: "b" })] },
      prior: { each: [kept] },
    });
    expect(result["each"]).toMatchObject([
      { text: "a", decided: "x" },
      { text: "b", decided: UNKNOWN },
    ]);
  });

  test("an empty string counts as left out where the plugin decides", () => {
    expect(attributes({ config: { zone: "", note: "b" }, prior: {} })["zone"]).toBe("z");
  });

  test("a computed map that is left out of a block keeps its elements", () => {
    const block: BlockSchema = {
      attributes: {
        id: { type: "string" },
        note: { type: "string" },
        all: { type: ["map", "string"], computed: true },
      },
    };
    const rules = {
      facts: () => ({}),
      normalise: (_: string, given: string) => given,
      suppressor: () => undefined,
    };
    const { planned: result } = planSdkv2(
      block,
      rules,
      { id: "i", note: "a", all: { k: "v" } },
      { id: "i", note: "b", all: null },
    );
    expect(result).toEqual({ id: "i", note: "b", all: { k: "v" } });
  });

  test("a computed set that becomes unknown keeps the elements it has", () => {
    expect(
      attributes({ config: { note: "b", members_all: UNKNOWN }, prior: { members_all: ["a"] } })[
        "members_all"
      ],
    ).toEqual(["a"]);
    expect(attributes({ config: { members: UNKNOWN }, prior: { members: ["a"] } })["members"]).toBe(UNKNOWN);
  });

  test("elements that are not known yet are each their own", () => {
    const each = [inner({ text: UNKNOWN }), inner({ text: UNKNOWN })];
    expect(attributes({ config: { each } })["each"]).toHaveLength(2);
  });

  test("a computed number that is left out keeps its value, in list and set blocks", () => {
    const prior = { inner: [inner({ text: "a", number: 5 })] };
    expect(
      attributes({ config: { note: "b", inner: [inner({ text: "a" })] }, prior })["inner"],
    ).toMatchObject([{ number: 5 }]);
  });

  test("an element that stays in a changed set has null, not empty, for what is left out", () => {
    const prior = { each: [inner({ count: 1, decided: "x", number: 1 })] };
    const config = { each: [inner({ count: 1, decided: "x", number: 1 }), inner({ count: 2 })] };
    expect(attributes({ config, prior })["each"]).toMatchObject([
      { count: 1, text: null },
      { count: 2, text: "" },
    ]);
  });

  test("a changed map element changes only that element", () => {
    expect(
      attributes({ config: { labels: { a: "1", b: "3" } }, prior: { labels: { a: "1", b: "2", c: "4" } } })[
        "labels"
      ],
    ).toEqual({
      a: "1",
      b: "3",
    });
  });

  test("a longer and a shorter list attribute", () => {
    expect(attributes({ config: { items: ["a", "b"] }, prior: { items: ["a"] } })["items"]).toEqual([
      "a",
      "b",
    ]);
    expect(attributes({ config: { items: ["b"] }, prior: { items: ["a", "b"] } })["items"]).toEqual(["b"]);
  });

  test("an attribute can make others unknown", () => {
    const behaviour = { size: { update_makes_unknown: ["where"] } };
    expect(attributes({ config: { size: 2 }, prior: { size: 1 }, behaviour })["where"]).toBe(UNKNOWN);
    expect(attributes({ config: { note: "b", size: 1 }, prior: { size: 1 }, behaviour })["where"]).toBe("w");
  });
});

describe("replacement (SDKv2)", () => {
  test.each<[string, string, Values, Values, (string | number)[]]>([
    ["a scalar", "note", { note: "b" }, { note: "a" }, ["note"]],
    ["a removed scalar", "note", {}, { note: "a" }, ["note"]],
    ["one that becomes unknown", "note", { note: UNKNOWN }, { note: "a" }, ["note"]],
    ["a map", "labels", { labels: { a: "2" } }, { labels: { a: "1" } }, ["labels"]],
    ["a list's element", "items", { items: ["b"] }, { items: ["a"] }, ["items"]],
    ["a list's length", "items", { items: ["a", "b"] }, { items: ["a"] }, ["items"]],
    ["a set", "members", { members: ["b"] }, { members: ["a"] }, ["members"]],
    ["a set that becomes unknown", "members", { members: [UNKNOWN] }, { members: ["a"] }, ["members"]],
    [
      "inside a list block",
      "inner.text",
      { inner: [inner({ text: "b" })] },
      { inner: [inner({ text: "a" })] },
      ["inner", 0, "text"],
    ],
    [
      "inside a set block",
      "each.text",
      { each: [inner({ text: "b" })] },
      { each: [inner({ text: "a" })] },
      ["each"],
    ],
    [
      "an element of a set block that goes, at its default",
      "each.count",
      {},
      { each: [inner({ count: 3 })] },
      ["each"],
    ],
    ["a whole block", "inner", { inner: [] }, { inner: [inner({ text: "a" })] }, ["inner"]],
  ])("%s", (_, key, config, prior, path) => {
    const behaviour = { [key]: { force_new: true, ...(key === "each.count" ? { default: 3 } : {}) } };
    expect(planned({ config, prior, behaviour }).replaces).toEqual([path]);
    expect(planned({ config, prior }).replaces).toEqual([]);
  });

  test("a simulation can name more", () => {
    const resource: Partial<ResourceSimulation> = {
      replaces: ({ planned: after, prior }) =>
        Number(after["size"]) < Number(prior?.["size"]) ? ["size"] : [],
    };
    expect(planned({ config: { size: 1 }, prior: { size: 2 }, resource }).replaces).toEqual([["size"]]);
    expect(planned({ config: { size: 3 }, prior: { size: 2 }, resource }).replaces).toEqual([]);
  });
});

describe("suppressed differences", () => {
  const ignoringCase = {
    note: ({ old, new: given }: { old: string; new: string }) => old.toLowerCase() === given.toLowerCase(),
  };

  test("do not count", () => {
    expect(
      attributes({ config: { note: "A" }, prior: { note: "a" }, resource: { suppress: ignoringCase } })[
        "note"
      ],
    ).toBe("a");
    expect(
      attributes({ config: { note: "b" }, prior: { note: "a" }, resource: { suppress: ignoringCase } })[
        "note"
      ],
    ).toBe("b");
  });

  test("keep the prior value beside one that counts", () => {
    const result = attributes({
      config: { note: "A", size: 2 },
      prior: { note: "a", size: 1 },
      resource: { suppress: ignoringCase },
    });
    expect(result).toMatchObject({ note: "a", size: 2 });
  });

  test("are asked by leaf, with the prior state and the configuration at hand", () => {
    const asked: unknown[] = [];
    const suppress = {
      inner: (change: unknown, input: PlanInput) => {
        asked.push([change, input.prior?.["note"], input.config["note"], input.provider["region"]]);
        return false;
      },
    };
    attributes({
      config: { note: "b", inner: [inner({ text: "b", tags: { k: "v" } })] },
      prior: { note: "a", inner: [inner({ text: "a" })] },
      resource: { suppress },
    });
    expect(asked).toEqual([
      [{ path: ["inner", 0, "text"], old: "a", new: "b" }, "a", "b", "r"],
      [{ path: ["inner", 0, "tags", "#"], old: "0", new: "1" }, "a", "b", "r"],
      [{ path: ["inner", 0, "tags", "k"], old: "", new: "v" }, "a", "b", "r"],
    ]);
  });

  test("of a list's length keep its elements", () => {
    const suppress = { inner: ({ path }: { path: readonly unknown[] }) => path.at(-1) === "#" };
    const prior = { inner: [inner({ text: "a", decided: "x" })] };
    expect(attributes({ config: { note: "b" }, prior, resource: { suppress } })["inner"]).toMatchObject([
      { decided: "x" },
    ]);
    expect(attributes({ config: { note: "b" }, prior })["inner"]).toEqual([]);
  });

  test("of a map's elements do not keep a map that is emptied", () => {
    const suppress = { labels: ({ path }: { path: readonly unknown[] }) => path.at(-1) !== "#" };
    const prior = { labels: { a: "1" } };
    expect(attributes({ config: { labels: {} }, prior, resource: { suppress } })["labels"]).toEqual({});
    expect(attributes({ config: { labels: { b: "1" } }, prior, resource: { suppress } })["labels"]).toEqual({
      a: "1",
    });
  });

  test("see an unknown value as such", () => {
    const seen: string[] = [];
    const suppress = { note: ({ new: given }: { new: string }) => seen.push(given) > 1 };
    attributes({ config: { note: UNKNOWN }, prior: { note: "a" }, resource: { suppress } });
    expect(seen).toEqual([UNKNOWN_TEXT]);
  });

  test("inside a set they keep the element's prior value, and of an element that goes a shell", () => {
    const resource = { suppress: { "each.text": () => true } };
    const config = { each: [inner({ text: "a", count: 2 })] };
    expect(
      attributes({ config, prior: { each: [inner({ text: "a", count: 1 })] }, resource })["each"],
    ).toMatchObject([
      { text: "", count: 2 },
      { text: "a", count: null },
    ]);
  });

  test("of a whole set leave it as it was", () => {
    const resource = { suppress: { each: () => true } };
    const prior = { note: "a", each: [inner({ text: "a", count: 1 })] };
    for (const each of [[inner({ text: "b", count: 2 })], [inner({ text: UNKNOWN })], []]) {
      const planned = attributes({ config: { note: "b", each }, prior, resource });
      expect(planned).toMatchObject({ note: "b", each: [{ text: "a", count: 1 }] });
      expect(planned["each"]).toHaveLength(1);
    }
  });
});

describe("a simulation's own planning", () => {
  test("changes the plan in place and sees whether there is a difference", () => {
    const seen: (readonly string[])[] = [];
    const resource: Partial<ResourceSimulation> = {
      plan: ({ planned: after, differences }) => {
        seen.push(differences);
        if (differences.length > 0) after["where"] = UNKNOWN;
      },
    };
    expect(attributes({ config: { note: "b" }, prior: { note: "a" }, resource })["where"]).toBe(UNKNOWN);
    expect(attributes({ config: { note: "a" }, prior: { note: "a" }, resource })["where"]).toBe("w");
    expect(seen).toEqual([["note"], []]);
  });

  test("its change alone is a difference, with all that follows from one", () => {
    const resource: Partial<ResourceSimulation> = {
      plan: ({ planned: after, provider }) => void (after["where"] = provider["region"] ?? null),
    };
    const prior = { inner: [inner({ text: "a" })] };
    const result = attributes({ config: prior, prior, resource });
    expect(result["where"]).toBe("r");
    expect(result["inner"]).toMatchObject([{ text: "a", count: 0 }]);
  });

  test("does not change the prior state", () => {
    const prior = { inner: [inner({ text: "a" })] };
    const resource: Partial<ResourceSimulation> = {
      plan({ planned: after }) {
        for (const each of after["inner"] as Values[]) each["text"] = "z";
      },
    };
    expect(attributes({ config: prior, prior, resource })["inner"]).toMatchObject([{ text: "z" }]);
    expect(prior.inner[0]?.["text"]).toBe("a");
  });
});

test("a simulation's refusal to plan is told as it is", () => {
  const resource: Partial<ResourceSimulation> = {
    plan: () => {
      throw new Refusal("no such combination");
    },
  };
  expect(() => planned({ resource })).toThrow(new Refusal("no such combination"));
});

describe("a framework resource", () => {
  const type = "sample_modern";

  test("create: computed is unknown, defaults apply, everything else is planned as written", () => {
    const config = {
      items: ["1", UNKNOWN],
      labels: {},
      members: [],
      inner: [inner({ text: "a", names: [] })],
      each: [inner({})],
    };
    const result = attributes({ type, config, behaviour: { size: { default: 3 } } });
    expect(result).toMatchObject({
      id: UNKNOWN,
      where: UNKNOWN,
      size: 3,
      items: ["1", UNKNOWN],
      labels: {},
      members: [],
    });
    expect(result["inner"]).toEqual([inner({ text: "a", names: [], decided: UNKNOWN, number: UNKNOWN })]);
    expect(result["each"]).toEqual([inner({ decided: UNKNOWN, number: UNKNOWN })]);
  });

  test("update: null is not zero", () => {
    const result = planned({ type, prior: { note: "" }, behaviour: { note: { force_new: true } } });
    expect(result.planned["note"]).toBeNull();
    expect(result.replaces).toEqual([["note"]]);
  });

  test("update: what is computed keeps its value, and nothing else is touched", () => {
    const block = inner({ text: "a" });
    const result = planned({
      type,
      config: { note: "b", inner: [block] },
      prior: { note: "a", inner: [block] },
    });
    expect(result.planned).toMatchObject({ id: "i", where: "w", note: "b", inner: [block] });
    expect(result.replaces).toEqual([]);
  });
});

describe("what the SDK's text form loses", () => {
  test("after a plan, empty strings and lists and unknown values come back", () => {
    expect(restoreLost(null, "", "string", "plan")).toBe("");
    expect(restoreLost(null, [], ["list", "string"], "plan")).toEqual([]);
    expect(restoreLost(null, [], ["set", "string"], "plan")).toBeNull();
    expect(restoreLost(null, {}, ["map", "string"], "plan")).toBeNull();
    expect(restoreLost(null, UNKNOWN, "string", "plan")).toBe(UNKNOWN);
    expect(restoreLost("a", UNKNOWN, "string", "plan")).toBe("a");
  });

  test("after an apply, null and empty collections stay as planned", () => {
    expect(restoreLost({}, null, ["map", "string"], "apply")).toBeNull();
    expect(restoreLost(null, {}, ["map", "string"], "apply")).toEqual({});
    expect(restoreLost({ a: "1" }, null, ["map", "string"], "apply")).toEqual({ a: "1" });
    expect(restoreLost(["b"], ["a"], ["set", "string"], "apply")).toEqual(["a"]);
    expect(restoreLost(["b"], [UNKNOWN], ["set", "string"], "apply")).toEqual(["b"]);
    expect(restoreLost(["b"], ["a"], ["list", "string"], "apply")).toEqual(["b"]);
  });

  test("null and zero are equivalent at any depth, unknown only to unknown", () => {
    expect(sdkEquivalent({ a: null }, { a: "" }, ["map", "string"])).toBe(true);
    expect(sdkEquivalent([0], [null], ["list", "number"])).toBe(true);
    expect(sdkEquivalent(["a", "b"], ["b", "a"], ["set", "string"])).toBe(true);
    expect(sdkEquivalent(["a", "b"], ["b", "a"], ["list", "string"])).toBe(false);
    expect(sdkEquivalent(UNKNOWN, null, "string")).toBe(false);
    expect(sdkEquivalent(UNKNOWN, UNKNOWN, "string")).toBe(true);
    expect(sdkEquivalent(1, 2, "number")).toBe(false);
  });
});
