# Answers of imagined students to assignment 02, and what each must get. tests/test_assignments.py grades them.

# %% exercise="mend_the_listing" points=3 what="forgets to scale the pixels" says="How large are the numbers"
def build_network():
    convolutions = [layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2)]
    convolutions += [layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(2)]
    convolutions += [layers.Conv2D(64, 3, activation="relu"), layers.Flatten()]
    network = keras.Sequential([keras.Input((28, 28, 1)), *convolutions, layers.Dense(10, activation="softmax")])
    network.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return network


# %% exercise="mend_the_listing" points=3 what="keeps the loss for one-hot labels"
def build_network():
    convolutions = [layers.Rescaling(1 / 255), layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2)]
    convolutions += [layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(2)]
    convolutions += [layers.Conv2D(64, 3, activation="relu"), layers.Flatten()]
    network = keras.Sequential([keras.Input((28, 28, 1)), *convolutions, layers.Dense(10, activation="softmax")])
    network.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return network


# %% exercise="mend_the_listing" points=3 what="keeps the sigmoid" says="Which activation makes sure that the sum is 1"
def build_network():
    convolutions = [layers.Rescaling(1 / 255), layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2)]
    convolutions += [layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(2)]
    convolutions += [layers.Conv2D(64, 3, activation="relu"), layers.Flatten()]
    network = keras.Sequential([keras.Input((28, 28, 1)), *convolutions, layers.Dense(10, activation="sigmoid")])
    network.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return network


# %% exercise="mend_the_listing" points=3 what="leaves the map as it is" says="What makes one row of numbers out of a map"
def build_network():
    convolutions = [layers.Rescaling(1 / 255), layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2)]
    convolutions += [layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(2)]
    convolutions += [layers.Conv2D(64, 3, activation="relu")]
    network = keras.Sequential([keras.Input((28, 28, 1)), *convolutions, layers.Dense(10, activation="softmax")])
    network.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return network


# %% exercise="mend_the_listing" points=3.5 what="averages over the places, which is another network" says="makes one row"
def build_network():
    convolutions = [layers.Rescaling(1 / 255), layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2)]
    convolutions += [layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(2)]
    convolutions += [layers.Conv2D(64, 3, activation="relu"), layers.GlobalAveragePooling2D()]
    network = keras.Sequential([keras.Input((28, 28, 1)), *convolutions, layers.Dense(10, activation="softmax")])
    network.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return network


