// Each line read is {"source", "calls": [{"name", "args"}]}; each line written tells what the calls returned or
// threw. Infinities and NaN, which JSON lacks, travel as {"$number": "Infinity"}.
const readline = require("node:readline");

const numbers = { Infinity: Infinity, "-Infinity": -Infinity, NaN: NaN };

function revive(_, value) {
  return value && typeof value === "object" && value.$number in numbers ? numbers[value.$number] : value;
}

function replace(_, value) {
  if (typeof value === "number" && !Number.isFinite(value)) return { $number: String(value) };
  if (ArrayBuffer.isView(value)) return Array.from(value);
  return value;
}

async function answer(line) {
  const { source, calls } = JSON.parse(line, revive);
  const module = await import(`data:text/javascript;charset=utf-8,${encodeURIComponent(source)}`);
  return calls.map(({ name, args }) => {
    if (typeof module[name] !== "function") return { thrown: `the module exports no function ${name}` };
    try {
      return { value: module[name](...args) };
    } catch (error) {
      return { thrown: String(error) };
    }
  });
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const results = await answer(line).catch((error) => ({ failed: String(error) }));
    process.stdout.write(`${JSON.stringify(results, replace)}\n`);
  }
}

main();
