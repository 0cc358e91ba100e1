import { Refusal, type Planning, type Values } from "../../fleet/simulation";
import { blocks, text } from "./simulation-cloud";

/** What the plugin refuses only when it plans, because it depends on more than one attribute (CustomizeDiff). */

/** Which block an action of a type needs. The plugin compares the type as it is written, in lower case. */
const BLOCK_OF_ACTION: { readonly [type: string]: string } = {
  redirect: "redirect",
  "fixed-response": "fixed_response",
  "authenticate-cognito": "authenticate_cognito",
  "authenticate-oidc": "authenticate_oidc",
};

/** @throws Refusal of a listener with an action that lacks what its type needs, or that names two target groups */
export function refuseListener({ config }: Planning): void {
  const problems = blocks(config["default_action"]).flatMap((action, index) =>
    actionProblems(action, `default_action[${String(index)}]`),
  );
  if (problems.length > 0) throw new Refusal(problems.join("\n"));
}

function actionProblems(action: Values, at: string): string[] {
  const type = text(action["type"]);
  const needed = BLOCK_OF_ACTION[type];
  const forwards = blocks(action["forward"]);
  const isMissing =
    type === "forward"
      ? action["target_group_arn"] === null && forwards.length === 0
      : needed !== undefined && blocks(action[needed]).length === 0;
  const either = `Either "${at}.target_group_arn" or "${at}.forward"`;
  const what = type === "forward" ? either : `Attribute "${at}.${needed ?? ""}"`;
  return [
    ...(typeof action["type"] === "string" ? otherTargets(action, forwards) : []).map(() =>
      combination(
        `You can specify both a top-level target group ARN ("${at}.target_group_arn") and, with "${at}.forward", a target group list with ARNs, only if the ARNs match.`,
        at,
      ),
    ),
    ...(isMissing ? [mustBeSpecified(what, `${at}.type`, type)] : []),
  ];
}

/** The target groups of a forward block that are not the one that the action names itself. */
function otherTargets(action: Values, [forward]: readonly Values[]): string[] {
  const own = text(action["target_group_arn"]);
  if (own === "") return [];
  const targets = blocks(forward?.["target_group"]).map(({ arn }) => text(arn));
  return targets.filter((arn) => arn !== "" && arn !== own);
}

const HTTP_LIKE = ["HTTP", "HTTPS"];

/** @throws Refusal of a target group whose health check does not fit it, or that lacks what its targets need */
export function refuseTargetGroup({ config, planned }: Planning): void {
  // What was checked once and is left out now is not looked at again.
  const problem =
    blocks(config["health_check"])
      .map(({ protocol }) => tcpHealthCheck(planned, text(protocol ?? "HTTP")))
      .find((found) => found !== undefined) ?? missingOfTargetType(config, planned);
  if (problem !== undefined) throw new Refusal(problem);
}

function tcpHealthCheck(planned: Values, given: string): string | undefined {
  if (given.toUpperCase() !== "TCP") return undefined;
  const [check = {}] = blocks(planned["health_check"]);
  const at = "health_check[0]";
  const isProtocol = `"${at}.protocol" is "${given}"`;
  for (const name of ["matcher", "path"]) {
    if (text(check[name]) === "") continue;
    return combination(`Attribute "${at}.${name}" cannot be specified when ${isProtocol}.`, `${at}.${name}`);
  }
  const cannot = `Attribute "${at}.protocol" cannot have value "TCP" when`;
  const protocol = text(planned["protocol"]);
  if (HTTP_LIKE.includes(protocol)) return `${cannot} "protocol" is "${protocol}".`;
  const isLambda = planned["target_type"] === "lambda" && given === "TCP";
  return isLambda ? `${cannot} "target_type" is "lambda".` : undefined;
}

function missingOfTargetType(config: Values, planned: Values): string | undefined {
  const type = text(planned["target_type"]);
  const missing = ["port", "protocol", "vpc_id"].find((name) => config[name] === null);
  if (type === "lambda" || missing === undefined) return undefined;
  return mustBeSpecified(`Attribute "${missing}"`, "target_type", type);
}

function mustBeSpecified(what: string, path: string, value: string): string {
  return combination(`${what} must be specified when "${path}" is "${value}".`, path);
}

function combination(detail: string, path: string): string {
  return `Invalid Attribute Combination\n\n${detail}\n\nPath: ${path}`;
}
