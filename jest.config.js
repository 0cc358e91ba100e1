/** One transform for every suite; the suites differ in folder and in how many run at once. */
const common = {
  testEnvironment: "node",
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      {
        jsc: { parser: { syntax: "typescript" }, target: "es2022", keepClassNames: true },
        module: { type: "commonjs" },
      },
    ],
  },
  // Each test file evaluates its packages anew, so what nothing here uses of them is left out: the zip files of CDKTF's
  // assets, and the languages of Zod's messages.
  moduleNameMapper: {
    "^archiver$": "<rootDir>/tests/left-out.js",
    "^\\.\\./locales/index\\.cjs$": "<rootDir>/tests/left-out.js",
  },
  cacheDirectory: "<rootDir>/.cache/jest",
};

module.exports = {
  // Each test file evaluates cdktf anew and keeps some 15 MB, so a worker is recycled before it grows large.
  workerIdleMemoryLimit: "512MB",
  // Jest's five seconds are short for tests that start programs, where the machine has other work.
  testTimeout: 30_000,
  // Jest leaves one core idle, which is half of a small machine.
  maxWorkers: "100%",
  projects: [
    {
      ...common,
      displayName: "unit",
      roots: ["<rootDir>/tests"],
      testPathIgnorePatterns: ["/tests/e2e/", "/tests/conformance/"],
    },
    { ...common, displayName: "e2e", roots: ["<rootDir>/tests/e2e", "<rootDir>/tests/conformance"] },
  ],
};
