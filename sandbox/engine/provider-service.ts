import {
  Refusal,
  type Cloud,
  type CtyType,
  type Diagnostic,
  type ProviderSimulation,
  type ResourceSchema,
  type ResourceSimulation,
  type Value,
  type Values,
} from "../../constructs/fleet/simulation";
import type { CloudStore } from "./cloud-store";
import { strike, type FaultEffect, type FaultSource, type Operation } from "./fault";
import { isFramework, plan } from "./plan";
import { diagnosticOf, pathOf, schemaReply } from "./schema-wire";
import { restoreLost, withZerosInside } from "./sdkv2-values";
import { validate } from "./validate";
import { asText, blockType, emptyBlock, isValues, isWhollyKnown } from "./values";
import { decodeJson, decodeValue, encodeValue, type DynamicValue } from "./wire";

/** What goes wrong on purpose. */
export interface Troubles {
  readonly source: FaultSource;
  /** Ends the process at once, as a kill would. */
  readonly crash: () => void;
}

/** Lets so many seconds of the world's time pass. */
export type Wait = (seconds: number) => Promise<void>;

/** Whether nodes can start from the image of this id. */
export type ImageLookup = (id: string) => boolean;

/** The fields of the protocol's requests that are read here; each request has those of its own message. */
export interface PluginRequest {
  readonly type_name: string;
  readonly config?: DynamicValue;
  readonly prior_state?: DynamicValue;
  readonly proposed_new_state?: DynamicValue;
  readonly planned_state?: DynamicValue;
  readonly current_state?: DynamicValue;
  readonly raw_state?: { readonly json?: Uint8Array };
  readonly private?: Uint8Array;
  readonly prior_private?: Uint8Array;
  readonly planned_private?: Uint8Array;
  readonly id?: string;
}

/** A resource type in use: its schema, its type on the wire, and what its simulation does. */
interface Resource {
  readonly name: string;
  readonly schema: ResourceSchema;
  readonly type: CtyType;
  readonly simulation: ResourceSimulation;
}

/**
 * Answers the plugin protocol for one provider.
 *
 * Terraform opens one connection per provider configuration and walk, and configures it before it asks for anything
 * else, so the peer's address tells configurations (a region each, or another terraform process) apart. Ports are used
 * again: a new configuration replaces the peer's old one as a whole.
 */
export class ProviderService {
  private readonly configurations = new Map<string, Values>();
  private readonly schema: object;

  public constructor(
    private readonly simulation: ProviderSimulation,
    private readonly store: CloudStore,
    private readonly troubles: Troubles,
    private readonly images?: ImageLookup,
    private readonly wait: Wait = () => Promise.resolve(),
  ) {
    this.schema = schemaReply(simulation.schema);
  }

  public getSchema(): object {
    return this.schema;
  }

  /** The validate walk has no Configure, so the configuration counts from here on; its values may be unknown. */
  public prepareProviderConfig(peer: string, { config }: PluginRequest): object {
    this.configurations.set(peer, this.providerConfig(config));
    return { prepared_config: config };
  }

  public configure(peer: string, { config }: PluginRequest): object {
    const values = this.providerConfig(config);
    this.configurations.set(peer, values);
    const { block } = this.simulation.schema.provider;
    return { diagnostics: onWire(this.simulation.configure?.(values) ?? [], blockType(block)) };
  }

  public validateResource(peer: string, { type_name: name, config }: PluginRequest): object {
    const { type } = this.resource(name);
    const values = decodeValue(config, type) as Values;
    return { diagnostics: onWire(validate(this.simulation, name, values, this.configuration(peer)), type) };
  }

  /** States are always of the version served here: only the JSON form becomes the binary one. */
  public upgradeState({ type_name: name, raw_state: raw }: PluginRequest): object {
    const { type, schema } = this.resource(name);
    const state = decodeJson(raw?.json ?? new Uint8Array(), type);
    const whole = isValues(state)
      ? { ...emptyBlock(schema.block), ...withoutNullBlocks(state, schema) }
      : state;
    return { upgraded_state: encodeValue(whole, type) };
  }

