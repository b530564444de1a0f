# %% [markdown] lang="en"
# # Assignment 01 · Feedforward networks
#
# {total} in all, after [chapter 01](../notebooks/01_feedforward_xor.ipynb).
#
# 1. Run the cells from top to bottom; the first one sets up the assignment.
# 2. In an answer cell, put your code in place of `raise NotImplementedError`, or change the code that is there. You may add cells.
# 3. Run the check below it, as often as you like. It answers at once, often with a hint. When your work is graded, the same
#    check runs with further numbers, and each part of it earns its share of the points.
# 4. Before you hand in: *Kernel → Restart Kernel and Run All Cells*. Leave the file's name as it is.

# %% [markdown] lang="zh" of="10109270"
# # 作业 01 · 前馈神经网络
#
# 共 {total}，配合[第 01 章](../../notebooks/zh/01_feedforward_xor.ipynb)。
#
# 1. 从上到下逐格运行；第一格负责准备。
# 2. 在答题格里，把 `raise NotImplementedError` 换成你的代码，或修改里面已有的代码。可以自己加单元格。
# 3. 运行下面的检查格，次数不限。它立刻给出结果，常常还有提示。评分时，同一份检查会再用别的数据运行，每通过一项得一份分。
# 4. 提交之前，请选菜单 Kernel → Restart Kernel and Run All Cells 从头运行一遍。不要改文件名。

# %%
from course_utils.checking import start_assignment

check = start_assignment("{language}")

import matplotlib.pyplot as plt
import numpy as np

inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
targets = np.array([[0], [1], [1], [0]], dtype=float)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


# %% [markdown] lang="en"
# ## 1. Mend the listing ({exercise:mend_the_listing})
#
# Here is a network in the manner of article A3: sigmoid in the hidden layer, sigmoid at the output, mean cross-entropy. It runs,
# and it does not learn XOR. Three faults are in it, one in `predict` and two in `step`. Mend them.
#
# Shapes: `x` (rows, inputs), `W1` (inputs, hidden), `b1` (1, hidden), `W2` (hidden, 1), `b2` (1, 1).

# %% [markdown] lang="zh" of="eb47d103"
# ## 1. 修好这段代码（{exercise:mend_the_listing}）
#
# 下面是一个仿照文章 A3 写的网络：隐藏层和输出层都用 sigmoid，损失是平均交叉熵。它能跑，却学不会异或。里面有三处毛病，`predict`
# 里一处，`step` 里两处。请修好。
#
# 形状：`x` 是（行数，输入数），`W1` 是（输入数，隐藏单元数），`b1` 是（1，隐藏单元数），`W2` 是（隐藏单元数，1），`b2` 是（1，1）。


# %% answer="mend_the_listing"
def predict(parameters, x):
    """The network's outputs, shape (rows, 1)."""
    W1, b1, W2, b2 = parameters
    hidden = sigmoid(x @ W1 + b1)
    ### BEGIN SOLUTION
    return sigmoid(hidden @ W2 + b2)
    ### GIVEN
    # return sigmoid(hidden)
    ### END SOLUTION


def step(parameters, x, targets, learning_rate):
    """One step of gradient descent on all rows; returns the new parameters."""
    W1, b1, W2, b2 = parameters
    hidden = sigmoid(x @ W1 + b1)
    d_output = (sigmoid(hidden @ W2 + b2) - targets) / len(x)
    ### BEGIN SOLUTION
    d_hidden = d_output @ W2.T * hidden * (1 - hidden)
    ### GIVEN
    # d_hidden = d_output @ W2.T * sigmoid(hidden) * (1 - sigmoid(hidden))
    ### END SOLUTION
    return [
        W1 - learning_rate * x.T @ d_hidden,
        b1 - learning_rate * d_hidden.sum(axis=0, keepdims=True),
        ### BEGIN SOLUTION
        W2 - learning_rate * hidden.T @ d_output,
        ### GIVEN
        # W2 - learning_rate * x.T @ d_output,
        ### END SOLUTION
        b2 - learning_rate * d_output.sum(axis=0, keepdims=True),
    ]


# %% check="mend_the_listing" minutes=10
import numpy as np

