# Answers of imagined students to assignment 03, and what each must get. tests/test_assignments.py grades them.

# %% exercise="mend_the_preparation" points=2.67 what="scales with the whole series" says="Which of its values are unknown"
def prepare(values, length):
    cut = int(0.8 * len(values))
    scaled = (values - values.mean()) / values.std()
    windows, targets = sliding_window_view(scaled, length)[:-1], scaled[length:]
    first_test = cut - length
    return windows[:first_test, :, None], targets[:first_test], windows[first_test:, :, None], targets[first_test:]


# %% exercise="mend_the_preparation" points=2.67 what="leaves the target in its window" says="Where does the target stand"
def prepare(values, length):
    cut = int(0.8 * len(values))
    scaled = (values - values[:cut].mean()) / values[:cut].std()
    windows, targets = sliding_window_view(scaled, length)[1:], scaled[length:]
    first_test = cut - length
    return windows[:first_test, :, None], targets[:first_test], windows[first_test:, :, None], targets[first_test:]


# %% exercise="mend_the_preparation" points=2.67 what="goes on shuffling before the split" says="training values on both sides"
def prepare(values, length):
    cut = int(0.8 * len(values))
    scaled = (values - values[:cut].mean()) / values[:cut].std()
    windows, targets = sliding_window_view(scaled, length)[:-1], scaled[length:]
    order = np.random.default_rng(0).permutation(len(targets))
    windows, targets = windows[order], targets[order]
    first_test = cut - length
    return windows[:first_test, :, None], targets[:first_test], windows[first_test:, :, None], targets[first_test:]


# %% exercise="mend_the_preparation" points=2.67 what="makes windows within each part, and loses test targets" says="Which ones are missing"
def prepare(values, length):
    cut = int(0.8 * len(values))
    scaled = (values - values[:cut].mean()) / values[:cut].std()
    arrays = []
    for part in (scaled[:cut], scaled[cut:]):
        arrays += [sliding_window_view(part, length)[:-1, :, None], part[length:]]
    return arrays


# %% exercise="mend_the_preparation" points=2.67 what="leaves a step between window and target" says="Does the target follow at once"
def prepare(values, length):
    cut = int(0.8 * len(values))
    scaled = (values - values[:cut].mean()) / values[:cut].std()
    padded = np.concatenate([[scaled[0] - 1], scaled])
    windows, targets = sliding_window_view(padded, length)[:-2], scaled[length:]
    first_test = cut - length
    return windows[:first_test, :, None], targets[:first_test], windows[first_test:, :, None], targets[first_test:]


# %% exercise="mend_the_preparation" points=4 what="shuffles the training windows after the split, in lists and float32"
def prepare(values, length):
    cut = len(values) * 4 // 5
    low, spread = np.mean(values[:cut]), np.std(values[:cut])
    scaled = ((values - low) / spread).astype("float32")
    train = [(scaled[t - length : t].reshape(-1, 1), scaled[t]) for t in range(length, cut)]
    test = [(scaled[t - length : t].reshape(-1, 1), scaled[t]) for t in range(cut, len(values))]
    np.random.default_rng(1).shuffle(train)
    return tuple(np.array([pair[place] for pair in part]) for part in (train, test) for place in (0, 1))


# %% exercise="gated_unit" points=0 what="takes the update gate the other way round" says="should the state stay or change"
def gru(x, W, U, b):
    h, states = np.zeros(len(U)), []
    (W_z, W_r, W_g), (U_z, U_r, U_g), (b_z, b_r, b_g) = np.split(W, 3, 1), np.split(U, 3, 1), np.split(b, 3)
    for x_t in x:
        z, r = sigmoid(x_t @ W_z + h @ U_z + b_z), sigmoid(x_t @ W_r + h @ U_r + b_r)
        h = (1 - z) * h + z * np.tanh(x_t @ W_g + (r * h) @ U_g + b_g)
        states.append(h)
    return np.array(states)