  public async read(peer: string, request: PluginRequest): Promise<object> {
    const resource = this.resource(request.type_name);
    const current = decodeValue(request.current_state, resource.type);
    const answer = (state: Value, diagnostics: Diagnostic[] = []): object => ({
      new_state: encodeValue(state, resource.type),
      private: request.private,
      diagnostics: onWire(diagnostics, resource.type),
    });
    if (!isValues(current)) return answer(null);
    const effects = this.effects(resource.name, "read", current);
    const refusal = await this.before(effects);
    if (refusal !== undefined) return answer(current, [refusal]);
    const id = asText(current["id"]);
    const cloud = this.cloud(peer);
    if (effects.some(({ kind }) => kind === "vanish")) cloud.remove(resource.name, id);
    const object = cloud.get(resource.name, id);
    if (object === undefined) return answer(null);
    if (resource.simulation.isGone?.(object.attributes, cloud) === true) {
      cloud.remove(resource.name, id);
      return answer(null);
    }
    const seen = this.seen(resource, object.attributes, peer, current);
    const state = isFramework(this.simulation, resource.name)
      ? seen
      : restoreLost(seen, current, resource.type, "plan");
    this.after(effects);
    return answer(state);
  }

  public plan(peer: string, request: PluginRequest): object {
    const { type, name } = this.resource(request.type_name);
    const proposed = decodeValue(request.proposed_new_state, type);
    const unchanged = { planned_private: request.prior_private, legacy_type_system: this.isLegacy(name) };
    if (!isValues(proposed)) return { ...unchanged, planned_state: request.proposed_new_state };
    const prior = decodeValue(request.prior_state, type);
    try {
      const { planned, replaces } = plan(this.simulation, {
        type: name,
        config: decodeValue(request.config, type) as Values,
        prior: isValues(prior) ? prior : null,
        proposed,
        provider: this.configuration(peer),
      });
      return {
        ...unchanged,
        planned_state: encodeValue(planned, type),
        requires_replace: replaces.map((path) => pathOf(path, type)),
      };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { message: summary, detail } = error;
      return { ...unchanged, diagnostics: onWire([{ severity: "error", summary, detail }], type) };
    }
  }

  /**
   * A change that has begun is made even if the caller goes away, as in a real cloud: what Terraform then does not
   * hear of is an orphan.
   */
  public async apply(peer: string, request: PluginRequest): Promise<object> {
    const resource = this.resource(request.type_name);
    const planned = decodeValue(request.planned_state, resource.type);
    const prior = decodeValue(request.prior_state, resource.type);
    const operation: Operation = isValues(planned) ? (isValues(prior) ? "update" : "create") : "delete";
    const subject = { ...(isValues(prior) ? prior : {}), ...(isValues(planned) ? planned : {}) };
    const effects = this.effects(
      resource.name,
      operation,
      isValues(prior) ? { ...subject, id: prior["id"] ?? null } : subject,
    );
    const answer = (state: Value, diagnostics: Diagnostic[] = []): object => ({
      new_state: encodeValue(state, resource.type),
      private: request.planned_private,
      diagnostics: onWire(diagnostics, resource.type),
      legacy_type_system: this.isLegacy(resource.name),
    });

    const refused = await this.before(effects);
    if (refused !== undefined) return answer(prior, [refused]);
    let state: Value;
    try {
      state = this.change(resource, isValues(prior) ? prior : null, isValues(planned) ? planned : null, peer);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return answer(prior, [{ severity: "error", summary: error.message, detail: error.detail }]);
    }
    const seconds = resource.simulation.waitSeconds?.[operation];
    if (seconds !== undefined) await this.wait(seconds);
    const failure = this.after(effects);
    return answer(state, failure === undefined ? [] : [failure]);
  }

  public importState(peer: string, { type_name: name, id: importId = "" }: PluginRequest): object {
    const resource = this.resource(name);
    const failed = (summary: string): object => ({
      diagnostics: onWire([{ severity: "error", summary }], resource.type),
    });
    if (this.simulation.behaviour[name]?.["*"]?.importable === false) {
      return failed(`resource ${name} doesn't support import`);
    }
    try {
      const { find } = resource.simulation;
      const found = find?.(importId, this.cloud(peer));
      // Terraform reads what was imported at once, and says so itself when there is no such object.
      const known = { ...emptyBlock(resource.schema.block), ...found?.attributes, id: found?.id ?? importId };
      return { imported_resources: [{ type_name: name, state: encodeValue(known, resource.type) }] };
    } catch (error) {
      if (error instanceof Refusal) return failed(error.message);
      throw error;
    }
  }

