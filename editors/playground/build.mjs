// Writes `qgl/play/page/codemirror.js`, and its licences above it. What it was made from stands in its first line, so
// that a test can say when it was not made anew: `npm ci && npm run build`.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const packages = JSON.parse(readFileSync("package-lock.json", "utf8")).packages;
const hash = createHash("sha256");
for (const name of ["codemirror.js", "package-lock.json"]) hash.update(readFileSync(name));

const result = await build({
  entryPoints: ["codemirror.js"], bundle: true, minify: true, format: "esm", target: "es2022", legalComments: "none",
  charset: "utf8", metafile: true, write: false, outfile: "codemirror.js",
});
const used = new Set(Object.keys(result.metafile.inputs)
  .map((path) => path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1]).filter(Boolean));
const licences = new Map();
for (const name of [...used].sort()) {
  const folder = `node_modules/${name}`;
  const file = ["LICENSE", "LICENSE.md"].map((each) => `${folder}/${each}`).find(existsSync);
  if (packages[folder].license !== "MIT" || !file) throw new Error(`what is the licence of ${name}?`);
  const text = readFileSync(file, "utf8").trim();
  licences.set(text, [...(licences.get(text) ?? []), `${name} ${packages[folder].version}`]);
}
const told = [...licences].map(([text, names]) => `${names.join(", ")}:\n\n${text}`).join("\n\n");
const head = `// sha256 of codemirror.js and package-lock.json: ${hash.digest("hex")}\n/*! ${told}\n*/\n`;
writeFileSync("../../qgl/play/page/codemirror.js", head + result.outputFiles[0].text);