# %% exercise="mend_the_listing" points=3 what="tells the loss that probabilities are logits" says="what does this loss take it for"
def build_network():
    convolutions = [layers.Rescaling(1 / 255), layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2)]
    convolutions += [layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(2)]
    convolutions += [layers.Conv2D(64, 3, activation="relu"), layers.Flatten()]
    network = keras.Sequential([keras.Input((28, 28, 1)), *convolutions, layers.Dense(10, activation="softmax")])
    network.compile(optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return network


# %% exercise="mend_the_listing" points=4 what="functional, scales with a multiplication, softmax as a layer, loss as an object"
def build_network():
    images = keras.Input((28, 28, 1))
    maps = images * 0.00392
    for filters, pooling in [(32, True), (64, True), (64, False)]:
        maps = layers.Conv2D(filters, 3)(maps)
        maps = layers.ReLU()(maps)
        if pooling:
            maps = layers.MaxPooling2D()(maps)
    row = layers.Reshape((3 * 3 * 64,))(maps)
    network = keras.Model(images, layers.Softmax()(layers.Dense(10)(row)))
    network.compile(keras.optimizers.Adam(), keras.losses.SparseCategoricalCrossentropy())
    return network


# %% exercise="convolution_gradient" points=2.4 what="overwrites a pixel instead of adding" says="A pixel lies under the kernel more than once"
def gradients(image, kernels, d_y):
    size = len(kernels)
    d_image, d_kernels = np.zeros(image.shape), np.zeros(kernels.shape)
    for i, j in np.ndindex(d_y.shape[:2]):
        d_kernels += image[i : i + size, j : j + size, :, None] * d_y[i, j]
        d_image[i : i + size, j : j + size] = kernels @ d_y[i, j]
    return d_image, d_kernels, d_y.sum(axis=(0, 1))


# %% exercise="convolution_gradient" points=2.4 what="forgets all positions but the last for the kernels" says="One weight helps at every position"
def gradients(image, kernels, d_y):
    size = len(kernels)
    d_image = np.zeros(image.shape)
    for i, j in np.ndindex(d_y.shape[:2]):
        d_kernels = image[i : i + size, j : j + size, :, None] * d_y[i, j]
        d_image[i : i + size, j : j + size] += kernels @ d_y[i, j]
    return d_image, d_kernels, d_y.sum(axis=(0, 1))


# %% exercise="convolution_gradient" points=2.4 what="turns the kernel, as in a true convolution" says="Each pixel got the wrong weight"
def gradients(image, kernels, d_y):
    size = len(kernels)
    d_image, d_kernels = np.zeros(image.shape), np.zeros(kernels.shape)
    for i, j in np.ndindex(d_y.shape[:2]):
        d_kernels += image[i : i + size, j : j + size, :, None] * d_y[i, j]
        d_image[i : i + size, j : j + size] += kernels[::-1, ::-1] @ d_y[i, j]
    return d_image, d_kernels, d_y.sum(axis=(0, 1))


# %% exercise="convolution_gradient" points=1.6 what="takes means over the positions" says="take a mean over the positions anywhere"
def gradients(image, kernels, d_y):
    size, positions = len(kernels), d_y.shape[0] * d_y.shape[1]
    d_image, d_kernels = np.zeros(image.shape), np.zeros(kernels.shape)
    for i, j in np.ndindex(d_y.shape[:2]):
        d_kernels += image[i : i + size, j : j + size, :, None] * d_y[i, j] / positions
        d_image[i : i + size, j : j + size] += kernels @ d_y[i, j]
    return d_image, d_kernels, d_y.mean(axis=(0, 1))


# %% exercise="convolution_gradient" points=2 what="works for one channel and one filter only" says="over which of them does each"
def gradients(image, kernels, d_y):
    size = len(kernels)
    d_image, d_kernels = np.zeros(image.shape), np.zeros(kernels.shape)
    for i in range(d_y.shape[0]):
        for j in range(d_y.shape[1]):
            d_kernels[:, :, 0, 0] += image[i : i + size, j : j + size, 0] * d_y[i, j, 0]
            d_image[i : i + size, j : j + size, 0] += kernels[:, :, 0, 0] * d_y[i, j, 0]
    return d_image, d_kernels, np.array([d_y.sum()])


# %% exercise="convolution_gradient" points=4 what="two more convolutions: d_y against the image, and the turned kernels over d_y with a border"
def gradients(image, kernels, d_y):
    by_kernels = [convolution(image[..., [c]], d_y[:, :, None], 0) for c in range(image.shape[-1])]
    border = len(kernels) - 1
    wide = np.pad(d_y, ((border, border), (border, border), (0, 0)))
    return [convolution(wide, kernels[::-1, ::-1].swapaxes(2, 3), 0), np.stack(by_kernels, axis=2), sum(sum(d_y))]


# %% exercise="convolution_gradient" points=4 what="asks TensorFlow"
def gradients(image, kernels, d_y):
    import tensorflow as tf

    image, kernels, bias = tf.constant(image[None]), tf.constant(kernels), tf.zeros(kernels.shape[-1], "float64")
    with tf.GradientTape() as tape:
        tape.watch([image, kernels, bias])
        loss = tf.reduce_sum((tf.nn.conv2d(image, kernels, 1, "VALID") + bias) * d_y)
    d_image, d_kernels, d_bias = tape.gradient(loss, [image, kernels, bias])
    return d_image[0], d_kernels, d_bias


# %% exercise="pooling_gradient" points=0 what="gives all four numbers the derivative" says="Does the result of the pooling change"
def pooling_gradient(maps, d_y):
    result = np.zeros(maps.shape)
    spread = d_y.repeat(2, axis=0).repeat(2, axis=1)
    result[: spread.shape[0], : spread.shape[1]] = spread
    return result


# %% exercise="pooling_gradient" points=2 what="gives every equal maximum all of it" says="How much may come down in total"
def pooling_gradient(maps, d_y):
    result = np.zeros(maps.shape)
    for i, j, k in np.ndindex(d_y.shape):
        block = maps[2 * i : 2 * i + 2, 2 * j : 2 * j + 2, k]
        result[2 * i : 2 * i + 2, 2 * j : 2 * j + 2, k] = (block == block.max()) * d_y[i, j, k]
    return result


# %% exercise="pooling_gradient" points=2 what="takes the last of equal maxima" says="Which of the equal numbers comes first"
def pooling_gradient(maps, d_y):
    result = np.zeros(maps.shape)
    for i, j, k in np.ndindex(d_y.shape):
        places = [(2 * i, 2 * j), (2 * i, 2 * j + 1), (2 * i + 1, 2 * j), (2 * i + 1, 2 * j + 1)]
        row, column = max(reversed(places), key=lambda place: maps[place[0], place[1], k])
        result[row, column, k] = d_y[i, j, k]
    return result


# %% exercise="pooling_gradient" points=2 what="fails for odd sizes" says="numbers that the pooling has never seen"
def pooling_gradient(maps, d_y):
    result = np.zeros((2 * d_y.shape[0], 2 * d_y.shape[1], d_y.shape[2]))
    for i, j, k in np.ndindex(d_y.shape):
        row, column = divmod(maps[2 * i : 2 * i + 2, 2 * j : 2 * j + 2, k].argmax(), 2)
        result[2 * i + row, 2 * j + column, k] = d_y[i, j, k]
    return result


# %% exercise="pooling_gradient" points=0 what="multiplies by the maximum" says="By how much does the maximum grow"
def pooling_gradient(maps, d_y):
    result = np.zeros(maps.shape)
    for i, j, k in np.ndindex(d_y.shape):
        block = maps[2 * i : 2 * i + 2, 2 * j : 2 * j + 2, k]
        row, column = divmod(block.argmax(), 2)
        result[2 * i + row, 2 * j + column, k] = d_y[i, j, k] * block.max()
    return result


# %% exercise="pooling_gradient" points=3 what="asks TensorFlow"
def pooling_gradient(maps, d_y):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        batch = tf.constant(maps[None])
        tape.watch(batch)
        loss = tf.reduce_sum(tf.nn.max_pool2d(batch, 2, 2, "VALID") * d_y)
    return tape.gradient(loss, batch)[0]


# %% exercise="pooling_gradient" points=3 what="nested lists, and a search for the maximum"
def pooling_gradient(maps, d_y):
    height, width, channels = maps.shape
    result = [[[0.0] * channels for _ in range(width)] for _ in range(height)]
    for k in range(channels):
        for row in range(0, height - height % 2, 2):
            for column in range(0, width - width % 2, 2):
                places = [(row, column), (row, column + 1), (row + 1, column), (row + 1, column + 1)]
                r, c = max(places, key=lambda place: maps[place[0]][place[1]][k])
                result[r][c][k] = float(d_y[row // 2, column // 2, k])
    return result


# %% exercise="normalisation_layer" points=1 what="uses the batch always" says="This result depends on the batch"
class Normalisation(layers.Layer):
    def __init__(self, momentum=0.99, epsilon=0.001):
        super().__init__()
        self.momentum, self.epsilon = momentum, epsilon

    def build(self, shape):
        self.gamma = self.add_weight(shape=(shape[-1],), initializer="ones")
        self.beta = self.add_weight(shape=(shape[-1],), initializer="zeros")

    def call(self, x, training=False):
        mean, variance = ops.mean(x, axis=(0, 1, 2)), ops.var(x, axis=(0, 1, 2))
        return self.gamma * (x - mean) / ops.sqrt(variance + self.epsilon) + self.beta


# %% exercise="normalisation_layer" points=2.5 what="swaps the two weights of the momentum" says="follow every batch or hardly move"
class Normalisation(layers.Layer):
    def __init__(self, momentum=0.99, epsilon=0.001):
        super().__init__()
        self.momentum, self.epsilon = momentum, epsilon

    def build(self, shape):
        self.gamma = self.add_weight(shape=(shape[-1],), initializer="ones")
        self.beta = self.add_weight(shape=(shape[-1],), initializer="zeros")
        self.mean = self.add_weight(shape=(shape[-1],), initializer="zeros", trainable=False)
        self.variance = self.add_weight(shape=(shape[-1],), initializer="ones", trainable=False)

    def call(self, x, training=False):
        mean, variance = self.mean, self.variance
        if training:
            mean, variance = ops.mean(x, axis=(0, 1, 2)), ops.var(x, axis=(0, 1, 2))
            self.mean.assign((1 - self.momentum) * self.mean + self.momentum * mean)
            self.variance.assign((1 - self.momentum) * self.variance + self.momentum * variance)
        return self.gamma * (x - mean) / ops.sqrt(variance + self.epsilon) + self.beta


# %% exercise="normalisation_layer" points=3.5 what="lets the optimizer change the running averages" says="Which argument of `add_weight` prevents it"
class Normalisation(layers.Layer):
    def __init__(self, momentum=0.99, epsilon=0.001):
        super().__init__()
        self.momentum, self.epsilon = momentum, epsilon

    def build(self, shape):
        self.gamma = self.add_weight(shape=(shape[-1],), initializer="ones")
        self.beta = self.add_weight(shape=(shape[-1],), initializer="zeros")
        self.mean = self.add_weight(shape=(shape[-1],), initializer="zeros")
        self.variance = self.add_weight(shape=(shape[-1],), initializer="ones")

    def call(self, x, training=False):
        mean, variance = self.mean, self.variance
        if training:
            mean, variance = ops.mean(x, axis=(0, 1, 2)), ops.var(x, axis=(0, 1, 2))
            self.mean.assign(self.momentum * self.mean + (1 - self.momentum) * mean)
            self.variance.assign(self.momentum * self.variance + (1 - self.momentum) * variance)
        return self.gamma * (x - mean) / ops.sqrt(variance + self.epsilon) + self.beta


# %% exercise="normalisation_layer" points=3 what="standardises every image by itself" says="Over which axes does the batch's mean run"
class Normalisation(layers.Layer):
    def __init__(self, momentum=0.99, epsilon=0.001):
        super().__init__()
        self.momentum, self.epsilon = momentum, epsilon

    def build(self, shape):
        self.gamma = self.add_weight(shape=(shape[-1],), initializer="ones")
        self.beta = self.add_weight(shape=(shape[-1],), initializer="zeros")
        self.mean = self.add_weight(shape=(shape[-1],), initializer="zeros", trainable=False)
        self.variance = self.add_weight(shape=(shape[-1],), initializer="ones", trainable=False)

    def call(self, x, training=False):
        mean, variance = self.mean, self.variance
        if training:
            mean, variance = ops.mean(x, axis=(0, 1, 2)), ops.var(x, axis=(0, 1, 2))
            self.mean.assign(self.momentum * self.mean + (1 - self.momentum) * mean)
            self.variance.assign(self.momentum * self.variance + (1 - self.momentum) * variance)
            mean, variance = ops.mean(x, axis=(1, 2), keepdims=True), ops.var(x, axis=(1, 2), keepdims=True)
        return self.gamma * (x - mean) / ops.sqrt(variance + self.epsilon) + self.beta


# %% exercise="normalisation_layer" points=2 what="divides by the variance" says="to give a variance of 1: by the variance"
class Normalisation(layers.Layer):
    def __init__(self, momentum=0.99, epsilon=0.001):
        super().__init__()
        self.momentum, self.epsilon = momentum, epsilon

    def build(self, shape):
        self.gamma = self.add_weight(shape=(shape[-1],), initializer="ones")
        self.beta = self.add_weight(shape=(shape[-1],), initializer="zeros")
        self.mean = self.add_weight(shape=(shape[-1],), initializer="zeros", trainable=False)
        self.variance = self.add_weight(shape=(shape[-1],), initializer="ones", trainable=False)

    def call(self, x, training=False):
        mean, variance = self.mean, self.variance
        if training:
            mean, variance = ops.mean(x, axis=(0, 1, 2)), ops.var(x, axis=(0, 1, 2))
            self.mean.assign(self.momentum * self.mean + (1 - self.momentum) * mean)
            self.variance.assign(self.momentum * self.variance + (1 - self.momentum) * variance)
        return self.gamma * (x - mean) / (variance + self.epsilon) + self.beta


# %% exercise="normalisation_layer" points=4 what="TensorFlow's moments, assign_sub, add_weight with names by position, a scale computed first"
class Normalisation(layers.Layer):
    def __init__(self, momentum=0.99, epsilon=0.001):
        super().__init__()
        self.momentum, self.epsilon = momentum, epsilon

    def build(self, shape):
        for name, start, learnt in [("beta", 0, True), ("variance", 1, False), ("mean", 0, False), ("gamma", 1, True)]:
            initializer = keras.initializers.Constant(start)
            setattr(
                self, name, self.add_weight(name=name, shape=(shape[-1],), initializer=initializer, trainable=learnt)
            )

    def call(self, x, training=None):
        import tensorflow as tf

        if training:
            mean, variance = tf.nn.moments(tf.convert_to_tensor(x), [0, 1, 2])
            self.mean.assign_sub((1 - self.momentum) * (self.mean - mean))
            self.variance.assign_add((1 - self.momentum) * (variance - self.variance))
        else:
            mean, variance = tf.convert_to_tensor(self.mean), tf.convert_to_tensor(self.variance)
        scale = self.gamma * tf.math.rsqrt(variance + self.epsilon)
        return x * scale + (self.beta - mean * scale)


# %% exercise="split_by_writer" points=0.94 what="draws images, not writers" says="What did you draw by lot"
def split_by_writer(writers, count, rng):
    order = rng.permutation(len(writers))
    return np.sort(order[count:]), np.sort(order[:count])


# %% exercise="split_by_writer" points=2.44 what="takes the first writers, not random ones" says="Does another generator draw other writers"
def split_by_writer(writers, count, rng):
    chosen = np.unique(writers)[:count]
    return np.flatnonzero(~np.isin(writers, chosen)), np.flatnonzero(np.isin(writers, chosen))


# %% exercise="split_by_writer" points=1.5 what="draws writers in proportion to their images, one of them perhaps twice" says="Can the draw take one writer twice"
def split_by_writer(writers, count, rng):
    chosen = rng.choice(writers, size=count)
    return np.flatnonzero(~np.isin(writers, chosen)), np.flatnonzero(np.isin(writers, chosen))


# %% exercise="split_by_writer" points=0 what="takes writers to be numbered from 0" says="what numbers did you draw"
def split_by_writer(writers, count, rng):
    chosen = rng.permutation(len(np.unique(writers)))[:count]
    return np.flatnonzero(~np.isin(writers, chosen)), np.flatnonzero(np.isin(writers, chosen))


# %% exercise="split_by_writer" points=0.19 what="returns the numbers of the writers" says="or numbers of writers"
def split_by_writer(writers, count, rng):
    order = rng.permutation(np.unique(writers))
    return np.sort(order[count:]), np.sort(order[:count])


# %% exercise="split_by_writer" points=3 what="a set, lists, and shuffling in place"
def split_by_writer(writers, count, rng):
    everybody = sorted(set(writers.tolist()))
    rng.shuffle(everybody)
    chosen = set(everybody[:count])
    parts = [], []
    for place, writer in enumerate(writers):
        parts[writer in chosen].append(place)
    return parts


# %% exercise="read_the_figure" points=1 what="takes the line with period two for two poolings" says="How many pixels wide is the block"
convolution_alone, two_poolings, dense_layer, pixels = "C", "A", "B", 2

# %% exercise="read_the_figure" points=1.5 what="overlooks the smaller move" says="Is there a smaller one"
convolution_alone, two_poolings, dense_layer, pixels = "C", "D", "B", 8

# %% exercise="read_the_figure" points=0.5 what="takes the rising line for the convolution" says="What did section 4 of the chapter promise"
convolution_alone, two_poolings, dense_layer, pixels = "B", "A", "C", 4

# %% exercise="read_the_figure" points=2 what="a NumPy number"
convolution_alone, two_poolings, dense_layer, pixels = "C", np.str_("D"), "B", np.float32(4)
