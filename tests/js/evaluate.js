// Reads {"source", "calls": [{"name", "args"}]} on standard input; prints what each call returned, or threw.
// Infinities and NaN, which JSON lacks, travel as {"$number": "Infinity"}.
const { readFileSync } = require("node:fs");

const numbers = { Infinity: Infinity, "-Infinity": -Infinity, NaN: NaN };

function revive(_, value) {
  return value && typeof value === "object" && value.$number in numbers ? numbers[value.$number] : value;
}

function replace(_, value) {
  if (typeof value === "number" && !Number.isFinite(value)) return { $number: String(value) };
  if (ArrayBuffer.isView(value)) return Array.from(value);
  return value;
}

async function main() {
  const { source, calls } = JSON.parse(readFileSync(0, "utf8"), revive);
  const module = await import(`data:text/javascript;charset=utf-8,${encodeURIComponent(source)}`);
  const results = calls.map(({ name, args }) => {
    if (typeof module[name] !== "function") return { thrown: `the module exports no function ${name}` };
    try {
      return { value: module[name](...args) };
    } catch (error) {
      return { thrown: String(error) };
    }
  });
  process.stdout.write(JSON.stringify(results, replace));
}

main();
