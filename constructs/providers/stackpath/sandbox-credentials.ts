/** Nothing real can be reached with these: port 9 of this machine is `discard`. */
export const SANDBOX_CREDENTIALS = {
  stackId: "sandbox",
  clientId: "sandbox",
  clientSecret: "sandbox",
  baseUrl: "https://127.0.0.1:9",
};
