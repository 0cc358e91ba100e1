import type { AdoptedObject, FleetProvider } from "../../constructs/fleet/fleet-provider";
import { PolycastError, refuseIfAny, type Problem } from "../../constructs/fleet/problem";
import { readCandidates, type Candidate } from "./candidates";
import { identityOf, objectsIn, type HeldObject } from "./held-objects";
import { rolesOf } from "./roles";
import { terraform, TerraformRefusal } from "./stack-terraform";
import type { SynthesizedStack } from "./synthesized-stack";
import { trialPlan, type Plan, type PlannedChange } from "./trial-plan";

/** Where an adoption takes place. */
export interface AdoptionScene {
  readonly stack: SynthesizedStack;
  /** The fleet that the stack holds; undefined for the DNS. */
  readonly fleet: FleetProvider | undefined;
  /** Every stack of the environment. */
  readonly stacks: readonly string[];
  /** The Terraform state of a stack, parsed; undefined where there is none. */
  readonly readState: (stack: string) => Promise<unknown>;
}

/** What was found possible, and what the next deploy would then do. */
export interface Adoption {
  /** Not in the state yet. */
  readonly wanted: readonly Candidate[];
  /** In the state already, in the right role. */
  readonly held: readonly Candidate[];
  readonly outlook: Outlook;
}

/** What the next deploy will do. */
export interface Outlook {
  /** Role -> the attributes that change in place. */
  readonly changes: Readonly<Record<string, readonly string[]>>;
  /** How many objects of the whole stack. */
  readonly created: number;
  readonly changed: number;
  readonly replaced: number;
  readonly destroyed: number;
  /** `anycast_ipv4` -> the address before and after; undefined: there is none, or not known yet. */
  readonly addresses: Readonly<
    Record<string, { readonly before: string | undefined; readonly after: string | undefined }>
  >;
}

/**
 * Looks at what an adoption would do. Changes nothing: neither a cloud nor a state.
 *
 * @param texts `ROLE=ID`, as the user gave them.
 * @throws PolycastError that names everything that stands against it.
 */
export async function prepareAdoption(scene: AdoptionScene, texts: readonly string[]): Promise<Adoption> {
  const { stack } = scene;
  const problems: Problem[] = [];
  const candidates = readCandidates(texts, rolesOf(stack), problems);
  const states = await allStates(scene);
  const [held, wanted] = separate(candidates, states.get(stack.name) ?? [], problems);
  await terraform(stack, ["init", "-input=false", "-no-color"]).catch(asStackProblem(stack));
  const { sound, plan } = await examine(stack, wanted, problems);
  const adopted = [...held, ...sound];
  problems.push(
    ...sound.flatMap((candidate) => heldElsewhere(candidate, plan, states)),
    ...adopted.flatMap((candidate) => loss(candidate, plan, scene.fleet)),
  );
  refuseIfAny(() => `${stack.name} cannot adopt that; nothing was changed:`, problems);
  return { wanted, held, outlook: outlookOf(adopted, plan) };
}

/**
 * Writes the objects into the stack's state, one after the other. What was adopted stays so when a later one fails or
 * somebody stops it: the same adoption, prepared again, goes on from there.
 *
 * @param onAdopted told of each.
 * @returns what the next deploy will do.
 * @throws PolycastError where Terraform refuses, or where the next deploy would replace one after all.
 */
export async function adopt(
  { stack, fleet }: AdoptionScene,
  { wanted, held }: Adoption,
  onAdopted: (candidate: Candidate) => void,
): Promise<Outlook> {
  for (const candidate of wanted) {
    await terraform(stack, [
      "import",
      "-input=false",
      "-no-color",
      candidate.role.address,
      candidate.id,
    ]).catch(asProblemOf(candidate));
    onAdopted(candidate);
  }
  const plan = await trialPlan(stack, []).catch(asStackProblem(stack));
  const adopted = [...held, ...wanted];
  refuseIfAny(
    () => `${stack.name} has adopted them, but do not deploy it:`,
    adopted.flatMap((candidate) => loss(candidate, plan, fleet)),
  );
  return outlookOf(adopted, plan);
}

async function allStates({
  stack,
  stacks,
  readState,
}: AdoptionScene): Promise<ReadonlyMap<string, readonly HeldObject[]>> {
  const names = [...new Set([stack.name, ...stacks])];
  const objects = await Promise.all(names.map(async (name) => objectsIn(name, await readState(name))));
  return new Map(names.map((name, index) => [name, objects[index] ?? []]));
}

/** Those that the state has in their role already, and those that are new to it. */
function separate(
  candidates: readonly Candidate[],
  state: readonly HeldObject[],
  problems: Problem[],
): [held: Candidate[], wanted: Candidate[]] {
  const [held, wanted]: [Candidate[], Candidate[]] = [[], []];
  for (const candidate of candidates) {
    const { role, id } = candidate;
    const object = state.find(({ address }) => address === role.address);
    if (object === undefined) wanted.push(candidate);
    else if (object.id === id) held.push(candidate);
    else {
      problems.push({
        where: role.name,
        what: `the state has ${JSON.stringify(object.id)} there already, so that it cannot take ${JSON.stringify(id)}`,
        remedy: `Leave it out if that is the one; to part with it: terraform state rm ${role.address}, in the stack's directory.`,
      });
    }
  }
  return [held, wanted];
}

/**
 * Plans with the candidates. Terraform stops at the first import that fails, and does not always say whose it was: so
 * where the plan fails, each candidate is tried alone, and then the sound ones together.
 */
