// What the reader may set, and between which limits.

export const neuronTraits = ["current", "tau", "threshold", "refractory", "noise", "draw", "compare"];
export const LAST_DRAW = 9999;

export const neuronRules = {
  current: { label: "Current, nA", min: 0, max: 5, step: "any", slide: 0.05 },
  tau: { label: "τ, ms", min: 2, max: 50, step: "any", slide: 0.5 },
  threshold: { label: "Threshold, mV", min: -60, max: -40, step: "any", slide: 0.5 },
  refractory: { label: "Refractory, ms", min: 0.5, max: 10, step: "any", slide: 0.5 },
  noise: { label: "Noise, mV", min: 0, max: 10, step: "any", slide: 0.5 },
};

export const activationNames = { relu: "ReLU", softplus: "softplus", sigmoid: "sigmoid" };
