# Answers of imagined students to assignment 01, and what each must get. tests/test_assignments.py grades them.

# %% exercise="mend_the_listing" points=1 what="mends predict only" says="What is the slope of the sigmoid there"
def predict(parameters, x):
    W1, b1, W2, b2 = parameters
    hidden = sigmoid(x @ W1 + b1)
    return sigmoid(hidden @ W2 + b2)


def step(parameters, x, targets, learning_rate):
    W1, b1, W2, b2 = parameters
    hidden = sigmoid(x @ W1 + b1)
    d_output = (sigmoid(hidden @ W2 + b2) - targets) / len(x)
    d_hidden = d_output @ W2.T * sigmoid(hidden) * (1 - sigmoid(hidden))
    return [
        W1 - learning_rate * x.T @ d_hidden,
        b1 - learning_rate * d_hidden.sum(axis=0, keepdims=True),
        W2 - learning_rate * x.T @ d_output,
        b2 - learning_rate * d_output.sum(axis=0, keepdims=True),
    ]


# %% exercise="mend_the_listing" points=2 what="leaves the second layer on the inputs" says="What comes into the second one"
def predict(parameters, x):
    W1, b1, W2, b2 = parameters
    return sigmoid(sigmoid(x @ W1 + b1) @ W2 + b2)


def step(parameters, x, targets, learning_rate):
    W1, b1, W2, b2 = parameters
    hidden = sigmoid(x @ W1 + b1)
    d_output = (sigmoid(hidden @ W2 + b2) - targets) / len(x)
    d_hidden = d_output @ W2.T * hidden * (1 - hidden)
    return [
        W1 - learning_rate * x.T @ d_hidden,
        b1 - learning_rate * d_hidden.sum(axis=0, keepdims=True),
        W2 - learning_rate * x.T @ d_output,
        b2 - learning_rate * d_output.sum(axis=0, keepdims=True),
    ]


# %% exercise="mend_the_listing" points=2 what="mends step only" says="the second layer is missing"
def predict(parameters, x):
    W1, b1, W2, b2 = parameters
    return sigmoid(x @ W1 + b1)


def step(parameters, x, targets, learning_rate):
    W1, b1, W2, b2 = parameters
    hidden = sigmoid(x @ W1 + b1)
    d_output = (sigmoid(hidden @ W2 + b2) - targets) / len(x)
    d_hidden = d_output @ W2.T * hidden * (1 - hidden)
    return [
        W1 - learning_rate * x.T @ d_hidden,
        b1 - learning_rate * d_hidden.sum(axis=0, keepdims=True),
        W2 - learning_rate * hidden.T @ d_output,
        b2 - learning_rate * d_output.sum(axis=0, keepdims=True),
    ]


# %% exercise="mend_the_listing" points=1 what="steps uphill"
def predict(parameters, x):
    W1, b1, W2, b2 = parameters
    return sigmoid(sigmoid(x @ W1 + b1) @ W2 + b2)


def step(parameters, x, targets, learning_rate):
    W1, b1, W2, b2 = parameters
    hidden = sigmoid(x @ W1 + b1)
    d_output = (targets - sigmoid(hidden @ W2 + b2)) / len(x)
    d_hidden = d_output @ W2.T * hidden * (1 - hidden)
    return [
        W1 - learning_rate * x.T @ d_hidden,
        b1 - learning_rate * d_hidden.sum(axis=0, keepdims=True),
        W2 - learning_rate * hidden.T @ d_output,
        b2 - learning_rate * d_output.sum(axis=0, keepdims=True),
    ]


# %% exercise="mend_the_listing" points=3 what="changes the arrays in place and returns a tuple"
def predict(parameters, x):
    for weights, bias in zip(parameters[::2], parameters[1::2]):
        x = 1 / (1 + np.exp(-np.matmul(x, weights) - bias))
    return x


def step(parameters, x, targets, learning_rate):
    W1, b1, W2, b2 = parameters
    hidden = predict([W1, b1], x)
    error = (predict([W2, b2], hidden) - targets) * (learning_rate / len(targets))
    back = np.outer(error, W2) * (hidden - hidden**2)
    W2 -= np.einsum("nh,no->ho", hidden, error)
    b2 -= np.sum(error)
    W1 -= np.einsum("ni,nh->ih", x, back)
    b1 -= np.ones((1, len(x))) @ back
    return W1, b1, W2, b2