# %% exercise="gated_unit" points=1.5 what="forgets the reset gate" says="Where does $r$ come in"
def gru(x, W, U, b):
    h, states = np.zeros(len(U)), []
    (W_z, _, W_g), (U_z, _, U_g), (b_z, _, b_g) = np.split(W, 3, 1), np.split(U, 3, 1), np.split(b, 3)
    for x_t in x:
        z = sigmoid(x_t @ W_z + h @ U_z + b_z)
        h = z * h + (1 - z) * np.tanh(x_t @ W_g + h @ U_g + b_g)
        states.append(h)
    return np.array(states)


# %% exercise="gated_unit" points=1.5 what="resets after the weights, as Keras does by default" says="or with what $U_g$ made of it"
def gru(x, W, U, b):
    h, states = np.zeros(len(U)), []
    (W_z, W_r, W_g), (U_z, U_r, U_g), (b_z, b_r, b_g) = np.split(W, 3, 1), np.split(U, 3, 1), np.split(b, 3)
    for x_t in x:
        z, r = sigmoid(x_t @ W_z + h @ U_z + b_z), sigmoid(x_t @ W_r + h @ U_r + b_r)
        h = z * h + (1 - z) * np.tanh(x_t @ W_g + r * (h @ U_g) + b_g)
        states.append(h)
    return np.array(states)


# %% exercise="gated_unit" points=0 what="takes the gates in another order" says="In which order do the three parts stand"
def gru(x, W, U, b):
    h, states = np.zeros(len(U)), []
    (W_r, W_z, W_g), (U_r, U_z, U_g), (b_r, b_z, b_g) = np.split(W, 3, 1), np.split(U, 3, 1), np.split(b, 3)
    for x_t in x:
        z, r = sigmoid(x_t @ W_z + h @ U_z + b_z), sigmoid(x_t @ W_r + h @ U_r + b_r)
        h = z * h + (1 - z) * np.tanh(x_t @ W_g + (r * h) @ U_g + b_g)
        states.append(h)
    return np.array(states)


# %% exercise="gated_unit" points=0 what="returns the last state only" says="the states after every step are wanted"
def gru(x, W, U, b):
    h = np.zeros(len(U))
    (W_z, W_r, W_g), (U_z, U_r, U_g), (b_z, b_r, b_g) = np.split(W, 3, 1), np.split(U, 3, 1), np.split(b, 3)
    for x_t in x:
        z, r = sigmoid(x_t @ W_z + h @ U_z + b_z), sigmoid(x_t @ W_r + h @ U_r + b_r)
        h = z * h + (1 - z) * np.tanh(x_t @ W_g + (r * h) @ U_g + b_g)
    return h


# %% exercise="gated_unit" points=3 what="hands its weights to Keras"
def gru(x, W, U, b):
    layer = layers.GRU(len(U), return_sequences=True, reset_after=False, dtype="float64")
    layer.build((None, None, x.shape[1]))
    layer.set_weights([W, U, b])
    return layer(x[None])[0]


# %% exercise="gated_unit" points=3 what="number by number, in lists"
def gru(x, W, U, b):
    n = len(U)
    h, states = [0.0] * n, []
    for x_t in x:
        into = [sum(x_t[i] * W[i, k] for i in range(len(x_t))) + b[k] for k in range(3 * n)]
        z, r = (
            [1 / (1 + np.exp(-into[k + u] - sum(h[v] * U[v, k + u] for v in range(n)))) for u in range(n)]
            for k in (0, n)
        )
        g = [np.tanh(into[2 * n + u] + sum(r[v] * h[v] * U[v, 2 * n + u] for v in range(n))) for u in range(n)]
        h = [z[u] * h[u] + (1 - z[u]) * g[u] for u in range(n)]
        states.append(h)
    return states


# %% exercise="through_time" points=1.33 what="looks at the last step only" says="how does the error get there"
def gradients(x, target, W_xh, W_hh, b_h):
    states = rnn(x, W_xh, W_hh, b_h)
    before = states[-2] if len(states) > 1 else 0 * b_h
    d_z = (states[-1] - target) * (1 - states[-1] ** 2)
    return np.outer(x[-1], d_z), np.outer(before, d_z), d_z