async function examine(
  stack: SynthesizedStack,
  candidates: readonly Candidate[],
  problems: Problem[],
): Promise<{ readonly sound: readonly Candidate[]; readonly plan: Plan }> {
  const whole = await attempt(stack, candidates);
  if (!(whole instanceof TerraformRefusal)) return { sound: candidates, plan: whole };
  const sound: Candidate[] = [];
  for (const candidate of candidates) {
    const alone = await attempt(stack, [candidate]);
    if (!(alone instanceof TerraformRefusal)) sound.push(candidate);
    else problems.push(...alone.said.map((what) => refusedImport(candidate, what)));
  }
  // What fails even without the others is the stack's own.
  return { sound, plan: await trialPlan(stack, sound).catch(asStackProblem(stack)) };
}

async function attempt(
  stack: SynthesizedStack,
  candidates: readonly Candidate[],
): Promise<Plan | TerraformRefusal> {
  try {
    return await trialPlan(stack, candidates);
  } catch (error) {
    if (error instanceof TerraformRefusal) return error;
    throw error;
  }
}

function refusedImport({ role, id }: Candidate, said: string): Problem {
  if (said.startsWith("Cannot import non-existent remote object")) {
    return { where: role.name, what: `there is no ${role.type} with the id ${JSON.stringify(id)}` };
  }
  return { where: role.name, what: `${JSON.stringify(id)}: ${said}` };
}

/** One object in two states would be changed by both, and destroyed by the first that lets it go. */
function heldElsewhere(
  { role }: Candidate,
  plan: Plan,
  states: ReadonlyMap<string, readonly HeldObject[]>,
): Problem[] {
  const identity = identityOf(changeOf(role.address, plan)?.change.before ?? {});
  return [...states].flatMap(([stack, objects]) =>
    objects
      .filter((object) => object.type === role.type && object.identity === identity)
      .map(({ address }) => ({
        where: role.name,
        what: `${JSON.stringify(identity)} belongs to ${stack} already, as ${address}`,
        remedy: `To take it from there: terraform state rm ${address}, in that stack's directory.`,
      })),
  );
}

/** What would go for good if the fleet took the object over and was deployed. */
function loss({ role }: Candidate, plan: Plan, fleet: FleetProvider | undefined): readonly Problem[] {
  const planned = changeOf(role.address, plan);
  if (planned === undefined) return [];
  const { before, after } = planned.change;
  const object: AdoptedObject = { type: role.type, before: before ?? {}, after: after ?? {} };
  const known = fleet?.checkAdopted?.(object) ?? [];
  if (known.length > 0 || !planned.change.actions.includes("delete")) return known;
  const does = planned.change.actions.includes("create") ? "replace" : "destroy";
  const causes = (planned.change.replace_paths ?? []).map(([attribute]) =>
    forced(String(attribute), planned),
  );
  return [
    {
      where: role.name,
      what: [`the next deploy would ${does} it`, ...causes].join("; "),
      remedy: "Change the environment so that it asks for what the object is, or leave the object out.",
    },
  ];
}

/** `slug: "edge" -> "sandbox-stackpath"` */
function forced(attribute: string, { change }: PlannedChange): string {
  const { before, after, after_unknown: unknown, before_sensitive: secret } = change;
  if (typeof secret === "object" && (secret[attribute] ?? false) !== false) return `${attribute} (sensitive)`;
  const isUnknown = typeof unknown === "object" && unknown[attribute] === true;
  const text = (value: unknown): string => JSON.stringify(value ?? null);
  return `${attribute}: ${text(before?.[attribute])} -> ${isUnknown ? "known after apply" : text(after?.[attribute])}`;
}

function changeOf(wanted: string, { resource_changes: changes }: Plan): PlannedChange | undefined {
  return changes.find(({ address }) => address === wanted);
}

function outlookOf(adopted: readonly Candidate[], plan: Plan): Outlook {
  const count = (actions: string): number =>
    plan.resource_changes.filter(({ change }) => change.actions.toSorted().join() === actions).length;
  const addresses = Object.entries(plan.output_changes).filter(([name]) => name.startsWith("anycast_"));
  const text = (value: unknown): string | undefined =>
    typeof value === "string" && value !== "" ? value : undefined;
  return {
    changes: Object.fromEntries(
      adopted.map(({ role }) => [role.name, changedAttributes(changeOf(role.address, plan))]),
    ),
    created: count("create"),
    changed: count("update"),
    replaced: count("create,delete"),
    destroyed: count("delete"),
    addresses: Object.fromEntries(
      addresses.map(([name, { before, after }]) => [name, { before: text(before), after: text(after) }]),
    ),
  };
}

function changedAttributes(planned: PlannedChange | undefined): readonly string[] {
  const { before, after, after_unknown: unknown } = planned?.change ?? {};
  if (!before || !after) return [];
  return Object.keys({ ...before, ...after, ...(typeof unknown === "object" ? unknown : {}) })
    .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
    .toSorted();
}

function asStackProblem(stack: SynthesizedStack): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof TerraformRefusal)) throw error;
    throw new PolycastError(
      `Terraform cannot plan ${stack.name}:`,
      error.said.map((what) => ({ where: stack.name, what })),
    );
  };
}

function asProblemOf({ role }: Candidate): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof TerraformRefusal)) throw error;
    throw new PolycastError(
      "Terraform could not adopt an object; those before it are adopted, and the same command goes on from here:",
      error.said.map((what) => ({ where: role.name, what })),
    );
  };
}
