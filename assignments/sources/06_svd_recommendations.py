# %% [markdown] lang="en"
# # Assignment 06 · SVD and recommending
#
# {total} in all, after [chapter 06](../notebooks/06_svd_recommendations.ipynb).
#
# 1. Run the cells from top to bottom; the first one sets up the assignment.
# 2. In an answer cell, put your code in place of `raise NotImplementedError`, or change the code that is there. You may add cells.
# 3. Run the check below it, as often as you like. It answers at once, often with a hint. When your work is graded, the same
#    check runs with further numbers, and each part of it earns its share of the points.
# 4. Before you hand in: *Kernel → Restart Kernel and Run All Cells*. Leave the file's name as it is.

# %% [markdown] lang="zh" of="17cc9197"
# # 作业 06 · 奇异值分解与推荐
#
# 共 {total}，配合[第 06 章](../../notebooks/zh/06_svd_recommendations.ipynb)。
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
from scipy.sparse.linalg import svds

np.set_printoptions(precision=3, suppress=True)

# %% [markdown] lang="en"
# ## 1. Mend the recommender ({exercise:mend_the_recommender})
#
# Article A1 (§4.5) multiplies a row of its "interest matrix" with itself and recommends the result. Here is the same thought with
# real stars. `stars` has shape (users, films) and is NaN where a rating is unknown. Two faults are in `predict_stars`, and two in
# `recommend`. Mend them.
#
# - `predict_stars` gives the SVD the *residuals*, what is left of a rating when the mean of all known ratings is taken away, with 0
#   for "as expected" in the unknown cells. It returns stars.
# - `recommend` lists the places of the `count` films with the highest predictions for `user`, the best first, among the films that
#   this user has not rated. A prediction can be any number, below 0 too.

# %% [markdown] lang="zh" of="30a5fd9d"
# ## 1. 修好推荐器（{exercise:mend_the_recommender}）
#
# 文章 A1（§4.5）拿“用户兴趣矩阵”的一行与它自己相乘，得到的就算推荐。下面是同样的思路，换成了真的星数。`stars` 的形状是
# （用户数，电影数），未知的评分是 NaN。`predict_stars` 里有两处毛病，`recommend` 里也有两处。请修好。
#
# - `predict_stars` 交给奇异值分解的应当是**残差**，即评分减去所有已知评分的均值；未知的格子填 0，意思是“与预期一致”。返回的是星数。
# - `recommend` 在 `user` 没有评过的电影里，列出预测最高的 `count` 部的位置，最好的在前。预测可以是任何数，也可能低于 0。


# %% answer="mend_the_recommender"
def predict_stars(stars, rank):
    """Predicted stars of every user for every film, shape (users, films)."""
    mean = np.nanmean(stars)
    ### BEGIN SOLUTION
    residuals = np.nan_to_num(stars - mean)
    ### GIVEN
    # residuals = np.nan_to_num(stars) - mean
    ### END SOLUTION
    left, values, right = svds(residuals, k=rank)
    ### BEGIN SOLUTION
    return mean + (left * values) @ right
    ### GIVEN
    # return mean + (left * values) @ left.T
    ### END SOLUTION


def recommend(stars, predicted, user, count):
    """Places of the best films for `user` that this user has not rated, the best first."""
    ### BEGIN SOLUTION
    scores = np.where(np.isnan(stars[user]), predicted[user], -np.inf)
    return np.argsort(-scores)[:count]
    ### GIVEN
    # return np.argsort(predicted[user])[:count]
    ### END SOLUTION


# %% check="mend_the_recommender" minutes=10
import numpy as np

