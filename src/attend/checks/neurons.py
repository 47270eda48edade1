"""Checks for the exercises of chapter 1, neurons, spiking and artificial."""

import numpy as np

from attend.brain import neuron
from attend.checks.judge import Case, CheckResult, judge


def membrane_step(candidate: object) -> CheckResult:
    """Check a function `(voltage, current, step, tau, resistance, rest) -> voltage`, exact for any step."""
    voltage, current = np.array([-65.0, -58.0, -70.0]), np.array([2.0, 0.0, -1.0])
    cell = (20.0, 8.0, -70.0)  # tau, resistance, rest
    target = -70.0 + 8.0 * current
    cases = []
    for step in (0.1, 5.0, 60.0):
        kept = np.exp(-step / 20.0)
        slips = {
            "that is Euler's step, a straight line along the slope; the exact solution bends towards "
            "rest + R·I.": voltage + step / 20.0 * (target - voltage),
            "the membrane moves away from rest + R·I; look at the sign in the exponent.":
                target + (voltage - target) / kept,
            "rest is missing; the voltage heads for rest + R·I.":
                8.0 * current + (voltage - 8.0 * current) * kept,
            "the current is missing; the voltage heads for rest + R·I, not for rest.":
                -70.0 + (voltage + 70.0) * kept,
            "the two shares are swapped; e^(-step/tau) is the share of the old deviation that is left.":
                voltage + (target - voltage) * kept,
            "the current alone moves the voltage; multiply it by the resistance.":
                (-70.0 + current) + (voltage + 70.0 - current) * kept,
        }  # fmt: skip
        right = neuron.membrane_step(voltage, current, step, *cell)
        cases.append(Case(f"a step of {step:g} ms", (voltage, current, step, *cell), right, slips))
    return judge(candidate, cases, "One multiplication, and exact for a step of any length.")


def firing_rate(candidate: object) -> CheckResult:
    """Check a function `(current, tau, resistance, rest, threshold, refractory) -> rate`: the f-I curve."""
    above = np.array([1.6, 2.0, 3.0, 6.0])
    cell = (10.0, 10.0, -65.0, -50.0, 2.0)
    charging = np.log(10.0 * above / (10.0 * above - 15.0))  # in units of tau
    interval = 2.0 + 10.0 * charging
    below = np.array([-1.0, 0.0, 1.0, 1.5, 2.0])
    right = neuron.firing_rate(below, *cell)
    undefined = np.where(below > 1.5, right, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        unchecked = 1000.0 / (2.0 + 10.0 * np.log(10.0 * below / (10.0 * below - 15.0)))
    cases = [
        Case("currents above the rheobase", (above, *cell), 1000.0 / interval,
             {"that is the interval between two spikes; the rate is one over it.": interval,
              "the intervals are in ms, so 1/interval is in kHz; multiply by 1000.": 1.0 / interval,
              "the refractory time is missing; it is part of every interval.": 1000.0 / (10.0 * charging),
              "the logarithm is upside down: RI stands above RI minus the gap.":
              1000.0 / (2.0 - 10.0 * charging),
              "tau is missing; it sets how long the charging takes.": 1000.0 / (2.0 + charging),
              "that is the logarithm to base 10; the membrane charges with base e, np.log.":
              1000.0 / (2.0 + 10.0 * charging / np.log(10.0))}),
        Case("currents from -1 to 2 nA", (below, *cell), right,
             {"up to the rheobase the neuron is silent, so the rate is 0 there, not nan.": undefined,
              "the formula holds above the rheobase only; the rate is 0 there and below.": unchecked}),
        Case("another neuron", (above, 30.0, 20.0, -70.0, -40.0, 0.0),
             neuron.firing_rate(above, 30.0, 20.0, -70.0, -40.0, 0.0)),
    ]  # fmt: skip
    return judge(candidate, cases, "Silent up to the rheobase, then steep, then bent by the refractory time.")


def separate_signs(candidate: object) -> CheckResult:
    """Check a function `weights -> weights`: `[max(W, 0), min(W, 0)]`, each column of one sign."""
    weights = np.array([[0.5, -2.0, 0.0], [-1.0, -0.3, 4.0]])
    right = neuron.separate_signs(weights)
    cases = [
        Case("2 receivers and 3 senders", (weights,), right,
             {"the inhibitory copies send positive weights; keep the sign: min(W, 0).": np.abs(right),
              "the inhibitory half comes second.": right[:, [3, 4, 5, 0, 1, 2]],
              "each sender's two copies stand side by side; put all excitatory ones first.":
              right[:, [0, 3, 1, 4, 2, 5]]}),
        Case("one receiver and 4 senders", (np.array([[1.0, -1.0, 2.0, -2.0]]),),
             neuron.separate_signs(np.array([[1.0, -1.0, 2.0, -2.0]]))),
    ]  # fmt: skip
    return judge(candidate, cases, "Twice the senders, the same sums, and each sender keeps to one sign.")
