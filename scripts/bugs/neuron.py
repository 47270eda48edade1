"""Bugs in neurons, spiking and artificial, and in the checks of their chapter's exercises."""

from scripts.bugs import Bug

N, C = "brain/neuron.py", "checks/neurons.py"
TESTS = {N: "tests/unit/test_neuron.py", C: "tests/unit/test_checks_neurons.py"}

BUGS = [
    # membrane
    Bug("membrane runs away", N, "np.exp(-elapsed / tau)", "np.exp(elapsed / tau)"),
    Bug("Euler instead of the exact step", N, "np.exp(-elapsed / tau)", "(1 - elapsed / tau)"),
    Bug("a step forgets rest", N,
        "return _relax(voltage, rest + resistance * current, step, tau)",
        "return _relax(voltage, resistance * current, step, tau)"),
    Bug("the simulation forgets the resistance", N,
        "target_voltage = rest + resistance * current", "target_voltage = rest + 10.0 * current"),
    Bug("the membrane starts at zero", N, "np.full(len(drive), float(rest))", "np.zeros(len(drive))"),
    # spikes
    Bug("spikes on the grid", N, "+ (step - left) + wait", "+ step"),
    Bug("a spike forgets the silence before it", N, "+ (step - left) + wait", "+ wait"),
    Bug("spikes count steps from one", N, "= t * step +", "= (t + 1) * step +"),
    Bug("no refractory time", N, "recovered = left - wait - refractory", "recovered = left - wait"),
    Bug("silence begins with the step", N,
        "recovered = left - wait - refractory", "recovered = left - refractory"),
    Bug("silence ends with the step", N,
        "np.maximum(silent - step, 0.0)\n", "np.zeros_like(silent)\n"),
    Bug("silence never ends", N, "silent = np.maximum(silent - step, 0.0)", "silent = silent * 1.0"),
    Bug("recovery within a step is lost", N,
        "v[fired] = _relax(rest, to, np.maximum(recovered, 0.0), tau)", "v[fired] = rest"),
    Bug("all neurons reset when one fires", N,
        "v[fired] = _relax(rest, to, np.maximum(recovered, 0.0), tau)", "v[:] = rest"),
    Bug("reset to the threshold", N,
        "v[fired] = _relax(rest, to, np.maximum(recovered, 0.0), tau)",
        "v[fired] = _relax(threshold - 1e-6, to, np.maximum(recovered, 0.0), tau)"),
    Bug("a second spike in one step goes unseen", N, "if (v[fired] >= threshold).any():", "if False:"),
    Bug("the current's type is lost", N, "np.empty_like(drive), np", "np.empty(drive.shape), np"),
    Bug("a batch's axes are mixed", N,
        "drive = target_voltage.reshape(-1, current.shape[-1])",
        'drive = target_voltage.reshape((-1, current.shape[-1]), order="F")'),
    # noise
    Bug("noise as strong as its samples", N, "math.sqrt((1 + left) / (1 - left))", "1.0"),
    Bug("noise forgets half", N, "math.sqrt((1 + left) / (1 - left))", "math.sqrt(1 / (1 - left))"),
    Bug("noise forgets the resistance", N, "return spread / resistance *", "return spread / 10.0 *"),
    # rates
    Bug("spikes instead of intervals", N,
        "np.maximum(is_spike.sum(axis=-1) - 1, 0)", "is_spike.sum(axis=-1)"),
    Bug("no spike is minus one interval", N,
        "np.maximum(is_spike.sum(axis=-1) - 1, 0)", "is_spike.sum(axis=-1) - 1"),
    Bug("rate in kHz", N, "1000.0 * intervals /", "intervals /"),
    Bug("the rate counts from the start", N, "last - first, 1.0)", "last, 1.0)"),
    Bug("rheobase without rest", N,
        "return (threshold - rest) / resistance", "return -threshold / resistance"),
    Bug("f-I curve without refractory time", N,
        "interval = refractory + tau * np.log", "interval = tau * np.log"),
    Bug("logarithm upside down", N, "np.log(push / (push - gap))", "np.log((push - gap) / push)"),
    Bug("fires at the rheobase", N, "fires = push > gap", "fires = push >= gap"),
    Bug("rheobase measured from zero", N, "gap = threshold - rest\n", "gap = -threshold\n"),
    # Siegert
    Bug("spread taken for sigma", N,
        "from_rest = -resistance * current[..., None] / (math.sqrt(2) * spread)",
        "from_rest = -resistance * current[..., None] / spread"),
    Bug("noisy rate without refractory time", N,
        "1000.0 / (refractory + tau * log_step", "1000.0 / (tau * log_step"),
    Bug("the integral forgets its step", N, "tau * log_step * integrand", "tau * integrand"),
    Bug("the integral starts too late", N, "np.arange(-220, 36)", "np.arange(-60, 36)"),
    Bug("the integral stops too soon", N, "np.arange(-220, 36)", "np.arange(-220, 8)"),
    Bug("no noise divides by zero", N, "if spread == 0:", "if False:"),
    # artificial neurons
    Bug("one input too many", N,
        "excitatory.sum(axis=-1) >= threshold", "excitatory.sum(axis=-1) > threshold"),
    Bug("a veto only from all", N, "~inhibitory.any(axis=-1)", "~inhibitory.all(axis=-1)"),
    Bug("inhibition subtracts", N,
        "np.asarray(enough & ~inhibitory.any(axis=-1))",
        "np.asarray(excitatory.sum(axis=-1) - inhibitory.sum(axis=-1) >= threshold)"),
    Bug("perceptron fires above zero only", N, "inputs @ weights + bias >= 0", "inputs @ weights + bias > 0"),
    Bug("perceptron subtracts its bias", N, "inputs @ weights + bias >= 0", "inputs @ weights - bias >= 0"),
    Bug("sigmoid half as steep", N, "np.tanh(0.5 * x)", "np.tanh(0.25 * x)"),
    Bug("ReLU is the absolute value", N, "np.maximum(x, 0.0)", "np.abs(x)"),
    Bug("softplus with base 2", N, "np.logaddexp(0.0, x)", "np.logaddexp2(0.0, x)"),
    # fits
    Bug("the fit forgets its scale", N, "(scales[:, None] * shapes - rate)", "(shapes - rate)"),
    Bug("the fit narrows too soon", N, "if not at_edge:", "if True:"),
    Bug("the fit stops at once", N, "if reach < narrow:", "if reach < 1e5 * narrow:"),
    Bug("the worst fit", N, "** 2).sum(axis=-1).argmin()", "** 2).sum(axis=-1).argmax()"),
    Bug("a ReLU's width wanders", N, "if has_width else 1.0", "if True else 1.0"),
    # weights
    Bug("inhibition turns positive", N, "np.minimum(weights, 0.0)]", "-np.minimum(weights, 0.0)]"),
    Bug("copies beneath each other", N, "np.minimum(weights, 0.0)], axis=1)",
        "np.minimum(weights, 0.0)], axis=0)"),
    # bad input
    Bug("a threshold at rest goes through", N, "if threshold <= rest:", "if threshold < rest:"),
    Bug("a negative refractory time goes through", N, 'check_not_negative("refractory", refractory)', "pass"),
    # checks of the exercises
    Bug("check: Euler passes for short steps", C, "for step in (0.1, 5.0, 60.0):", "for step in (1e-9,):"),
    Bug("check: any neuron is the default one", C, "(above, 30.0, 20.0, -70.0, -40.0, 0.0),\n",
        "(above, *cell),\n"),
]  # fmt: skip
