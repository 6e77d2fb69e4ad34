// npm sharp as its documentation shows it, with its defaults: each output is a pipeline of its own from the same bytes,
// which shrinks while it loads. One after another, which takes the least memory. A line tells a picture's path and where
// its outputs go; the answer is the processor's seconds for them.
import { readFile, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import sharp from "sharp";

const WEBP_WIDTHS = [320, 800, 1600];
const AVIF_WIDTH = 1600;

async function outputs(data) {
  const made = {};
  for (const width of WEBP_WIDTHS) {
    made[`${width}.webp`] = await sharp(data).autoOrient().resize({ width }).webp().toBuffer();
  }
  made[`${AVIF_WIDTH}.avif`] = await sharp(data).autoOrient().resize({ width: AVIF_WIDTH }).avif().toBuffer();
  return made;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { source, folder } = JSON.parse(line);
  const before = process.cpuUsage();
  const made = await outputs(await readFile(source));
  const { user, system } = process.cpuUsage(before);
  for (const [name, data] of Object.entries(made)) await writeFile(`${folder}/${name}`, data);
  console.log(JSON.stringify({ seconds: (user + system) / 1e6 }));
}