# %% exercise="through_time" points=1.33 what="does not turn W_hh round" says="Which axis of `W_hh`"
def gradients(x, target, W_xh, W_hh, b_h):
    states = np.vstack([0 * b_h, rnn(x, W_xh, W_hh, b_h)])
    d_W_xh, d_W_hh, d_b, d_h = 0 * W_xh, 0 * W_hh, 0 * b_h, states[-1] - target
    for t in range(len(x), 0, -1):
        d_z = d_h * (1 - states[t] ** 2)
        d_W_xh, d_W_hh, d_b = d_W_xh + np.outer(x[t - 1], d_z), d_W_hh + np.outer(states[t - 1], d_z), d_b + d_z
        d_h = d_z @ W_hh
    return d_W_xh, d_W_hh, d_b


# %% exercise="through_time" points=2.67 what="multiplies with the state that comes out" says="the one that comes in"
def gradients(x, target, W_xh, W_hh, b_h):
    states = np.vstack([0 * b_h, rnn(x, W_xh, W_hh, b_h)])
    d_W_xh, d_W_hh, d_b, d_h = 0 * W_xh, 0 * W_hh, 0 * b_h, states[-1] - target
    for t in range(len(x), 0, -1):
        d_z = d_h * (1 - states[t] ** 2)
        d_W_xh, d_W_hh, d_b = d_W_xh + np.outer(x[t - 1], d_z), d_W_hh + np.outer(states[t], d_z), d_b + d_z
        d_h = d_z @ W_hh.T
    return d_W_xh, d_W_hh, d_b


# %% exercise="through_time" points=1.33 what="forgets tanh at the earlier steps" says="the weights or tanh"
def gradients(x, target, W_xh, W_hh, b_h):
    states = np.vstack([0 * b_h, rnn(x, W_xh, W_hh, b_h)])
    d_W_xh, d_W_hh, d_b = 0 * W_xh, 0 * W_hh, 0 * b_h
    d_z = (states[-1] - target) * (1 - states[-1] ** 2)
    for t in range(len(x), 0, -1):
        d_W_xh, d_W_hh, d_b = d_W_xh + np.outer(x[t - 1], d_z), d_W_hh + np.outer(states[t - 1], d_z), d_b + d_z
        d_z = d_z @ W_hh.T
    return d_W_xh, d_W_hh, d_b


# %% exercise="through_time" points=0.44 what="turns the sign round" says="is the derivative by that state positive or negative"
def gradients(x, target, W_xh, W_hh, b_h):
    states = np.vstack([0 * b_h, rnn(x, W_xh, W_hh, b_h)])
    d_W_xh, d_W_hh, d_b, d_h = 0 * W_xh, 0 * W_hh, 0 * b_h, target - states[-1]
    for t in range(len(x), 0, -1):
        d_z = d_h * (1 - states[t] ** 2)
        d_W_xh, d_W_hh, d_b = d_W_xh + np.outer(x[t - 1], d_z), d_W_hh + np.outer(states[t - 1], d_z), d_b + d_z
        d_h = d_z @ W_hh.T
    return d_W_xh, d_W_hh, d_b


# %% exercise="through_time" points=4 what="carries the derivatives of the state forward"
def gradients(x, target, W_xh, W_hh, b_h):
    weights, units = [W_xh, W_hh, b_h], len(b_h)
    h, slopes = np.zeros(units), [np.zeros((units, *w.shape)) for w in weights]
    for x_t in x:
        direct = [np.einsum("i,uv->uiv", x_t, np.eye(units)), np.einsum("i,uv->uiv", h, np.eye(units)), np.eye(units)]
        h = np.tanh(x_t @ W_xh + h @ W_hh + b_h)
        slopes = [
            np.einsum("u,u...->u...", 1 - h**2, d + np.tensordot(W_hh.T, s, axes=1))
            for d, s in zip(direct, slopes, strict=True)
        ]
    return [np.tensordot(h - target, s, axes=1) for s in slopes]


# %% exercise="through_time" points=4 what="asks TensorFlow"
def gradients(x, target, W_xh, W_hh, b_h):
    import tensorflow as tf

    weights = [tf.Variable(w) for w in (W_xh, W_hh, b_h)]
    with tf.GradientTape() as tape:
        h = tf.zeros((1, len(b_h)), "float64")
        for x_t in x:
            h = tf.tanh(x_t[None] @ weights[0] + h @ weights[1] + weights[2])
        loss = tf.reduce_sum((h[0] - target) ** 2) / 2
    return [tf.convert_to_tensor(slope) for slope in tape.gradient(loss, weights)]


