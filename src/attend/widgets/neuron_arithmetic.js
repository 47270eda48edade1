// A leaky integrate-and-fire neuron as numbers: its voltage and spikes, its f-I curve, activations fitted to that.
// No words, no page. Units: mV, ms, nA, MΩ, Hz.
import { uniformDraws } from "./draws.js";

export const STEP = 0.1;
export const STEPS = 2500;
export const RESISTANCE = 10;
export const REST = -65;
export const MOST_CURRENT = 5;
const CURVE_POINTS = 101;

function relax(voltage, target, elapsed, tau) {
  return target + (voltage - target) * Math.exp(-elapsed / tau);
}

// The voltage at the end of each step and the moments of the spikes. Exact while the current stays the same: the
// moment at which the voltage crosses the threshold is solved for, not rounded to a step.
export function integrateAndFire(current, { tau, threshold, refractory }) {
  const voltage = new Float64Array(current.length);
  const spikes = [];
  let v = REST;
  let silent = 0;
  for (let t = 0; t < current.length; t++) {
    const target = REST + RESISTANCE * current[t];
    const free = Math.min(Math.max(STEP - silent, 0), STEP);
    silent = Math.max(silent - STEP, 0);
    const before = v;
    v = relax(v, target, free, tau);
    if (v >= threshold && target > threshold) {
      const wait = Math.min(tau * Math.log((target - before) / (target - threshold)), free);
      spikes.push(t * STEP + (STEP - free) + wait);
      const recovered = free - wait - refractory;
      silent = Math.max(-recovered, 0);
      v = relax(REST, target, Math.max(recovered, 0), tau);
    }
    voltage[t] = v;
  }
  return { voltage, spikes };
}

// How strong a current, drawn anew in each step, makes the idle membrane jitter by `noise` mV.
export function noiseSize(noise, tau) {
  const left = Math.exp(-STEP / tau);
  return (noise / RESISTANCE) * Math.sqrt((1 + left) / (1 - left));
}

// Normally distributed numbers, the same as Python's: evenly spread ones, then Box and Muller (1958).
export function normalDraws(count, draw) {
  const uniform = uniformDraws(count + (count % 2), draw);
  const normals = new Float64Array(count);
  for (let i = 0; i < count; i += 2) {
    const length = Math.sqrt(-2 * Math.log(uniform[i]));
    const angle = 2 * Math.PI * uniform[i + 1];
    normals[i] = length * Math.cos(angle);
    if (i + 1 < count) normals[i + 1] = length * Math.sin(angle);
  }
  return normals;
}

export function traceOf(state) {
  const size = noiseSize(state.noise, state.tau);
  const normals = size === 0 ? new Float64Array(STEPS) : normalDraws(STEPS, state.draw);
  return integrateAndFire(normals.map((normal) => state.current + size * normal), state);
}

export function rheobaseOf({ threshold }) {
  return (threshold - REST) / RESISTANCE;
}

function steadyRate(current, { tau, threshold, refractory }) {
  const push = RESISTANCE * current;
  const gap = threshold - REST;
  return push > gap ? 1000 / (refractory + tau * Math.log(push / (push - gap))) : 0;
}

const LOG_STEP = 0.1;
const NODES = Float64Array.from({ length: 256 }, (_, n) => Math.exp(LOG_STEP * (n - 220)));

// The mean rate under a current with noise: Siegert's formula as one integral, by the trapezoidal rule in ln r.
export function meanRate(current, state) {
  if (state.noise === 0) return steadyRate(current, state);
  const scale = Math.SQRT2 * state.noise;
  const fromRest = (-RESISTANCE * current) / scale;
  const fromThreshold = fromRest + (state.threshold - REST) / scale;
  let sum = 0;
  for (const r of NODES) sum += Math.exp(r * (2 * fromThreshold - r)) * -Math.expm1(r * 2 * (fromRest - fromThreshold));
  return 1000 / (state.refractory + state.tau * LOG_STEP * sum);
}

export const activations = {
  relu: (x) => Math.max(x, 0),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  sigmoid: (x) => 0.5 * (1 + Math.tanh(0.5 * x)),
};

// { scale, middle, width } with which an activation lies closest to the curve; the search that Python makes.
export function fitActivation(current, rate, name) {
  const activation = activations[name];
  const hasWidth = name !== "relu"; // a ReLU stretched sideways is a ReLU stretched upwards
  const low = Math.min(...current);
  let reach = Math.max(...current) - low;
  const [narrow, sharpest] = [1e-6 * reach, 1e-3 * reach];
  let best = { scale: 0, middle: low + reach / 2, width: hasWidth ? reach / 8 : 1 };
  const shape = new Float64Array(current.length);
  let octaves = hasWidth ? 3 : 0;
  reach /= 2;
  for (let round = 0; round < 200 && reach >= narrow; round++) {
    const { middle, width } = best;
    let least = Infinity;
    let atEdge = false;
    for (const right of [-1, -0.5, 0, 0.5, 1]) {
      for (const wider of hasWidth ? [-1, -0.5, 0, 0.5, 1] : [0]) {
        const tried = { middle: middle + reach * right, width: Math.max(width * 2 ** (octaves * wider), sharpest) };
        let [size, overlap] = [0, 0];
        for (let n = 0; n < current.length; n++) {
          shape[n] = activation((current[n] - tried.middle) / tried.width);
          size += shape[n] * shape[n];
          overlap += shape[n] * rate[n];
        }
        const scale = overlap / (size > 0 ? size : 1);
        let error = 0;
        for (let n = 0; n < current.length; n++) error += (scale * shape[n] - rate[n]) ** 2;
        if (error < least) {
          least = error;
          best = { scale, ...tried };
          atEdge = Math.abs(right) === 1 || (Math.abs(wider) === 1 && tried.width > sharpest);
        }
      }
    }
    if (!atEdge) {
      reach /= 2;
      octaves /= 2;
    }
  }
  return best;
}

export function fittedRate(current, name, { scale, middle, width }) {
  return scale * activations[name]((current - middle) / width);
}

let lastCurve = { key: "", curve: null };

// The f-I curve and each activation fitted to it with its root mean square error. They do not depend on the chosen
// current, so the last ones are kept while that is dragged.
export function curveOf(state) {
  const key = JSON.stringify([state.tau, state.threshold, state.refractory, state.noise]);
  if (lastCurve.key !== key) {
    const current = Array.from({ length: CURVE_POINTS }, (_, n) => n / 20);
    const rate = current.map((i) => meanRate(i, state));
    const fits = Object.fromEntries(
      Object.keys(activations).map((name) => {
        const fit = fitActivation(current, rate, name);
        const errors = current.map((i, n) => fittedRate(i, name, fit) - rate[n]);
        const off = Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length);
        return [name, { ...fit, off }];
      }),
    );
    lastCurve = { key, curve: { current, rate, fits } };
  }
  return lastCurve.curve;
}