  /** Changes the cloud and returns the state as the plugin writes it after the apply; null after a delete. */
  private change(resource: Resource, prior: Values | null, planned: Values | null, peer: string): Value {
    const cloud = this.cloud(peer);
    const { simulation, name, type } = resource;
    if (planned === null) {
      if (prior === null) return null;
      simulation.delete?.(prior, cloud);
      cloud.remove(name, asText(prior["id"]));
      return null;
    }
    const object =
      prior === null ? simulation.create(planned, cloud) : this.update(resource, planned, prior, cloud);
    const { id } = object;
    if (typeof id !== "string") throw new Error(`${name}: the simulation returned no id`);
    cloud.put(name, id, object);
    const seen = this.seen(resource, object, peer, planned);
    return isFramework(this.simulation, name) ? seen : restoreLost(seen, planned, type, "apply");
  }

  private update({ simulation, name }: Resource, planned: Values, prior: Values, cloud: Cloud): Values {
    if (simulation.update === undefined) throw new Refusal(`doesn't support update`);
    if (cloud.get(name, asText(prior["id"])) === undefined) {
      throw new Refusal(`${name} (${asText(prior["id"])}) not found`);
    }
    return simulation.update(planned, prior, cloud);
  }

  /** The object as its plugin puts it into the state: what it does not read stays as it is known. */
  private seen(
    { simulation, name, schema, type }: Resource,
    object: Values,
    peer: string,
    known: Values,
  ): Values {
    const read = simulation.read?.(object, this.cloud(peer)) ?? object;
    const state = { ...emptyBlock(schema.block), ...knownOnly(known), ...read };
    return isFramework(this.simulation, name) ? state : withZerosInside(state, type);
  }

  private cloud(peer: string): Cloud {
    const { store, simulation, images } = this;
    const provider = this.configuration(peer);
    const place = (type: string) => simulation.resources[type]?.place?.(provider);
    return {
      provider,
      list: (type) => store.list(type),
      get: (type, id) => store.get(type, id, place(type)),
      put: (type, id, attributes) => {
        const at = place(type);
        store.put({
          provider: simulation.source,
          type,
          id,
          ...(at === undefined ? {} : { place: at }),
          attributes,
        });
      },
      remove: (type, id) => {
        store.remove(type, id, place(type));
      },
      ...(images === undefined ? {} : { imageExists: images }),
    };
  }

  private configuration(peer: string): Values {
    return this.configurations.get(peer) ?? emptyBlock(this.simulation.schema.provider.block);
  }

  private providerConfig(config: DynamicValue | undefined): Values {
    const { block } = this.simulation.schema.provider;
    const values = decodeValue(config, blockType(block));
    return isValues(values) ? values : emptyBlock(block);
  }

  private resource(name: string): Resource {
    const schema = this.simulation.schema.resource_schemas[name];
    const simulation = this.simulation.resources[name];
    if (schema === undefined || simulation === undefined) {
      throw new Error(`the simulation of ${this.simulation.source} has no ${name}`);
    }
    return { name, schema, simulation, type: blockType(schema.block) };
  }

  private isLegacy(name: string): boolean {
    return !isFramework(this.simulation, name);
  }

  private effects(type: string, operation: Operation, values: Values): FaultEffect[] {
    const names = [values["id"], values["name"]].filter((name): name is string => typeof name === "string");
    return strike(this.troubles.source, { type, operation, names });
  }

  /** What faults do before the operation; the diagnostic that stands in its place, if any. */
  private async before(effects: readonly FaultEffect[]): Promise<Diagnostic | undefined> {
    for (const effect of effects) {
      if (effect.kind === "delay") await new Promise((resolve) => setTimeout(resolve, effect.milliseconds));
      if (effect.kind === "refuse") return { severity: "error", summary: effect.message };
    }
    return undefined;
  }

  private after(effects: readonly FaultEffect[]): Diagnostic | undefined {
    if (effects.some(({ kind }) => kind === "crash")) this.troubles.crash();
    const failure = effects.find((effect) => effect.kind === "failAfter");
    return failure === undefined ? undefined : { severity: "error", summary: failure.message };
  }
}

function onWire(diagnostics: readonly Diagnostic[], type: CtyType): object[] {
  return diagnostics.map((diagnostic) => diagnosticOf(diagnostic, type));
}

/** What is still unknown of a plan is the plugin's to say; where it does not, there is nothing. */
function knownOnly(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => isWhollyKnown(value)));
}

/** A state written without a block that the schema has since got lacks it; null is not a collection of blocks. */
function withoutNullBlocks(state: Values, { block }: ResourceSchema): Values {
  const blocks = block.block_types ?? {};
  return Object.fromEntries(
    Object.entries(state).filter(([name, value]) => value !== null || !(name in blocks)),
  );
}