# %% exercise="build_labeller" points=0.5 what="answers once a sequence" says="answers once a sequence"
def build_labeller():
    return keras.Sequential([keras.Input((None, 5)), layers.LSTM(32), layers.Dense(10, activation="softmax")])


# %% exercise="build_labeller" points=1.5 what="reads in both directions" says="From which directions does it read"
def build_labeller():
    both = layers.Bidirectional(layers.LSTM(16, return_sequences=True))
    return keras.Sequential([keras.Input((None, 5)), both, layers.Dense(10, activation="softmax")])


# %% exercise="build_labeller" points=2.5 what="gives no probabilities" says="ten positive numbers with the sum 1"
def build_labeller():
    return keras.Sequential([keras.Input((None, 5)), layers.LSTM(32, return_sequences=True), layers.Dense(10)])


# %% exercise="build_labeller" points=2.5 what="takes a GRU" says="Which one have you taken"
def build_labeller():
    recurrent = layers.GRU(32, return_sequences=True)
    return keras.Sequential([keras.Input((None, 5)), recurrent, layers.Dense(10, activation="softmax")])


# %% exercise="build_labeller" points=2 what="labels each step by itself, with dense layers" says="quadratic equation"
def build_labeller():
    hidden = layers.Dense(64, activation="relu")
    return keras.Sequential([keras.Input((None, 5)), hidden, layers.Dense(10, activation="softmax")])


# %% exercise="build_labeller" points=3 what="a model with its own call, softmax apart"
def build_labeller():
    class Labeller(keras.Model):
        def __init__(self):
            super().__init__()
            self.cell = layers.RNN(layers.LSTMCell(32), return_sequences=True)
            self.scores = layers.TimeDistributed(layers.Dense(10))

        def call(self, x):
            return keras.ops.softmax(self.scores(self.cell(x)), axis=-1)

    network = Labeller()
    network(np.zeros((1, 1, 5), "float32"))
    return network


# %% exercise="honest_rival" points=0.75 what="copies values that are not yet known" says="been measured yet"
def honest_rival(values, validation, test, horizon, lags):
    def error(lag, part):
        return np.mean([abs(values[t] - values[t - lag]) for t in range(*part)])

    best = min(lags, key=lambda lag: error(lag, validation))
    return best, error(best, test)


# %% exercise="honest_rival" points=1.5 what="chooses on the test part" says="worth as an estimate after that"
def honest_rival(values, validation, test, horizon, lags):
    def error(lag, part):
        return np.mean([abs(values[t] - values[t - lag]) for t in range(*part)])

    best = min((lag for lag in lags if lag >= horizon), key=lambda lag: error(lag, test))
    return best, error(best, test)


# %% exercise="honest_rival" points=1.5 what="reports the validation error" says="Which one goes into the report"
def honest_rival(values, validation, test, horizon, lags):
    def error(lag, part):
        return np.mean([abs(values[t] - values[t - lag]) for t in range(*part)])

    best = min((lag for lag in lags if lag >= horizon), key=lambda lag: error(lag, validation))
    return best, error(best, validation)


# %% exercise="honest_rival" points=1.5 what="leaves out the lag that is known just in time" says="whether it is known in time"
def honest_rival(values, validation, test, horizon, lags):
    def error(lag, part):
        return np.mean([abs(values[t] - values[t - lag]) for t in range(*part)])

    best = min((lag for lag in lags if lag > horizon), key=lambda lag: error(lag, validation), default=0)
    return best, error(best, test)


# %% exercise="honest_rival" points=3 what="a table of all lags, masked"
def honest_rival(values, validation, test, horizon, lags):
    lags = np.array(lags)
    parts = [np.arange(*part) for part in (validation, test)]
    on_validation, on_test = (np.abs(values[t] - values[t - lags[:, None]]).mean(axis=1) for t in parts)
    on_validation[lags < horizon] = np.inf
    place = on_validation.argmin()
    return lags[place], on_test[place]