exercise = check("mend_the_recommender", points=3)
nan = np.nan
stars = np.array([[5, 4, nan, 1, nan], [4, nan, 5, nan, 1], [nan, 1, nan, 5, 4], [1, nan, 1, 4, nan]])
exercise.equal(
    "there is a prediction for each user and film",
    "list(predict_stars(stars, rank=2).shape)",
    [4, 5],
    given={"stars": stars},
    mistakes={"{hint:films}": [4, 4]},
)
exercise.equal(
    "the predictions",
    "predict_stars(stars, rank=2)",
    np.array(
        [
            [4.2614645, 4.3811154, 3.3827323, 0.9976168, 2.4959999],
            [4.521312, 2.6740542, 5.0346238, 2.8408745, 2.0700983],
            [2.2022948, 1.4315186, 3.307017, 5.0535527, 3.2062949],
            [1.291322, 2.789705, 1.1700541, 3.8315628, 3.9512137],
        ]
    ),
    given={"stars": stars},
    mistakes={
        "{hint:films}": lambda answer: answer.shape == (4, 4),
        "{hint:zero}": lambda answer: np.allclose(answer[0, :3], [4.0538441, 1.7486726, 2.6491304]),
        "{hint:back}": lambda answer: np.allclose(answer[0, :3], [1.2614645, 1.3811154, 0.3827323]),
    },
)
given = {
    "stars": np.array([[5, nan, 1, nan, nan], [nan] * 5]),
    "predicted": np.array([[4.6, 3.2, -0.1, 3.9, 2.5], [2.0, 4.4, 3.1, 2.7, 3.6]]),
}
exercise.test(
    "two films for a user, and none that the user has rated",
    "recommend(stars, predicted, user=0, count=2)",
    lambda answer: len(answer) == 2 and set(np.ravel(answer).tolist()) <= {1, 3, 4},
    given=given,
    hint="{hint:rated}",
)
exercise.equal(
    "three films for a user who has rated none, the best first",
    "recommend(stars, predicted, user=1, count=3)",
    [1, 4, 2],
    given=given,
    mistakes={"{hint:order}": [0, 3, 2]},
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(6)
stars = np.where(rng.random((9, 7)) < 0.6, rng.integers(1, 6, (9, 7)).astype(float), nan)
stars[:, [1, 5]] = nan  # so that everybody has two films left
known, mean = ~np.isnan(stars), np.nanmean(stars)
left, values, right = np.linalg.svd(np.where(known, stars - mean, 0))
exercise.equal(
    "the predictions for another table",
    "predict_stars(stars, rank=3)",
    mean + left[:, :3] * values[:3] @ right[:3],
    given={"stars": stars},
)
predicted = rng.normal(0, 2, (9, 7))
lists = [[film for film in np.argsort(-predicted[user]) if not known[user, film]] for user in range(9)]
exercise.equal(
    "the first two films of nine users, some predictions below 0",
    "[list(recommend(stars, predicted, user, 2)) for user in range(9)]",
    [films[:2] for films in lists],
    given={"stars": stars, "predicted": predicted},
    mistakes={
        "{hint:below}": [np.argsort(-np.where(known[user], 0, predicted[user]))[:2].tolist() for user in range(9)]
    },
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - films: This is a table of users by users. Which of the three factors holds the films?
# - zero: When is an unknown cell filled here: before or after the mean is taken away? What does it then say about the film?
# - back: These are residuals. What has to be added to make stars of them?
# - rated: This user rated films 0 and 2. What could you do to their scores so that they are never among the best?
# - order: These are the worst films, the worst first. In which order does `argsort` list?
# - below: What score have you given to the films that are out? Can another film's prediction lie below it?

# %% [markdown] lang="zh" role="hints" of="8de0e8ff"
# - films: 这是一张“用户 × 用户”的表。三个因子里，哪一个装着电影？
# - zero: 未知的格子是什么时候填的，减均值之前还是之后？填完以后，它对这部电影说了什么？
# - back: 这是残差。要加上什么才是星数？
# - rated: 这位用户评过电影 0 和 2。怎样改动它们的得分，它们才绝不会排在前面？
# - order: 这是最差的几部，而且最差的在前。`argsort` 是按什么顺序排的？
# - below: 要排除的电影，你给了多少分？别的电影的预测会不会比它还低？

# %% [markdown] lang="en"
# ## 2. What a rank costs ({exercise:cost_of_a_rank})
#
# How good can a table of rank $k$ be at all? Section 3 of the chapter has the answer of Eckart and Young: the best one misses by
# the singular values that it leaves out. So you need no approximation to know its error.
#
# - `approximation_errors(table)` returns the root mean square error per cell (over all rows × columns cells) of the best
#   approximation of rank 0, 1, 2, … up to the full rank, `min(rows, columns)`.
# - `rank_for(table, error)` returns the smallest rank whose error is at most `error`.
#
# On paper first: a table of 3 × 4 cells has the singular values 3, 2 and 1. What are the errors of rank 0 and of rank 3?

# %% [markdown] lang="zh" of="fddb57e9"
# ## 2. 一个秩的代价（{exercise:cost_of_a_rank}）
#
# 秩为 $k$ 的表最好能好到什么程度？正文第 3 节里有 Eckart 和 Young 的答案：最好的那一张，差的就是它舍去的那些奇异值。所以不必真的去做近似，就知道误差。
#
# - `approximation_errors(table)`：依次返回秩为 0、1、2、……直到满秩 `min(行数, 列数)` 的最佳近似的均方根误差（对全部“行数 × 列数”个格子取平均）。
# - `rank_for(table, error)`：返回误差不超过 `error` 的最小的秩。
#
# 先在纸上算：一张 3 × 4 的表，奇异值是 3、2、1。秩为 0 和秩为 3 时，误差各是多少？


# %% answer="cost_of_a_rank"
def approximation_errors(table):
    """Root mean square errors of the best approximations of rank 0, 1, …, min(table.shape)."""
    ### BEGIN SOLUTION
    squares = np.linalg.svd(table, compute_uv=False) ** 2
    left_out = np.append(np.cumsum(squares[::-1])[::-1], 0)  # summed from the smallest: it never falls below 0
    return np.sqrt(left_out / table.size)
    ### END SOLUTION


def rank_for(table, error):
    """The smallest rank whose best approximation has at most this root mean square error."""
    ### BEGIN SOLUTION
    return np.flatnonzero(approximation_errors(table) <= error)[0]
    ### END SOLUTION


# %% check="cost_of_a_rank" minutes=12
import numpy as np

exercise = check("cost_of_a_rank", points=4)
table = np.array([[3.0, 0, 0, 0], [0, 2, 0, 0], [0, 0, 0, 1]])
exercise.equal(
    "the errors of a table with singular values 3, 2, 1",
    "approximation_errors(table)",
    np.array([1.0801234, 0.6454972, 0.2886751, 0.0]),
    given={"table": table},
    mistakes={
        "{hint:nothing}": lambda answer: len(answer) == 3,
        "{hint:cells}": np.sqrt([14, 5, 1, 0]),
        "{hint:largest}": lambda answer: np.allclose(np.array(answer)[:3] / answer[2], [3, 2, 1]),
        "{hint:kept}": lambda answer: answer[0] < answer[-1],
        "{hint:root}": np.array([14, 5, 1, 0]) / 12,
        "{hint:rows}": lambda answer: np.allclose(np.array(answer)[:3] / answer[2], np.sqrt([14, 5, 1])),
    },
    hint="{hint:squares}",
)
for error, rank in [(0.7, 1), (1.2, 0)]:
    exercise.equal(
        f"the smallest rank for an error of {error}",
        "rank_for(table, error)",
        rank,
        given={"table": table, "error": error},
        mistakes={"{hint:counting}": rank + 1, "{hint:smallest}": lambda answer, rank=rank: answer > rank},
        weight=0.5,
    )
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(7)
table = rng.standard_normal((7, 5)) @ np.diag([4, 2, 1, 0.5, 0.1]) @ rng.standard_normal((5, 5))
left, values, right = np.linalg.svd(table, full_matrices=False)
errors = [np.sqrt(np.mean((table - left[:, :rank] * values[:rank] @ right[:rank]) ** 2)) for rank in range(6)]
exercise.equal(
    "the errors of a full table of 7 by 5 cells, ranks 0 to 4",
    "approximation_errors(table)[:5]",
    errors[:5],
    given={"table": table},
    weight=0.5,
)
exercise.equal(
    "the errors of a table of 5 by 7 cells, ranks 0 to 4",
    "approximation_errors(table)[:5]",
    errors[:5],
    given={"table": table.T},
    weight=0.5,
)
exercise.test(
    "full rank leaves no error, in four tables",
    "[approximation_errors(table)[-1] for table in tables]",
    lambda answer: len(answer) == 4 and max(answer) < 1e-5,
    given={"tables": [rng.standard_normal((6, columns)) for columns in (2, 3, 6, 9)]},
    mistakes={"{hint:negative}": lambda answer: np.isnan(answer).any()},
    weight=0.5,
)
exercise.equal(
    "smallest ranks for four errors",
    "[rank_for(table, error) for error in errors]",
    [1, 2, 3, 4],
    given={"table": table, "errors": [1.001 * error for error in errors[1:5]]},
    weight=0.5,
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - nothing: Three errors for three singular values. What is the table of rank 0, and how far is it from the table?
# - cells: This is the root of the *sum* of the squares. Over how many cells is the mean?
# - largest: You take one singular value for each rank. Does rank 0 leave out only one of them?
# - kept: The errors should fall as the rank grows. Do these numbers measure what is left out, or what is kept?
# - root: This is the mean square error. In what unit would it be, if the table held stars?
# - rows: The ratios are right, their common factor is not. Over how many cells is the mean?
# - squares: Which sum do Eckart and Young speak of: that of the singular values left out, or that of their squares?
# - counting: At which rank does your list begin, 0 or 1?
# - smallest: This rank does it. Does a smaller one do it too?
# - negative: NaN comes from the root of a negative number. Two nearly equal numbers were subtracted; can you add up what is left out instead?

# %% [markdown] lang="zh" role="hints" of="73f4bdde"
# - nothing: 三个奇异值，你给了三个误差。秩为 0 的表是什么样？它离原表有多远？
# - cells: 这是平方**和**的平方根。平均是对多少个格子取的？
# - largest: 每个秩你只取了一个奇异值。秩为 0 时，舍去的只有一个吗？
# - kept: 秩越大，误差应当越小。这些数衡量的是舍去的，还是留下的？
# - root: 这是均方误差。如果表里装的是星数，它的单位是什么？
# - rows: 比例对了，差一个公共的倍数。平均是对多少个格子取的？
# - squares: Eckart 和 Young 说的是哪一个和：舍去的奇异值之和，还是它们的平方和？
# - counting: 你的列表从秩 0 开始，还是从秩 1 开始？
# - smallest: 这个秩够了。更小的秩够不够？
# - negative: NaN 来自对负数开方：两个几乎相等的数相减了。能不能改成把舍去的部分加起来？

# %% [markdown] lang="en"
# ## 3. A new user: generous, or of this taste? ({exercise:fold_in})
#
# Somebody gives 5 stars to everything they rate. Do they love these films, or do they give 5 stars to all? Section 12 of the
# chapter folds a user into the Bayesian model. Here is the plain version, for the model
# $\hat r_v = \mu + b_v + b_u + p_u \cdot q_v$. The films' $b_v$ and $q_v$ are fixed; the user's bias $b_u$ and factors $p_u$ are estimated
# *together*, by one ridge regression on the ratings this user gave:
#
# $$\min_{b_u,\, p_u} \sum_{v\ \text{rated}} (r_v - \mu - b_v - b_u - p_u \cdot q_v)^2 + \lambda\, (b_u^2 + |p_u|^2).$$
#
# Return the predictions for *all* films (not limited to the scale). Written as $(1, q_v)$, a film's vector makes the bias one more
# factor. The user of the first check rates films 0 and 2; on paper, $b_u = \tfrac12$.

# %% [markdown] lang="zh" of="fdda2f1d"
# ## 3. 新用户：是手松，还是真喜欢？（{exercise:fold_in}）
#
# 有人不管评什么都打 5 星。他是喜欢这些电影，还是对谁都打 5 星？正文第 12 节把用户折入贝叶斯模型，这里做一个朴素的版本，模型是
# $\hat r_v = \mu + b_v + b_u + p_u \cdot q_v$。电影的 $b_v$ 和 $q_v$ 固定不变；用户的偏置 $b_u$ 和因子 $p_u$ 要**一起**估计，
# 用这位用户给出的评分做一次岭回归：
#
# $$\min_{b_u,\, p_u} \sum_{v\ \text{已评}} (r_v - \mu - b_v - b_u - p_u \cdot q_v)^2 + \lambda\, (b_u^2 + |p_u|^2) 。$$
#
# 请返回对**所有**电影的预测（不必限制在评分范围之内）。把电影向量写成 $(1, q_v)$，偏置就成了又一个因子。
# 第一项检查里的用户评了电影 0 和 2；在纸上可以算出 $b_u = \tfrac12$。


# %% answer="fold_in"
def fold_in(film_factors, film_bias, mean, rated, stars, strength):
    """Predicted stars of a new user for all films.

    `film_factors` has shape (films, rank), `film_bias` (films,); `rated` holds the places of the films that
    the user has rated, `stars` the ratings; `strength` is λ.
    """
    ### BEGIN SOLUTION
    vectors = np.column_stack([np.ones(len(film_bias)), film_factors])
    known = vectors[rated]
    system = known.T @ known + strength * np.eye(vectors.shape[1])
    user = np.linalg.solve(system, known.T @ (stars - mean - film_bias[rated]))
    return mean + film_bias + vectors @ user
    ### END SOLUTION


# %% check="fold_in" minutes=15
import numpy as np

exercise = check("fold_in", points=4)
call = "fold_in(film_factors, film_bias, mean, rated, stars, strength)"
given = {
    "film_factors": np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, -1.0]]),
    "film_bias": np.array([0.5, -0.5, 0.0, 0.0]),
    "mean": 3.0,
    "rated": np.array([0, 2]),
    "stars": np.array([5.0, 4.0]),
    "strength": 1.0,
}
exercise.equal(
    "four films, two of them rated",
    call,
    np.array([4.5, 3.0, 4.0, 4.0]),
    given=given,
    mistakes={
        "{hint:films}": lambda answer: np.shape(answer) == (2,),
        "{hint:generous}": np.array([4.3, 2.6, 3.9, 3.7]),
        "{hint:expected}": np.array([4.75, 3.0, 4.125, 4.375]),
        "{hint:residuals}": np.array([1.0, 0.5, 1.0, 1.0]),
        "{hint:no_penalty}": np.array([5.0, 2.75, 4.0, 5.0]),
        "{hint:bias_penalty}": np.array([4.8333333, 3.6666667, 4.1666667, 4.5]),
        "{hint:count}": np.array([4.3125, 2.96875, 3.875, 3.75]),
    },
)
exercise.equal(
    "an enormous strength leaves what everybody expects",
    call,
    np.array([3.5, 2.5, 3.0, 3.0]),
    given={**given, "strength": 1e9},
    mistakes={
        "{hint:residuals}": np.zeros(4),
        "{hint:bias_penalty}": np.array([4.75, 3.75, 4.25, 4.25]),
        "{hint:no_penalty}": np.array([5.0, 2.75, 4.0, 5.0]),
    },
    weight=0.5,
)
### BEGIN HIDDEN TESTS
from sklearn.linear_model import Ridge

