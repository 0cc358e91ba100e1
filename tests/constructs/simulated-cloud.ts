import type {
  Cloud,
  CloudObject,
  Diagnostic,
  ProviderSimulation,
  Value,
  Values,
} from "../../constructs/fleet/simulation";
import { plan } from "../../sandbox/engine/plan";
import { validate } from "../../sandbox/engine/validate";
import { asText, emptyBlock } from "../../sandbox/engine/values";

/** A provider's simulation used directly, with its cloud in memory: what is given is validated, planned and applied. */
export class SimulatedCloud implements Cloud {
  /** All images exist, until a test knows better. */
  public imageExists: (id: string) => boolean = () => true;
  private readonly objects = new Map<string, CloudObject>();

  public constructor(
    private readonly simulation: ProviderSimulation,
    public readonly provider: Values = {},
  ) {}

  public validate(type: string, config: Values): Diagnostic[] {
    return validate(this.simulation, type, this.whole(type, config), this.provider);
  }

  public create(type: string, config: Values): Values {
    const whole = this.whole(type, config);
    const { planned } = plan(this.simulation, {
      type,
      config: whole,
      prior: null,
      proposed: whole,
      provider: this.provider,
    });
    return this.stored(type, this.resource(type).create(planned, this));
  }

  /** Changes attributes of an object, as Terraform would: what is computed is proposed with its prior value. */
  public update(type: string, prior: Values, changes: Values): Values {
    const update = this.resource(type).update;
    if (update === undefined) throw new Error(`${type} has no update`);
    return this.stored(type, update({ ...prior, ...changes }, prior, this));
  }

  public delete(type: string, prior: Values): void {
    this.resource(type).delete?.(prior, this);
    this.remove(type, asText(prior["id"]));
  }

  /** What the plugin reads; by default all that is stored. */
  public read(type: string, id: Value | undefined): Values | undefined {
    const object = this.get(type, asText(id));
    return object && (this.resource(type).read?.(object.attributes, this) ?? object.attributes);
  }

  public list(type: string): CloudObject[] {
    return [...this.objects.values()].filter((object) => object.type === type);
  }

  public get(type: string, id: string): CloudObject | undefined {
    return this.objects.get(`${type} ${id}`);
  }

  public put(type: string, id: string, attributes: Values): void {
    this.objects.set(`${type} ${id}`, { provider: this.simulation.source, type, id, attributes });
  }

  public remove(type: string, id: string): void {
    this.objects.delete(`${type} ${id}`);
  }

  private resource(type: string): ProviderSimulation["resources"][string] {
    const resource = this.simulation.resources[type];
    if (resource === undefined) throw new Error(`no ${type}`);
    return resource;
  }

  private whole(type: string, config: Values): Values {
    const schema = this.simulation.schema.resource_schemas[type];
    return { ...emptyBlock(schema?.block ?? {}), ...config };
  }

  private stored(type: string, attributes: Values): Values {
    this.put(type, asText(attributes["id"]), attributes);
    return attributes;
  }
}