exercise = check("mend_the_listing", points=3)
x, t = np.array([[0.0, 1.0], [1.0, 1.0]]), np.array([[1.0], [0.0]])
parameters = [
    np.array([[1.0, -1.0], [1.0, 2.0]]),
    np.array([[0.0, -1.0]]),
    np.array([[2.0], [-1.0]]),
    np.array([[0.5]]),
]
given = {"parameters": parameters, "x": x, "t": t}
exercise.equal(
    "{hint:predict}",
    "predict(parameters, x)",
    np.array([[0.7740038], [0.8534092]]),
    given=given,
    mistakes={"{hint:first_layer}": lambda answer: np.shape(answer) == (2, 2)},
)
exercise.equal(
    "{hint:step_1}",
    "step(parameters, x, t, learning_rate=1.0)[:2]",
    [np.array([[0.91039751, -0.89332385], [0.95483106, 2.08445938]]), np.array([[-0.04516894, -0.91554062]])],
    given=given,
    mistakes={"{hint:twice}": lambda answer: np.allclose(answer[1], [[-0.12721408, -0.92451031]], atol=1e-6)},
)
exercise.equal(
    "{hint:step_2}",
    "step(parameters, x, t, learning_rate=1.0)[2]",
    np.array([[1.70676806], [-1.13074407]]),
    given=given,
    mistakes={"{hint:inputs}": np.array([[1.5732954], [-1.3137065]])},
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(5)


def squash(z):
    return 1 / (1 + np.exp(-z))


def right_step(parameters, x, t, rate):
    W1, b1, W2, b2 = parameters
    hidden = squash(x @ W1 + b1)
    delta = (squash(hidden @ W2 + b2) - t) / len(x)
    d_hidden = delta @ W2.T * hidden * (1 - hidden)
    return [
        W1 - rate * x.T @ d_hidden,
        b1 - rate * d_hidden.sum(axis=0, keepdims=True),
        W2 - rate * hidden.T @ delta,
        b2 - rate * delta.sum(axis=0, keepdims=True),
    ]


parameters = [rng.standard_normal(shape) for shape in [(2, 2), (1, 2), (2, 1), (1, 1)]]
x, t = rng.standard_normal((7, 2)), rng.integers(0, 2, (7, 1)).astype(float)
given = {"parameters": parameters, "x": x, "t": t}
moved = right_step(parameters, x, t, 0.3)
exercise.equal(
    "{hint:predict_other}",
    "predict(parameters, x)",
    squash(squash(x @ parameters[0] + parameters[1]) @ parameters[2] + parameters[3]),
    given=given,
)
exercise.equal("{hint:other_1}", "step(parameters, x, t, 0.3)[:2]", moved[:2], given=given)
exercise.equal("{hint:other_2}", "step(parameters, x, t, 0.3)[2:]", moved[2:], given=given)
parameters = [rng.standard_normal((2, 4)), np.zeros((1, 4)), rng.standard_normal((4, 1)), np.zeros((1, 1))]
corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
exercise.test(
    "{hint:trained}",
    """for _ in range(3000):
    parameters = step(parameters, x, t, 2.0)
predict(parameters, x)""",
    lambda output: output.shape == (4, 1) and np.array_equal(output > 0.5, [[0], [1], [1], [0]]),
    given={"parameters": parameters, "x": corners, "t": np.array([[0.0], [1.0], [1.0], [0.0]])},
    weight=0,
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - predict: predict gives one output a row
# - step_1: step moves W1 and b1
# - step_2: step moves W2
# - predict_other: predict on other rows
# - other_1: another step of W1 and b1
# - other_2: another step of W2 and b2
# - trained: a trained network answers 0, 1, 1, 0
# - first_layer: This is what the hidden layer gives; the second layer is missing.
# - twice: `hidden` is already what the sigmoid gave. What is the slope of the sigmoid there, written with its value?
# - inputs: The gradient of a layer's weights has the values that came *into that layer*. What comes into the second one?

# %% [markdown] lang="zh" role="hints" of="feeffb3e"
# - predict: predict 每行给出一个输出
# - step_1: step 更新 W1 和 b1
# - step_2: step 更新 W2
# - predict_other: predict 用于别的行
# - other_1: W1 和 b1 的另一步
# - other_2: W2 和 b2 的另一步
# - trained: 训练后的网络回答 0、1、1、0
# - first_layer: 这是隐藏层的输出，还差第二层。
# - twice: `hidden` 已经是 sigmoid 的输出了。用这个输出值来写，sigmoid 在该处的斜率是什么？
# - inputs: 一层权重的梯度，用的是**输入这一层**的值。输入第二层的是什么？

# %% [markdown] lang="en"
# ## 2. A gradient by hand ({exercise:tanh_gradient})
#
# Now the hidden layer has $\tanh$ in place of the sigmoid; output and loss stay as they were. Write `gradients`, which
# returns the derivatives of the mean cross-entropy by `W1`, `b1`, `W2`, `b2`, in this order and in the shapes of the
# parameters. You need one fact: $\frac{d}{dz}\tanh z = 1 - \tanh^2 z$.
#
# The check compares your formulas with central differences, as the chapter does.

# %% [markdown] lang="zh" of="60024768"
# ## 2. 手推梯度（{exercise:tanh_gradient}）
#
# 现在隐藏层的 sigmoid 换成 $\tanh$，输出层和损失不变。请写出 `gradients`：按 `W1`、`b1`、`W2`、`b2` 的顺序返回平均交叉熵对它们的导数，
# 形状与参数相同。只需知道一点：$\frac{d}{dz}\tanh z = 1 - \tanh^2 z$。
#
# 检查格会像正文里那样，把你的公式与中心差分比较。


# %% answer="tanh_gradient"
def gradients(parameters, x, targets):
    """The loss's derivatives by W1, b1, W2, b2."""
    W1, b1, W2, b2 = parameters
    hidden = np.tanh(x @ W1 + b1)
    output = sigmoid(hidden @ W2 + b2)
    ### BEGIN SOLUTION
    delta_2 = (output - targets) / len(x)
    delta_1 = delta_2 @ W2.T * (1 - hidden**2)
    return [
        x.T @ delta_1,
        delta_1.sum(axis=0, keepdims=True),
        hidden.T @ delta_2,
        delta_2.sum(axis=0, keepdims=True),
    ]
    ### END SOLUTION


# %% check="tanh_gradient" minutes=15
import numpy as np

from course_utils.gradients import central_differences

exercise = check("tanh_gradient", points=4)


def compare(x, t, hidden_units, rng):
    """Each of the four gradients against central differences."""
    what = "{hint:gradient}"
    shapes = {"W1": (x.shape[1], hidden_units), "b1": (1, hidden_units), "W2": (hidden_units, 1), "b2": (1, 1)}
    parameters = [rng.standard_normal(shape) for shape in shapes.values()]

    def loss(parameters):
        W1, b1, W2, b2 = parameters
        output = 1 / (1 + np.exp(-(np.tanh(x @ W1 + b1) @ W2 + b2)))
        return -np.mean(t * np.log(output) + (1 - t) * np.log(1 - output))

    for place, (name, slope) in enumerate(zip(shapes, central_differences(loss, parameters), strict=True)):
        exercise.equal(
            what.format(name=name, rows=len(x), units=hidden_units),
            f"gradients(parameters, x, t)[{place}]",
            slope,
            given={"parameters": parameters, "x": x, "t": t},
            tolerance=1e-8,
            mistakes={
                "{hint:sum}": lambda answer, slope=slope: np.allclose(answer, len(x) * slope, rtol=1e-6),
                "{hint:sign}": lambda answer, slope=slope: np.allclose(answer, -slope, rtol=1e-6),
                "{hint:shape}": lambda answer, slope=slope: np.shape(answer) != slope.shape,
            },
            hint="{hint:slope}" if name in ("W1", "b1") else "{hint:output}",
        )


x, t = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float), np.array([[0.0], [1.0], [1.0], [0.0]])
compare(x, t, hidden_units=2, rng=np.random.default_rng(1))
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(2)
compare(rng.standard_normal((9, 3)), rng.integers(0, 2, (9, 1)).astype(float), hidden_units=5, rng=rng)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - gradient: the gradient by {name}, {rows} rows and {units} hidden units
# - sum: It is as many times too large as there are rows: the loss is their mean.
# - sign: The sign is turned round. The output is too large where it is above its target.
# - shape: A gradient has the shape of its parameter.
# - slope: The way back through tanh multiplies by its slope, 1 - tanh², and before that the error passes the weights of the second layer.
# - output: At the output, sigmoid and cross-entropy together leave a plain difference (section 4 of the chapter).

# %% [markdown] lang="zh" role="hints" of="1a5d0b08"
# - gradient: 对 {name} 的梯度，{rows} 行，{units} 个隐藏单元
# - sum: 正好大了“行数”倍：损失是各行的平均。
# - sign: 符号反了。输出高于目标时，它就是偏大了。
# - shape: 梯度与它的参数形状相同。
# - slope: 往回经过 tanh 时要乘它的斜率 1 - tanh²；在此之前，误差先要经过第二层的权重。
# - output: 在输出端，sigmoid 与交叉熵合在一起，只剩一个简单的差（见正文第 4 节）。

# %% [markdown] lang="en"
# ## 3. A layer that knows its way back ({exercise:dense_layer})
#
# Frameworks do not derive the gradient of a whole network. Each layer knows two things: how to go forward, and how to turn the
# loss's derivative by its *output* into derivatives by its weights and by its *input*. Write both for a dense layer with ReLU,
# $y = \max(0, xW + b)$:
#
# - `forward(x)` returns $y$ and keeps what the way back will need;
# - `backward(d_y)` stores `self.d_W` and `self.d_b`, in the shapes of `W` and `b`, and returns the derivative by $x$. `d_y` has the
#   shape of $y$, and whatever the loss is, its mean over the rows is in `d_y` already.

# %% [markdown] lang="zh" of="2635244a"
# ## 3. 认得回头路的层（{exercise:dense_layer}）
#
# 框架并不去推导整个网络的梯度。每一层只需要会两件事：向前怎样算；以及怎样把损失对**输出**的导数，变成对自己权重的导数和对**输入**的导数。
# 请为带 ReLU 的全连接层 $y = \max(0, xW + b)$ 写出这两件事：
#
# - `forward(x)` 返回 $y$，并记下回头时要用的东西；
# - `backward(d_y)` 存下 `self.d_W` 和 `self.d_b`（形状与 `W`、`b` 相同），返回对 $x$ 的导数。`d_y` 的形状与 $y$ 相同；不管用什么损失，
#   对各行取平均这一步已经算在 `d_y` 里了。


# %% answer="dense_layer"
class Dense:
    """A layer y = max(0, x W + b) with weights W (inputs, units) and b (units,)."""

    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        ### BEGIN SOLUTION
        self.x = x
        self.y = np.maximum(0, x @ self.W + self.b)
        return self.y
        ### END SOLUTION

    def backward(self, d_y):
        ### BEGIN SOLUTION
        d_z = d_y * (self.y > 0)
        self.d_W, self.d_b = self.x.T @ d_z, d_z.sum(axis=0)
        return d_z @ self.W.T
        ### END SOLUTION


# %% check="dense_layer" minutes=20
import numpy as np

exercise = check("dense_layer", points=4)
forward = "layer = Dense(W, b)\ny = layer.forward(x)\n"
given = {
    "W": np.array([[1.0, -1.0, 2.0], [0.0, 1.0, -1.0]]),
    "b": np.array([0.5, 0.0, -1.0]),
    "x": np.array([[1.0, 2.0], [-2.0, 1.0]]),
    "d_y": np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
}
exercise.equal(
    "{hint:forward}",
    forward + "y",
    np.array([[1.5, 1.0, 0.0], [0.0, 3.0, 0.0]]),
    given=given,
    mistakes={"{hint:relu}": np.array([[1.5, 1.0, -1.0], [-1.5, 3.0, -6.0]])},
)
exercise.equal(
    "{hint:by_W}",
    forward + "layer.backward(d_y)\nlayer.d_W",
    np.array([[1.0, -8.0, 0.0], [2.0, 9.0, 0.0]]),
    given=given,
    mistakes={"{hint:mask}": np.array([[-7.0, -8.0, -9.0], [6.0, 9.0, 12.0]])},
)
exercise.equal(
    "{hint:by_b}",
    forward + "layer.backward(d_y)\nlayer.d_b",
    np.array([1.0, 7.0, 0.0]),
    given=given,
    mistakes={
        "{hint:mask}": np.array([5.0, 7.0, 9.0]),
        "{hint:mean}": np.array([0.5, 3.5, 0.0]),
        "{hint:bias}": lambda answer: np.shape(answer) != (3,),
    },
)
exercise.equal(
    "{hint:by_x}",
    forward + "layer.backward(d_y)",
    np.array([[-1.0, 2.0], [-5.0, 5.0]]),
    given=given,
    mistakes={"{hint:mask}": np.array([[5.0, -1.0], [11.0, -1.0]]), "{hint:return}": lambda answer: answer is None},
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(3)
W, b, x, d_y = (rng.standard_normal(shape) for shape in [(4, 6), (6,), (5, 4), (5, 6)])
y = np.maximum(0, x @ W + b)
given = {"W": W, "b": b, "x": x, "d_y": d_y}
exercise.equal("{hint:forward_larger}", forward + "y", y, given=given)
exercise.equal(
    "{hint:by_both_larger}",
    forward + "layer.backward(d_y)\n[layer.d_W, layer.d_b]",
    [x.T @ (d_y * (y > 0)), (d_y * (y > 0)).sum(axis=0)],
    given=given,
)
exercise.equal("{hint:by_x_larger}", forward + "layer.backward(d_y)", (d_y * (y > 0)) @ W.T, given=given)
V, c, d_out = rng.standard_normal((6, 2)), rng.standard_normal(2), rng.standard_normal((5, 2))
out = np.maximum(0, y @ V + c)
exercise.equal(
    "{hint:two_layers}",
    """first, second = Dense(W, b), Dense(V, c)
second.forward(first.forward(x))
first.backward(second.backward(d_out))""",
    ((d_out * (out > 0)) @ V.T * (y > 0)) @ W.T,
    given={"W": W, "b": b, "V": V, "c": c, "x": x, "d_out": d_out},
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - forward: forward
# - by_W: the derivative by W
# - by_b: the derivative by b
# - by_x: the derivative by x
# - forward_larger: forward, larger
# - by_both_larger: the derivatives by W and b, larger
# - by_x_larger: the derivative by x, larger
# - two_layers: back through two layers
# - relu: Negative sums went through; ReLU makes them 0.
# - mask: Where the output is 0, nothing of `d_y` comes through: the slope of ReLU there is 0.
# - mean: Do not divide by the number of rows again; `d_y` has the mean in it.
# - bias: Every row adds to the same bias, so sum over the rows; the shape is that of `b`.
# - return: `backward` returns the derivative by the input; the layer below needs it.

# %% [markdown] lang="zh" role="hints" of="9d3d1a10"
# - forward: 向前
# - by_W: 对 W 的导数
# - by_b: 对 b 的导数
# - by_x: 对 x 的导数
# - forward_larger: 向前，更大的层
# - by_both_larger: 对 W 和 b 的导数，更大的层
# - by_x_larger: 对 x 的导数，更大的层
# - two_layers: 往回穿过两层
# - relu: 负的和原样通过了；ReLU 要把它们变成 0。
# - mask: 输出为 0 的地方，`d_y` 一点也传不回来：ReLU 在那里的斜率是 0。
# - mean: 不要再除以行数；`d_y` 里已经取过平均。
# - bias: 每一行都加上同一个偏置，所以要对各行求和；形状与 `b` 相同。
# - return: `backward` 要返回对输入的导数，下面一层等着用。

# %% [markdown] lang="en"
# ## 4. Choose the baseline ({exercise:choose_baseline})
#
# A network means nothing without a rival. You have the answers of several simple rivals on validation data and on test data.
# Which one stands in the report, and with what accuracy? The strongest one, chosen without a look at the test set.
#
# `validation_answers` and `test_answers` map each rival's name to its answers; the accuracy is the share of answers that equal the
# labels. Return the rival's name and its accuracy on the test data. If two are equally good, take the one that comes first.

# %% [markdown] lang="zh" of="00b2fb22"
# ## 4. 选基线（{exercise:choose_baseline}）
#
# 没有对手，网络的成绩说明不了什么。手上有几个简单对手在验证数据和测试数据上的回答。报告里该写哪一个，准确率是多少？
# 写最强的那一个，而且挑选时不许看测试集。
#
# `validation_answers` 和 `test_answers` 给出每个对手（按名字）的回答；准确率是回答与标签相同的比例。请返回这个对手的名字和它在测试数据上的
# 准确率。若两个一样好，取排在前面的。


# %% answer="choose_baseline"
def choose_baseline(validation_labels, validation_answers, test_labels, test_answers):
    """Name and test accuracy of the strongest rival, chosen on the validation data."""
    ### BEGIN SOLUTION
    accuracy = {name: np.mean(answers == validation_labels) for name, answers in validation_answers.items()}
    best = max(accuracy, key=accuracy.get)
    return best, np.mean(test_answers[best] == test_labels)
    ### END SOLUTION


# %% check="choose_baseline" minutes=10
import numpy as np

exercise = check("choose_baseline", points=3)
call = "choose_baseline(validation_labels, validation_answers, test_labels, test_answers)"
given = {
    "validation_labels": np.array([3, 1, 4, 1]),
    "validation_answers": {"always 1": np.array([1, 1, 1, 1]), "nearest": np.array([3, 1, 4, 9])},
    "test_labels": np.array([1, 1, 1, 5, 9]),
    "test_answers": {"always 1": np.array([1, 1, 1, 1, 1]), "nearest": np.array([1, 4, 4, 4, 9])},
}
exercise.equal("{hint:name}", call + "[0]", "nearest", given=given, mistakes={"{hint:test}": "always 1"})
exercise.equal(
    "{hint:accuracy}",
    call + "[1]",
    0.4,
    given=given,
    mistakes={"{hint:test}": 0.6, "{hint:validation}": 0.75, "{hint:count}": 2, "{hint:error}": 0.6},
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(4)
labels, test_labels = rng.integers(0, 10, 400), rng.integers(0, 10, 300)


def answers(labels, share):
    """Right for about this share of the labels."""
    return np.where(rng.random(len(labels)) < share, labels, rng.integers(0, 10, len(labels)))


shares = {"softmax": (0.6, 0.9), "tree": (0.8, 0.5), "neighbour": (0.7, 0.7), "chance": (0.1, 0.95)}
given = {
    "validation_labels": labels,
    "validation_answers": {name: answers(labels, share) for name, (share, _) in shares.items()},
    "test_labels": test_labels,
    "test_answers": {name: answers(test_labels, share) for name, (_, share) in shares.items()},
}
exercise.equal("{hint:name_of_four}", call + "[0]", "tree", given=given)
exercise.equal(
    "{hint:accuracy_of_four}", call + "[1]", np.mean(given["test_answers"]["tree"] == test_labels), given=given
)
tie = {"b": np.array([1, 0]), "a": np.array([0, 1])}
given = {
    "validation_labels": np.ones(2, int),
    "validation_answers": tie,
    "test_labels": np.ones(2, int),
    "test_answers": tie,
}
exercise.equal("{hint:tie}", call + "[0]", "b", given=given)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - name: the name of the rival
# - accuracy: its accuracy
# - name_of_four: the name among four rivals
# - accuracy_of_four: the accuracy among four rivals
# - tie: the first of two equals
# - test: You chose on the test set. Then its accuracy is no honest estimate any more: the choice has already used it.
# - validation: This is the accuracy on the validation data, which served for the choice. The report needs the one on the test data.
# - count: This is how many answers are right. The accuracy is their share.
# - error: This is the share of wrong answers.

# %% [markdown] lang="zh" role="hints" of="1eba643f"
# - name: 对手的名字
# - accuracy: 它的准确率
# - name_of_four: 四个对手中的名字
# - accuracy_of_four: 四个对手中的准确率
# - tie: 一样好时取前面的
# - test: 你是在测试集上挑的。这样一来，它的准确率就不再是诚实的估计：挑选时已经用过它了。
# - validation: 这是验证数据上的准确率，它用来挑选。报告里要写测试数据上的。
# - count: 这是答对的个数。准确率是比例。
# - error: 这是答错的比例。

# %% [markdown] lang="en"
# ## 5. Find the leak ({exercise:find_the_leak})
#
# A digit reader that has seen its test images before looks better than it is. Write `leaked_rows`: the places in `test`, in
# rising order, of the images that also stand somewhere in `train`, pixel for pixel. Both are arrays of shape (images, height, width).

# %% [markdown] lang="zh" of="3ad3b5e0"
# ## 5. 找出泄漏（{exercise:find_the_leak}）
#
# 如果测试图像在训练时已经见过，识别器看上去就比实际更好。请写 `leaked_rows`：`test` 里哪些图像在 `train` 的某处也出现过（每个像素都相同），
# 按从小到大返回它们的位置。两个数组的形状都是（图像数，高，宽）。


# %% answer="find_the_leak"
def leaked_rows(train, test):
    """Places in `test` of the images that also stand in `train`."""
    ### BEGIN SOLUTION
    seen = {image.tobytes() for image in train}
    return [place for place, image in enumerate(test) if image.tobytes() in seen]
    ### END SOLUTION


# %% check="find_the_leak" minutes=10
import numpy as np

exercise = check("find_the_leak", points=3)
a, b, c, d = np.array([[[0, 1], [2, 3]], [[3, 2], [1, 0]], [[0, 1], [2, 4]], [[6, 0], [0, 0]]], dtype="uint8")
exercise.equal(
    "{hint:three}",
    "leaked_rows(train, test)",
    [2],
    given={"train": np.stack([a, b]), "test": np.stack([c, d, a])},
    mistakes={
        "{hint:place}": [],
        "{hint:sum}": [1, 2],
        "{hint:pixel}": [0, 1, 2],
        "{hint:train}": [0],
        "{hint:mask}": [False, False, True],
    },
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(6)
train, test = rng.integers(0, 256, (300, 8, 8), dtype="uint8"), rng.integers(0, 256, (90, 8, 8), dtype="uint8")
exercise.equal("{hint:nothing}", "leaked_rows(train, test)", [], given={"train": train, "test": test}, weight=0)
test[[70, 3, 41]] = train[[9, 250, 9]]
test[5] = train[7].T
test[6] = train[8][::-1]
test[11] = train[12]
test[11, 0, 0] ^= 1
exercise.equal("{hint:ninety}", "leaked_rows(train, test)", [3, 41, 70], given={"train": train, "test": test})
exercise.equal(
    "{hint:more}",
    "leaked_rows(train, test)",
    [2, 4],
    given={"train": test[:3], "test": test[[9, 8, 1, 7, 0]]},
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - three: three test images, one of them leaked
# - nothing: nothing leaked
# - ninety: three leaked among ninety
# - more: more test images than training images
# - place: None found. Do you compare images at the same place only? A leaked image can stand anywhere in `train`.
# - sum: Two different images can have the same sum. All pixels must agree.
# - pixel: One common pixel is not enough; all of them must agree.
# - train: This is the place in `train`; the place in `test` is wanted.
# - mask: These are truth values; the places are wanted.

# %% [markdown] lang="zh" role="hints" of="109509d3"
# - three: 三张测试图，一张泄漏
# - nothing: 没有泄漏
# - ninety: 九十张里泄漏三张
# - more: 测试图比训练图多
# - place: 一个也没找到。是不是只比较了位置相同的图像？泄漏的图像可以在 `train` 的任何位置。
# - sum: 两张不同的图，像素之和可以相同。必须每个像素都一样。
# - pixel: 有一个像素相同还不够，必须全部相同。
# - train: 这是在 `train` 里的位置，要的是在 `test` 里的位置。
# - mask: 这是真假值，要的是位置。

# %% [markdown] lang="en"
# ## 6. Read the figure ({exercise:read_the_figure})
#
# Four networks with four hidden units learn XOR from the same start. Only the learning rate differs. The dotted line is $\ln 2$,
# the loss of somebody who always answers ½.

# %% [markdown] lang="zh" of="153753d1"
# ## 6. 读图（{exercise:read_the_figure}）
#
# 四个网络各有四个隐藏单元，从同一组初始值开始学异或，只有学习率不同。虚线是 $\ln 2$，即永远回答 ½ 的人的损失。


# %%
def losses(learning_rate, epochs=2000):
    """Loss after each epoch of a network with four hidden units, sigmoid in both layers."""
    rng = np.random.default_rng(0)
    W1, b1, W2, b2 = rng.standard_normal((2, 4)), np.zeros((1, 4)), rng.standard_normal((4, 1)), np.zeros((1, 1))
    for _ in range(epochs):
        h = sigmoid(inputs @ W1 + b1)
        y = sigmoid(h @ W2 + b2)
        yield -np.mean(targets * np.log(y) + (1 - targets) * np.log(1 - y))
        d2 = (y - targets) / 4
        d1 = d2 @ W2.T * h * (1 - h)
        W1, b1 = W1 - learning_rate * inputs.T @ d1, b1 - learning_rate * d1.sum(axis=0)
        W2, b2 = W2 - learning_rate * h.T @ d2, b2 - learning_rate * d2.sum(axis=0)


figure, axes = plt.subplots()
for name, rate, style in zip("ABCD", [0.02, 0.5, 2, 25], ["-", "--", "-.", ":"], strict=True):
    axes.plot(list(losses(rate)), style, label=f"{name}: learning rate {rate}")
axes.axhline(np.log(2), color="grey", linestyle=(0, (1, 3)), label="ln 2")
axes.set(xlabel="epoch", ylabel="loss", yscale="log")
axes.legend()
plt.show()

# %% [markdown] lang="en" role="alt"
# Line plot of the loss over 2,000 epochs on a logarithmic axis. A falls to ln 2 and stays there. B stays near ln 2 for about 400
# epochs and then falls. C falls after about 100 epochs. D jumps to about 3 and stays there.

# %% [markdown] lang="zh" role="alt" of="d99c8e2e"
# 2000 轮内损失的折线图，纵轴为对数。A 降到 ln 2 后不再下降；B 在 ln 2 附近停留约 400 轮后下降；C 约 100 轮后下降；D 跳到 3 左右并停在那里。

# %% [markdown] lang="en"
# Answer with letters and a number: which line reaches a loss of 0.1 first; which one took steps so large that it ended *worse* than
# always answering ½; and after about how many epochs does B reach a loss of 0.3?

# %% [markdown] lang="zh" of="aa981bec"
# 用字母和数字回答：哪条线最先降到 0.1；哪条线步子太大，结果**还不如**永远回答 ½；B 大约在多少轮之后降到 0.3？

# %% answer="read_the_figure"
### BEGIN SOLUTION
fastest, worse_than_guessing, epochs_of_b = "C", "D", 780
### GIVEN
# fastest, worse_than_guessing, epochs_of_b = "?", "?", 0
### END SOLUTION

# %% check="read_the_figure" minutes=5
exercise = check("read_the_figure", points=2)
what = "{hint:letter}"
for name in ("fastest", "worse_than_guessing"):
    exercise.test(what.format(name=name), name, lambda answer: answer in list("ABCD"), weight=0)
exercise.test("{hint:number}", "epochs_of_b", lambda answer: 0 < answer < 2000, weight=0)
### BEGIN HIDDEN TESTS
exercise.equal("fastest", "fastest", "C", hint="{hint:steepest}")
exercise.equal("worse_than_guessing", "worse_than_guessing", "D", hint="{hint:above}")
exercise.test(
    "epochs_of_b",
    "epochs_of_b",
    lambda answer: 680 <= answer <= 880,
    mistakes={"{hint:other}": lambda answer: answer < 500},
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - letter: {name} is one of the letters
# - number: epochs_of_b is a number on the axis
# - steepest: Follow a loss of 0.1 from the left: the first line that you meet.
# - above: Look for the line that ends above the dotted one.
# - other: This is where B leaves the dotted line. Follow it further down, to 0.3; the axis is logarithmic.

# %% [markdown] lang="zh" role="hints" of="242883d9"
# - letter: {name} 是其中一个字母
# - number: epochs_of_b 是横轴上的一个数
# - steepest: 沿着损失 0.1 从左往右看，最先遇到的是哪条线？
# - above: 找停在虚线上方的那条线。
# - other: 这是 B 离开虚线的地方。再往下看到 0.3；纵轴是对数刻度。

# %% [markdown] lang="en"
# ## 7. Failed, or not finished? ({exercise:failed_or_slow})
#
# Line A ends at ln 2. Has this network failed, or has it not finished? Write three or four sentences: what you would do to find
# out, what you expect to see, and which result would change your mind.

# %% [markdown] lang="zh" of="93092e66"
# ## 7. 失败了，还是没学完？（{exercise:failed_or_slow}）
#
# A 停在 ln 2。这个网络是失败了，还是没学完？用三四句话写出：你会怎样弄清楚，预计看到什么，什么样的结果会让你改变看法。

# %% [markdown] lang="en" answer="failed_or_slow" points=3 minutes=10
# ### BEGIN SOLUTION
# Give it more epochs before judging: at a 25 times smaller rate than B, the same path takes about 25 times as many epochs, so B's 780
# become about 20,000. I expect the loss to stay near ln 2 for about 10,000 epochs and then to fall as B's does. If it is still at
# ln 2 after, say, 50,000 epochs, with a gradient near zero, the network is stuck; other starts would show whether that is rule or accident.
#
# One point each for: more epochs (with a reasoned number), the expected course, a result that would refute it.
# ### END SOLUTION

# %% [markdown] lang="zh" answer="failed_or_slow" points=3 minutes=10 of="1c6d4705"
# ### BEGIN SOLUTION
# 先多给些轮数再下结论：学习率是 B 的 1/25，走同一条路大约要 25 倍的轮数，B 的 780 轮就成了约 2 万轮。预计损失先在 ln 2 附近停留约 1 万轮，
# 然后像 B 那样下降。如果（比如）5 万轮之后仍停在 ln 2，而且梯度接近零，那就是卡住了；再换几组初始值，可知这是常态还是偶然。
#
# 三点各一分：多训练（轮数有依据），预计的过程，能推翻它的结果。
# ### END SOLUTION