# %% exercise="leaking_columns" points=1.09 what="forgets the row of the origin" says="Which is the last row that may know only"
def leaking_columns(make_inputs, series, origin, rng):
    changed = {name: values.astype(float) for name, values in series.items()}
    for name in ("demand", "temperature"):
        changed[name][origin:] = rng.normal(size=len(changed[name]) - origin)
    before, after = make_inputs(series)[:origin], make_inputs(changed)[:origin]
    same = (before == after) | np.isnan(before)
    return np.flatnonzero(~same.all(axis=0))


# %% exercise="leaking_columns" points=0.36 what="replaces the demand only" says="what somebody must measure first"
def leaking_columns(make_inputs, series, origin, rng):
    demand = series["demand"].copy()
    demand[origin:] = rng.normal(size=len(demand) - origin)
    before = make_inputs(series)[: origin + 1]
    after = make_inputs({**series, "demand": demand})[: origin + 1]
    same = (before == after) | np.isnan(before)
    return np.flatnonzero(~same.all(axis=0))


# %% exercise="leaking_columns" points=1.09 what="replaces the calendar as well" says="Is the calendar of tomorrow known today"
def leaking_columns(make_inputs, series, origin, rng):
    changed = {name: values.astype(float) for name, values in series.items()}
    for values in changed.values():
        values[origin:] = rng.normal(size=len(values) - origin)
    before, after = make_inputs(series)[: origin + 1], make_inputs(changed)[: origin + 1]
    same = (before == after) | np.isnan(before)
    return np.flatnonzero(~same.all(axis=0))


# %% exercise="leaking_columns" points=1.09 what="takes NaN for a change" says="What does `np.nan == np.nan` say"
def leaking_columns(make_inputs, series, origin, rng):
    changed = {name: values.astype(float) for name, values in series.items()}
    for name in ("demand", "temperature"):
        changed[name][origin:] = rng.normal(size=len(changed[name]) - origin)
    before, after = make_inputs(series)[: origin + 1], make_inputs(changed)[: origin + 1]
    return np.flatnonzero((before != after).any(axis=0))


# %% exercise="leaking_columns" points=0.36 what="compares all rows" says="Which rows do you compare"
def leaking_columns(make_inputs, series, origin, rng):
    changed = {name: values.astype(float) for name, values in series.items()}
    for name in ("demand", "temperature"):
        changed[name][origin:] = rng.normal(size=len(changed[name]) - origin)
    before, after = make_inputs(series), make_inputs(changed)
    same = (before == after) | np.isnan(before)
    return np.flatnonzero(~same.all(axis=0))


# %% exercise="leaking_columns" points=3.64 what="overwrites the series" says="an array that somebody else still uses"
def leaking_columns(make_inputs, series, origin, rng):
    before = make_inputs(series)[: origin + 1]
    for name in ("demand", "temperature"):
        series[name][origin:] = rng.normal(size=len(series[name]) - origin)
    after = make_inputs(series)[: origin + 1]
    same = (before == after) | np.isnan(before)
    return np.flatnonzero(~same.all(axis=0))


# %% exercise="leaking_columns" points=3.27 what="overlooks small changes" says="A leak can be small"
def leaking_columns(make_inputs, series, origin, rng):
    changed = {name: values.astype(float) for name, values in series.items()}
    for name in ("demand", "temperature"):
        changed[name][origin:] = rng.normal(size=len(changed[name]) - origin)
    before, after = make_inputs(series)[: origin + 1], make_inputs(changed)[: origin + 1]
    return np.flatnonzero(~np.isclose(before, after, equal_nan=True).all(axis=0))


# %% exercise="leaking_columns" points=4 what="column by column, comparing bytes, with permuted noise"
def leaking_columns(make_inputs, series, origin, rng):
    noisy = {"working_day": series["working_day"]}
    for name in ["demand", "temperature"]:
        noisy[name] = np.array([*series[name][:origin], *(rng.permutation(series[name])[origin:] + rng.normal())])
    tables = [np.ascontiguousarray(make_inputs(one)[: origin + 1].T) for one in (series, noisy)]
    return {column for column, (a, b) in enumerate(zip(*tables)) if a.tobytes() != b.tobytes()}
