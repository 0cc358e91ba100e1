import { HOURS_A_MONTH, type Size } from "./fleet-inputs";

/** A size that a provider sells: what it calls it, and US dollars before tax and traffic, by the hour or by the month. */
export type Plan = Size & { readonly id: string } & (
    { readonly dollarsPerHour: number } | { readonly dollarsPerMonth: number }
  );

/** What a table of plans answers. */
export interface PlanTable {
  readonly sizes: readonly Size[];
  /** What the provider calls one of the sizes. */
  readonly idOf: (size: Size) => string;
  /** US dollars a month of one of the sizes. */
  readonly monthlyPrice: (size: Size) => number;
}

export function planTable(plans: readonly Plan[]): PlanTable {
  const planOf = ({ cpu, memoryGiB }: Size): Plan => {
    const found = plans.find((plan) => plan.cpu === cpu && plan.memoryGiB === memoryGiB);
    if (found === undefined) throw new Error(`no plan for ${cpu} CPU and ${memoryGiB} GiB`);
    return found;
  };
  return {
    sizes: plans.map(({ cpu, memoryGiB }) => ({ cpu, memoryGiB })),
    idOf: (size) => planOf(size).id,
    monthlyPrice: (size) => {
      const plan = planOf(size);
      return "dollarsPerMonth" in plan ? plan.dollarsPerMonth : plan.dollarsPerHour * HOURS_A_MONTH;
    },
  };
}