# %% exercise="tanh_gradient" points=2 what="takes the slope of the sigmoid" says="multiplies by its slope, 1 - tanh²"
def gradients(parameters, x, targets):
    W1, b1, W2, b2 = parameters
    hidden = np.tanh(x @ W1 + b1)
    delta_2 = (sigmoid(hidden @ W2 + b2) - targets) / len(x)
    delta_1 = delta_2 @ W2.T * hidden * (1 - hidden)
    return [x.T @ delta_1, delta_1.sum(0, keepdims=True), hidden.T @ delta_2, delta_2.sum(0, keepdims=True)]


# %% exercise="tanh_gradient" points=0 what="sums over the rows" says="the loss is their mean"
def gradients(parameters, x, targets):
    W1, b1, W2, b2 = parameters
    hidden = np.tanh(x @ W1 + b1)
    delta_2 = sigmoid(hidden @ W2 + b2) - targets
    delta_1 = delta_2 @ W2.T * (1 - hidden**2)
    return [x.T @ delta_1, delta_1.sum(0, keepdims=True), hidden.T @ delta_2, delta_2.sum(0, keepdims=True)]


# %% exercise="tanh_gradient" points=2 what="lets the biases lose an axis" says="A gradient has the shape of its parameter"
def gradients(parameters, x, targets):
    W1, b1, W2, b2 = parameters
    hidden = np.tanh(x @ W1 + b1)
    delta_2 = (sigmoid(hidden @ W2 + b2) - targets) / len(x)
    delta_1 = delta_2 @ W2.T * (1 - hidden**2)
    return [x.T @ delta_1, delta_1.sum(axis=0), hidden.T @ delta_2, delta_2.sum(axis=0)]


# %% exercise="tanh_gradient" points=0 what="turns the sign round" says="The sign is turned round"
def gradients(parameters, x, targets):
    W1, b1, W2, b2 = parameters
    hidden = np.tanh(x @ W1 + b1)
    delta_2 = (targets - sigmoid(hidden @ W2 + b2)) / len(x)
    delta_1 = delta_2 @ W2.T * (1 - hidden**2)
    return [x.T @ delta_1, delta_1.sum(0, keepdims=True), hidden.T @ delta_2, delta_2.sum(0, keepdims=True)]


# %% exercise="tanh_gradient" points=2 what="divides by four, the number of rows here only" says="W1, 9 rows and 5 hidden units: not what"
def gradients(parameters, x, targets):
    W1, b1, W2, b2 = parameters
    hidden = np.tanh(x @ W1 + b1)
    delta_2 = (sigmoid(hidden @ W2 + b2) - targets) / 4
    delta_1 = delta_2 @ W2.T * (1 - hidden**2)
    return [x.T @ delta_1, delta_1.sum(0, keepdims=True), hidden.T @ delta_2, delta_2.sum(0, keepdims=True)]


# %% exercise="tanh_gradient" points=4 what="adds up row by row"
def gradients(parameters, x, targets):
    W1, b1, W2, b2 = parameters
    sums = [0 * array for array in parameters]
    for row, target in zip(x, targets):
        hidden = np.tanh(row @ W1 + b1[0])
        error = float(1 / (1 + np.exp(-(hidden @ W2[:, 0] + b2[0, 0]))) - target[0])
        back = error * W2[:, 0] / np.cosh(np.arctanh(hidden)) ** 2
        for total, term in zip(sums, (np.outer(row, back), back[None], error * hidden[:, None], np.array([[error]]))):
            total += term / x.shape[0]
    return tuple(sums)


# %% exercise="dense_layer" points=1 what="forgets the way back through ReLU" says="the slope of ReLU there is 0"
class Dense:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return np.maximum(0, x @ self.W + self.b)

    def backward(self, d_y):
        self.d_W, self.d_b = self.x.T @ d_y, d_y.sum(axis=0)
        return d_y @ self.W.T


# %% exercise="dense_layer" points=0 what="has no ReLU at all" says="ReLU makes them 0"
class Dense:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, d_y):
        self.d_W, self.d_b = self.x.T @ d_y, d_y.sum(axis=0)
        return d_y @ self.W.T


# %% exercise="dense_layer" points=2.5 what="returns nothing to the layer below" says="the layer below needs it"
class Dense:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x, self.y = x, np.maximum(0, x @ self.W + self.b)
        return self.y

    def backward(self, d_y):
        d_z = d_y * (self.y > 0)
        self.d_W, self.d_b = self.x.T @ d_z, d_z.sum(axis=0)


