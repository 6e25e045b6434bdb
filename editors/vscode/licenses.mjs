// Puts the licences of what is bundled beside the bundle.

import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";

const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
const bundled = Object.entries(lock.packages).filter(([place, about]) => place && !about.dev && existsSync(place));
const texts = bundled.map(([place, about]) => {
  const name = readdirSync(place).find((file) => /^licen[cs]e/i.test(file));
  if (name === undefined) throw new Error(`${place} has no licence`);
  return `${place.replace(/^.*node_modules\//, "")} ${about.version}\n\n${readFileSync(`${place}/${name}`, "utf8").trim()}\n`;
});
mkdirSync("dist", { recursive: true });
writeFileSync("dist/THIRD-PARTY.txt", texts.join(`\n${"-".repeat(72)}\n\n`));