rng = np.random.default_rng(8)
for rank, rated, strength in [(3, [4, 0, 7, 2, 9], 0.7), (5, [11, 3], 4.0)]:
    films, bias = rng.standard_normal((12, rank)), rng.normal(0, 0.4, 12)
    stars = rng.integers(1, 6, len(rated)).astype(float)
    vectors = np.hstack([films, np.ones((12, 1))])
    fitted = Ridge(alpha=strength, fit_intercept=False).fit(vectors[rated], stars - 3.5 - bias[rated])
    exercise.equal(
        f"twelve films, {rank} factors, {len(rated)} ratings",
        call,
        3.5 + bias + vectors @ fitted.coef_,
        given={
            "film_factors": films,
            "film_bias": bias,
            "mean": 3.5,
            "rated": np.array(rated),
            "stars": stars,
            "strength": strength,
        },
        weight=0.75,
    )
exercise.equal(
    "a user without any rating",
    call,
    np.array([3.5, 2.5, 3.0, 3.0]),
    given={**given, "rated": np.zeros(0, int), "stars": np.zeros(0)},
    hint="{hint:nobody}",
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - films: These are predictions for the rated films only. Which films would a recommender want to know about?
# - generous: Factors alone explain the stars here. Where is the user's own bias?
# - expected: What does the model expect of a film before it knows anything of the user? The regression explains what is *left* after that.
# - residuals: These are deviations from what is expected. What makes stars of them?
# - no_penalty: Two ratings, three unknowns: this fits the ratings exactly. Where is λ?
# - bias_penalty: You let the bias go free and hold back the factors only. What does the formula say?
# - count: λ is multiplied by the number of ratings here. What does the formula say?
# - nobody: What is the minimum of the formula when its sum has no term? Everything should still be defined.

# %% [markdown] lang="zh" role="hints" of="cd29933c"
# - films: 这里只有对已评电影的预测。推荐系统想知道的是哪些电影？
# - generous: 现在全靠因子来解释星数。用户自己的偏置在哪里？
# - expected: 对用户一无所知时，模型对一部电影的预期是多少？回归要解释的，是**除此之外**剩下的部分。
# - residuals: 这是与预期的偏差。怎样变成星数？
# - no_penalty: 两个评分，三个未知数：评分被拟合得分毫不差。λ 在哪里？
# - bias_penalty: 你只压住了因子，没有压偏置。公式是怎么写的？
# - count: 这里的 λ 乘上了评分的个数。公式是怎么写的？
# - nobody: 求和里一项也没有时，公式的最小值在哪里？这时各个量也应当有定义。

# %% [markdown] lang="en"
# ## 4. Fill, shrink, repeat ({exercise:soft_impute})
#
# The chapter fills empty cells with 0 once and for all. Why not fill them with what the model says, and fit again? Mazumder, Hastie and
# Tibshirani (2010, *Journal of Machine Learning Research* 11, 2287–2322) did, with one more idea: all singular values become smaller by λ, and those below λ become 0. That is *soft
# thresholding*; the data decide how many directions are left.
#
# - `shrink(table, strength)` returns the table with each singular value $\sigma$ replaced by $\max(\sigma - \lambda, 0)$.
# - `soft_impute(table, strength, rounds)`: unknown cells are NaN. Start from the estimate 0 everywhere. In each round, put the
#   estimate into the unknown cells, keep the known ones as they are in the table, and shrink; this is the next estimate. Return the last.

# %% [markdown] lang="zh" of="4f21a0d7"
# ## 4. 填上，收缩，再来一遍（{exercise:soft_impute}）
#
# 正文里的空格一次填零，就此不变。为什么不用模型自己的估计去填，然后再拟合一遍？Mazumder、Hastie 和 Tibshirani（2010，*Journal of Machine Learning Research* 11，2287–2322）就是这样做的，
# 还加了一招：每个奇异值都减去 λ，不足 λ 的变成 0。这叫**软阈值**；留下几个方向，由数据决定。
#
# - `shrink(table, strength)`：把每个奇异值 $\sigma$ 换成 $\max(\sigma - \lambda, 0)$，返回得到的表。
# - `soft_impute(table, strength, rounds)`：未知的格子是 NaN。开始时，处处估计为 0。每一轮：未知的格子填上当前的估计，已知的格子照表里的数，
#   然后收缩，得到下一个估计。返回最后的估计。


# %% answer="soft_impute"
def shrink(table, strength):
    """The table with singular values smaller by `strength`, none below 0."""
    ### BEGIN SOLUTION
    left, values, right = np.linalg.svd(table, full_matrices=False)
    return left * np.maximum(values - strength, 0) @ right
    ### END SOLUTION


def soft_impute(table, strength, rounds):
    """An estimate of all cells of a table that is NaN where unknown."""
    ### BEGIN SOLUTION
    estimate = np.zeros(table.shape)
    for _ in range(rounds):
        estimate = shrink(np.where(np.isnan(table), estimate, table), strength)
    return estimate
    ### END SOLUTION


# %% check="soft_impute" minutes=15
import numpy as np

exercise = check("soft_impute", points=4)
exercise.equal(
    "singular values 5, 3, 1, made smaller by 2",
    "shrink(table, strength=2.0)",
    np.diag([3.0, 1.0, 0.0]),
    given={"table": np.diag([5.0, 3.0, 1.0])},
    mistakes={
        "{hint:hard}": np.diag([5.0, 3.0, 0.0]),
        "{hint:below}": np.diag([3.0, 1.0, -1.0]),
        "{hint:turned}": np.diag([3.0, 1.0, 1.0]),
    },
)
nan = np.nan
table = np.array([[4, 2, nan], [2, nan, 2], [nan, 1, 2]])
first = np.array(
    [[2.7894991, 1.1937406, 0.3097595], [1.2596482, 0.5799621, 0.9960178], [0.3558887, 0.1948525, 0.9301103]]
)
third = np.array(
    [[2.7155248, 1.3536659, 0.9252902], [1.4986717, 0.8404271, 1.0429657], [0.8135272, 0.5156788, 0.9052501]]
)
exercise.equal(
    "one round", "soft_impute(table, strength=1.5, rounds=1)", first, given={"table": table}, hint="{hint:start}"
)
exercise.equal(
    "three rounds",
    "soft_impute(table, strength=1.5, rounds=3)",
    third,
    given={"table": table},
    mistakes={
        "{hint:again}": first,
        "{hint:known}": lambda answer: answer[0, 0] < 2,
        "{hint:last}": lambda answer: abs(answer[0, 0] - 4) < 1e-9,
    },
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(9)


def shrunk(table, strength):
    left, values, right = np.linalg.svd(table, full_matrices=False)
    return (left * np.maximum(values - strength, 0)) @ right


wide = rng.standard_normal((4, 9))
exercise.equal(
    "shrinking tables of 4 by 9 and 9 by 4 cells",
    "[shrink(table, 2.5), shrink(table.T, 2.5).T]",
    [shrunk(wide, 2.5)] * 2,
    given={"table": wide},
)
truth = np.outer(rng.uniform(1, 3, 12), rng.uniform(1, 3, 10))
table = np.where(rng.random((12, 10)) < 0.3, nan, truth)
estimate = np.zeros((12, 10))
for _ in range(7):
    estimate = shrunk(np.where(np.isnan(table), estimate, table), 1.5)
exercise.equal(
    "seven rounds on a table of 12 by 10 cells",
    "soft_impute(table, 1.5, 7)",
    estimate,
    given={"table": table},
)
exercise.test(
    "unknown cells of a table of rank 1 come near the truth",
    "soft_impute(table, 0.1, 300)",
    lambda answer: np.abs(answer - truth).max() < 0.2,
    given={"table": table},
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - hard: The small singular value is gone, but the others are as they were. What happens to 5 and 3?
# - below: Can a singular value be negative?
# - turned: 1 − 2 has become +1. Which values should vanish?
# - start: In the first round the estimate is 0. What then stands in the unknown cells, and what in the known ones?
# - again: Three rounds give what one gives. What stands in the unknown cells at the beginning of the second round?
# - known: The known cells get weaker with every round. What should stand in them before each shrinking?
# - last: The known cells come out exactly as they went in. What is the last thing that a round does?

# %% [markdown] lang="zh" role="hints" of="e42a8fb1"
# - hard: 小的奇异值没了，其余的却原封不动。5 和 3 该变成什么？
# - below: 奇异值能是负数吗？
# - turned: 1 − 2 变成了 +1。哪些值应当消失？
# - start: 第一轮的估计是 0。这时未知的格子里是什么，已知的格子里又是什么？
# - again: 三轮的结果和一轮一样。第二轮开始时，未知的格子里是什么？
# - known: 已知的格子一轮比一轮弱。每次收缩之前，那里应当是什么？
# - last: 已知的格子怎样进去就怎样出来。每一轮最后一步做的是什么？

# %% [markdown] lang="en"
# ## 5. Find the leak ({exercise:find_the_leak})
#
# "How generous is this user?" is a useful input for any predictor of ratings. The function below answers it with the user's mean.
# With it, training error and test error both look wonderful. Too wonderful: the mean knows ratings that it must not know.
#
# For each rating, what may be known? Of the user's *training* ratings, all *but this one*; of the user's test ratings, nothing. Change the
# function so that it returns, for each rating, the mean of what may be known, and 3.0 where nothing is.
#
# `user` and `stars` have one entry a rating; `train` is True for the ratings of the training part.

# %% [markdown] lang="zh" of="cbdadb4d"
# ## 5. 找出泄漏（{exercise:find_the_leak}）
#
# “这位用户手松还是手紧？”对任何评分预测器都是有用的输入。下面的函数用该用户的均值来回答。有了它，训练误差和测试误差都漂亮得很，
# 漂亮得可疑：这个均值知道了它不该知道的评分。
#
# 对每一个评分，可以知道的是什么？该用户的**训练**评分，但要**除去这一个**；该用户的测试评分，一个也不能知道。请修改函数，对每个评分返回“可以知道的评分”
# 的均值；什么也不能知道时，返回 3.0。
#
# `user` 和 `stars` 每个评分一项；属于训练集的评分，`train` 为 True。


# %% answer="find_the_leak"
def generosity(user, stars, train):
    """For each rating, the mean of the same user's other training ratings; 3.0 where there are none."""
    ### BEGIN SOLUTION
    sums = np.bincount(user[train], stars[train], minlength=user.max() + 1)[user] - stars * train
    counts = np.bincount(user[train], minlength=user.max() + 1)[user] - train
    return np.where(counts > 0, sums / np.maximum(counts, 1), 3.0)
    ### GIVEN
    # return np.bincount(user, stars)[user] / np.bincount(user)[user]
    ### END SOLUTION


# %% check="find_the_leak" minutes=10
import numpy as np

exercise = check("find_the_leak", points=3)
of_training = "[value for value, known in zip(generosity(user, stars, train), train) if known]"
of_test = "[value for value, known in zip(generosity(user, stars, train), train) if not known]"
given = {
    "user": np.array([0, 0, 0, 1, 1, 1, 0, 1]),
    "stars": np.array([5.0, 4.0, 3.0, 1.0, 2.0, 4.0, 1.0, 5.0]),
    "train": np.array([True, True, True, True, True, False, False, False]),
}
leaky = np.array([3.25, 3.25, 3.25, 3.0, 3.0, 3.0, 3.25, 3.0])
exercise.equal(
    "the inputs of the training ratings",
    of_training,
    np.array([3.5, 4.0, 4.5, 2.0, 1.0]),
    given=given,
    mistakes={
        "{hint:test}": leaky[:5],
        "{hint:own}": np.array([4.0, 4.0, 4.0, 1.5, 1.5]),
        "{hint:all_others}": lambda answer: np.allclose(answer[:3], [8 / 3, 3, 10 / 3]),
    },
)
exercise.equal(
    "the inputs of the test ratings",
    of_test,
    np.array([1.5, 4.0, 1.5]),
    given=given,
    mistakes={
        "{hint:test}": leaky[5:],
        "{hint:all_others}": lambda answer: np.allclose(answer[1], 4) and answer[0] > 2,
    },
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(10)
user = np.concatenate([np.repeat(np.arange(12), 2), rng.integers(0, 12, 60)])
train = np.concatenate([np.ones(24, bool), rng.random(60) < 0.7])
stars = rng.integers(1, 6, 84).astype(float)
given = {"user": user, "stars": stars, "train": train}


def mean_of_others(row):
    others = train & (user == user[row])
    others[row] = False
    return stars[others].mean()


expected = np.array([mean_of_others(row) for row in range(84)])
exercise.equal("twelve users, training ratings", of_training, expected[train], given=given)
exercise.equal("twelve users, test ratings", of_test, expected[~train], given=given)
exercise.equal(
    "users about whom nothing may be known",
    "generosity(user, stars, train)",
    np.array([2.0, 4.0, 3.0, 3.0, 3.0]),
    given={
        "user": np.array([0, 0, 3, 1, 1]),
        "stars": np.array([4.0, 2.0, 1.0, 5.0, 5.0]),
        "train": np.array([True, True, True, False, False]),
    },
    mistakes={"{hint:nothing}": lambda answer: np.isnan(answer).any() or 0 in answer},
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - test: The users' test ratings are still in these means. Which ratings may be counted at all?
# - own: Each training rating is still in its own mean. What would a predictor learn from an input that contains the answer?
# - all_others: Each rating leaves itself out, but others of the test part are still counted. When are they known?
# - nothing: A mean of no ratings is 0/0. What should stand there?

# %% [markdown] lang="zh" role="hints" of="14802df6"
# - test: 均值里还有用户的测试评分。究竟哪些评分可以算进去？
# - own: 每个训练评分都还在自己的均值里。输入里已经含有答案，预测器会学到什么？
# - all_others: 每个评分都除去了自己，但测试集里的其他评分还算在内。它们是什么时候才知道的？
# - nothing: 没有评分的均值是 0/0。那里应当返回什么？

# %% [markdown] lang="en"
# ## 6. The rival of every recommender ({exercise:popular_recall})
#
# A recommender of films must beat the list that is the same for everybody. How many of the right films does *popularity* find?
# `seen` and `relevant` are truth tables of shape (users, films): what each user has watched so far, and what the user watches
# later, the test data.
#
# For each user: take the `count` most watched films that this user has not watched yet (of equally popular ones, the one with the lower
# place); the *recall* is the share of the user's relevant films that are among them. Return the mean recall over the users who have at least one relevant film.

# %% [markdown] lang="zh" of="c6248b94"
# ## 6. 推荐系统共同的对手（{exercise:popular_recall}）
#
# 电影推荐系统首先要胜过人人一份的热门榜。**热门榜**能找出多少部该找的电影？`seen` 和 `relevant` 是形状为（用户数，电影数）的真假表：前者是每个用户
# 迄今看过的，后者是用户后来看的，也就是测试数据。
#
# 对每个用户：在他还没看过的电影里，取看的人最多的 `count` 部（一样热门时，位置小的优先）；**召回率**是该用户的相关电影中，有多大比例在这几部里。
# 请返回召回率的均值，只对至少有一部相关电影的用户取平均。


# %% answer="popular_recall"
def popular_recall(seen, relevant, count):
    """Mean recall of the `count` most popular films that each user has not seen."""
    ### BEGIN SOLUTION
    scores = np.where(seen, -1, seen.sum(axis=0))
    top = np.argsort(-scores, axis=1, kind="stable")[:, :count]
    hits = np.take_along_axis(relevant, top, axis=1).sum(axis=1)
    asked = relevant.any(axis=1)
    return np.mean(hits[asked] / relevant[asked].sum(axis=1))
    ### END SOLUTION


# %% check="popular_recall" minutes=12
import numpy as np

exercise = check("popular_recall", points=3)


def table(*rows):
    """A truth table from rows of 0 and 1."""
    return np.array([[cell == "1" for cell in row] for row in rows])


call = "popular_recall(seen, relevant, count)"
seen = table("111000", "110100", "101000", "100010")
exercise.equal(
    "two films for each user, each has two relevant ones",
    call,
    0.625,
    given={"seen": seen, "relevant": table("000011", "001010", "000011", "011000"), "count": 2},
    mistakes={"{hint:watched}": 0.125, "{hint:sum}": 2.5, "{hint:later}": 0.875},
)
exercise.equal(
    "one, two, three and four relevant films",
    call,
    (0 + 0.5 + 2 / 3 + 0.5) / 4,
    given={"seen": seen, "relevant": table("000001", "001001", "010101", "011101"), "count": 2},
    mistakes={"{hint:precision}": 0.625, "{hint:pooled}": 0.5},
)
exercise.equal(
    "two users without a relevant film",
    call,
    (1 / 2 + 2 / 3) / 2,
    given={"seen": seen, "relevant": table("000011", "000000", "000000", "011001"), "count": 2},
    mistakes={"{hint:nobody}": lambda answer: np.isnan(answer) or abs(answer - 7 / 24) < 1e-6},
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(11)


def recall(seen, relevant, count):
    popularity, shares = seen.sum(axis=0), []
    for watched, wanted in zip(seen, relevant, strict=True):
        order = sorted(np.flatnonzero(~watched), key=lambda film: (-popularity[film], film))
        if wanted.any():
            shares.append(wanted[order[:count]].sum() / wanted.sum())
    return np.mean(shares)


chance = np.linspace(0.7, 0.1, 30)
seen = rng.random((50, 30)) < chance
later = ~seen & (rng.random((50, 30)) < chance)
everybody = later.copy()
everybody[np.arange(50), np.argmin(seen, axis=1)] = True
exercise.equal(
    "fifty users, each with a relevant film",
    call,
    recall(seen, everybody, 5),
    given={"seen": seen, "relevant": everybody, "count": 5},
)
some = later & (rng.random((50, 1)) < 0.6)
exercise.equal(
    "fifty users, some without", call, recall(seen, some, 4), given={"seen": seen, "relevant": some, "count": 4}
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - watched: Are these films new to the user? What everybody has watched should not be on anybody's list.
# - sum: This is a sum over the users. What is the mean?
# - later: You counted popularity with the films watched later. Who knows those when the list is made?
# - precision: You divide by the length of the list. Recall is a share of something else: of what?
# - pooled: You pooled all relevant films. Here each user has a recall, and all users count alike.
# - nobody: What is the recall of a user who has nothing to be found? Whom does the mean leave out?

# %% [markdown] lang="zh" role="hints" of="8ad4735b"
# - watched: 这些电影对用户来说是新的吗？已经看过的，不该再出现在他的名单上。
# - sum: 这是各用户之和。均值是多少？
# - later: 你统计热门程度时，用上了后来才看的电影。排榜的时候谁知道这些？
# - precision: 你除以的是名单的长度。召回率是在什么之中占的比例？
# - pooled: 你把所有相关电影放在一起算了。这里要每个用户各算一个召回率，人人分量相同。
# - nobody: 没有任何东西可找的用户，召回率是多少？求均值时该略去谁？

# %% [markdown] lang="en"
# ## 7. Read the figure ({exercise:three_tables})
#
# Three full tables of 100 users × 80 films, the twenty largest singular values of each. One table is noise around 0. One holds
# positive random numbers, as in the listing of A1. In one, ratings around 0 follow three hidden tastes, with noise. The letters are drawn by lot.

# %% [markdown] lang="zh" of="3d2c71fb"
# ## 7. 读图（{exercise:three_tables}）
#
# 三张没有空格的表，都是 100 个用户 × 80 部电影；图上是每张表最大的二十个奇异值。一张是 0 附近的噪声；一张是随机正数，就像 A1 的代码那样；
# 还有一张，0 附近的评分出自三种隐藏的口味，再加噪声。哪张表用哪个字母，由抽签决定。

# %%
rng = np.random.default_rng(0)
noise = rng.standard_normal((100, 80))
positive = rng.uniform(0, 12**0.5, (100, 80))
tastes = 0.5 * rng.standard_normal((100, 3)) @ rng.standard_normal((3, 80)) + rng.standard_normal((100, 80))

figure, axes = plt.subplots()
for name, marker, place in zip("ABC", "os^", np.random.default_rng(11).permutation(3), strict=True):
    values = np.linalg.svd([noise, positive, tastes][place], compute_uv=False)
    axes.plot(range(1, 21), values[:20], marker + "-", markersize=4, label=f"table {name}")
axes.set(xlabel="number of the singular value", ylabel="singular value", ylim=(0, None), xticks=[1, 5, 10, 15, 20])
axes.legend()
plt.show()

# %% [markdown] lang="en" role="alt"
# Line plot of the twenty largest singular values of tables A, B and C. A begins at about 155 and drops at once to 18. B
# falls slowly from 20 with no jump. C has three values between 35 and 50 and then drops to 18. From the fourth value on, all three lines lie together.

# %% [markdown] lang="zh" role="alt" of="7778fb03"
# A、B、C 三张表最大的二十个奇异值的折线图。A 从约 155 一下子降到 18；B 从 20 缓缓下降，没有跳跃；C 的前三个值在 35 到 50 之间，
# 然后降到 18。从第四个值起，三条线重合。

# %% [markdown] lang="en"
# Answer in a few sentences: how can each table be told from its line? In A, one direction holds most of the sum of squares; what is this direction, and is it of use for recommending? How many factors
# would you keep in C, and how would you check that number if you had only C's table?

# %% [markdown] lang="zh" of="fb62925b"
# 用几句话回答：怎样从曲线认出每一张表？A 里，一个方向占去了平方和的大半；
# 这个方向是什么，对推荐有用吗？C 里你会留几个因子？如果手上只有 C 这张表，你怎样核实这个数目？

# %% [markdown] lang="en" answer="three_tables" points=4 minutes=10
# ### BEGIN SOLUTION
# B is noise: its singular values fall slowly and none stands out. A holds positive numbers: a single value stands out, and behind it there is
# nothing but noise. C has the tastes: three values stand out, as many as there are tastes. The direction in A is the mean: nearly the same
# number for every user and every film, so it ranks no film above another for anybody; taking the mean away first leaves noise as in B. I would
# keep three factors in C. To check: shuffle the table's numbers among its cells and compute the singular values again, several times;
# those of the real table that lie above the largest of the shuffled ones carry information. (Or: hide some cells, and see which
# rank predicts them best.)
#
# One point each for: B and C told apart by jumps; A's direction is the mean; it is of no use because it ranks nothing; three factors, with a check that uses only the table.
# ### END SOLUTION

# %% [markdown] lang="zh" answer="three_tables" points=4 minutes=10 of="b58de36f"
# ### BEGIN SOLUTION
# B 是噪声：奇异值缓缓下降，没有哪个突出。A 是正数：只有一个值突出，后面全是噪声。C 是口味：突出的有三个，正好与口味的数目相同。A 的那个方向就是均值：
# 对每个用户、每部电影几乎是同一个数，所以对谁来说都排不出电影的高下；先减去均值，剩下的就和 B 一样是噪声。C 我会留三个因子。核实的办法：把表里的数在格子之间打乱，
# 重算奇异值，多做几次；真实的表里，高出打乱后最大值的那些才带有信息。（或者：藏起一部分格子，看哪个秩预测得最准。）
#
# 四点各一分：凭跳跃分清 B 和 C；A 的方向是均值；它排不出高下，所以没有用；三个因子，以及只用这张表就能做的核实办法。
# ### END SOLUTION