# %% exercise="dense_layer" points=3 what="takes a mean for the bias" says="Do not divide by the number of rows again"
class Dense:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x, self.y = x, np.maximum(0, x @ self.W + self.b)
        return self.y

    def backward(self, d_y):
        d_z = d_y * (self.y > 0)
        self.d_W, self.d_b = self.x.T @ d_z, d_z.mean(axis=0)
        return d_z @ self.W.T


# %% exercise="dense_layer" points=4 what="keeps a mask and uses einsum"
class Dense:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        z = np.einsum("ni,iu->nu", x, self.W) + self.b
        self.kept = x, z > 0
        return np.where(z > 0, z, 0.0)

    def backward(self, d_y):
        x, on = self.kept
        d_z = np.where(on, d_y, 0)
        self.d_W = sum(np.outer(row, slope) for row, slope in zip(x, d_z))
        self.d_b = np.ones(len(x)) @ d_z
        return (self.W @ d_z.T).T


# %% exercise="choose_baseline" points=0.6 what="chooses on the test data" says="You chose on the test set"
def choose_baseline(validation_labels, validation_answers, test_labels, test_answers):
    accuracy = {name: np.mean(answers == test_labels) for name, answers in test_answers.items()}
    best = max(accuracy, key=accuracy.get)
    return best, accuracy[best]


# %% exercise="choose_baseline" points=1.8 what="reports the accuracy on the validation data" says="served for the choice"
def choose_baseline(validation_labels, validation_answers, test_labels, test_answers):
    accuracy = {name: np.mean(answers == validation_labels) for name, answers in validation_answers.items()}
    best = max(accuracy, key=accuracy.get)
    return best, accuracy[best]


# %% exercise="choose_baseline" points=1.8 what="counts the right answers" says="The accuracy is their share"
def choose_baseline(validation_labels, validation_answers, test_labels, test_answers):
    counts = {name: (answers == validation_labels).sum() for name, answers in validation_answers.items()}
    best = max(counts, key=counts.get)
    return best, (test_answers[best] == test_labels).sum()


# %% exercise="choose_baseline" points=0.6 what="takes the first name always"
def choose_baseline(validation_labels, validation_answers, test_labels, test_answers):
    best = next(iter(validation_answers))
    return best, np.mean(test_answers[best] == test_labels)


# %% exercise="choose_baseline" points=3 what="sorts with a loop and returns a list of a NumPy text and a float32"
def choose_baseline(validation_labels, validation_answers, test_labels, test_answers):
    names = list(validation_answers)
    right = np.array([np.count_nonzero(validation_answers[name] == validation_labels) for name in names])
    best = np.array(names)[np.argmax(right)]
    wrong = sum(int(a) != int(b) for a, b in zip(test_answers[str(best)], test_labels))
    return [best, 1 - wrong / len(test_labels)]


# %% exercise="find_the_leak" points=0 what="compares images at the same place" says="can stand anywhere"
def leaked_rows(train, test):
    return [place for place in range(min(len(train), len(test))) if np.array_equal(train[place], test[place])]


# %% exercise="find_the_leak" points=1 what="compares sums" says="All pixels must agree"
def leaked_rows(train, test):
    return [place for place, image in enumerate(test) if image.sum() in train.sum(axis=(1, 2))]


# %% exercise="find_the_leak" points=0 what="is content with a common pixel" says="One common pixel is not enough"
def leaked_rows(train, test):
    return [place for place, image in enumerate(test) if (train == image).any()]


# %% exercise="find_the_leak" points=0 what="returns a mask" says="the places are wanted"
def leaked_rows(train, test):
    return [any(np.array_equal(image, other) for other in train) for image in test]


# %% exercise="find_the_leak" points=3 what="compares everything with everything in one array"
def leaked_rows(train, test):
    flat_train, flat_test = train.reshape(len(train), -1), test.reshape(len(test), -1)
    return np.flatnonzero((flat_test[:, None] == flat_train[None]).all(axis=-1).any(axis=1))


# %% exercise="read_the_figure" points=1.33 what="reads where B leaves the dotted line" says="the axis is logarithmic"
fastest, worse_than_guessing, epochs_of_b = "C", "D", 420

# %% exercise="read_the_figure" points=0.67 what="takes the flat line for the worst, and the diverging one for the fastest"
fastest, worse_than_guessing, epochs_of_b = "D", "A", 800

# %% exercise="read_the_figure" points=1.33 what="answers in another way than asked" says="one of the letters"
fastest, worse_than_guessing, epochs_of_b = "C: learning rate 2", "D", 800

# %% exercise="read_the_figure" points=2 what="reads coarsely and with NumPy"
fastest, worse_than_guessing, epochs_of_b = np.str_("C"), "D", np.float32(700.0)
