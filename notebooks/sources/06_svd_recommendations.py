# %% [markdown] lang="en"
# # 06 · SVD: recommending films
#
# At the end you will have taken a table of numbers apart by singular value decomposition, predicted 20,000 ratings that your
# model has never seen, recommended films to a user who was not there when it was trained, and found out why the best
# predictor is a bad adviser.
#
# | | |
# |---|---|
# | **You will build** | SVD from eigenvectors; factors of a table that is almost empty, by SVD, soft-impute, ridge regression, Gibbs sampling and Keras; a recommender with sliders |
# | **You will learn** | what an empty cell means, why the best low-rank table is the SVD's, why averaging beats choosing, why rating errors and rankings disagree, what random splits hide |
# | **You need** | chapter 01 (gradients); from linear algebra what a matrix product and an eigenvector are |
# | **Time and memory** | {run:seconds} s on two processor cores, {run:memory} GB |
# | **Follows** | A1 §2 (6), §3.5 and §4.5 ([which articles?](../README.md#the-articles)) |
#
# Chinese edition: [zh/06_svd_recommendations.ipynb](zh/06_svd_recommendations.ipynb). Errors of the articles: [ERRATA.md](ERRATA.md).
# Lines that begin with ✓ are promises, measured over several seeds; the run stops if one no longer holds.

# %% [markdown] lang="zh" of="d7fcf99e"
# # 06 · 奇异值分解：推荐电影
#
# 读完本章，你会用奇异值分解把一张数表拆开，预测两万个模型从未见过的评分，给训练时还不存在的新用户推荐电影，并且弄明白：
# 评分预测得最准的模型，为什么偏偏不会推荐。
#
# | | |
# |---|---|
# | **动手做** | 从特征向量出发做奇异值分解；用奇异值分解、软插补、岭回归、吉布斯采样和 Keras 分解一张几乎全空的表；带滑块的推荐器 |
# | **学到** | 空格意味着什么，最好的低秩近似为什么出自奇异值分解，为什么取平均胜过挑一个，评分误差与排序为什么各说各话，随机划分掩盖了什么 |
# | **准备** | 第 01 章（梯度）；线性代数里的矩阵乘法和特征向量 |
# | **时间与内存** | 两个处理器核心上 {run:seconds} 秒，{run:memory} GB |
# | **对应文章** | A1 §2（6）、§3.5、§4.5（[是哪几篇？](../../README.zh.md#四篇文章)） |
#
# 英文版：[06_svd_recommendations.ipynb](../06_svd_recommendations.ipynb)。文章勘误：[ERRATA.md](ERRATA.md)。
# 以 ✓ 开头的输出是承诺：它在多个随机种子下测量过，一旦不再成立，运行就会中止。

# %%
from course_utils.notebook import start_chapter  # not found? README.md, "Running the notebooks", tells what to do

seed, claim = start_chapter("06_svd_recommendations")  # seeds, quiet logs, figure style, the chapter's promises

import inspect
import time

import keras
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import PowerNorm
from scipy.sparse import csr_array
from scipy.sparse.linalg import svds
from sklearn.linear_model import Ridge

from course_utils import datasets, models, plotting, recommendation, splits
from course_utils.claims import caught
from course_utils.metrics import paired_difference, ranking_scores, root_mean_squared_error
from course_utils.notebook import sliders
from course_utils.training import EpochReport

# %% [markdown] lang="en"
# ## 1. The listing as published
#
# Article A1 has a recommender of four statements: random numbers stand in for what users did, a product of matrices is called
# the "user matrix", SVD makes the "interest matrix" of it, and the product of a row with itself is called the recommendation.
# We run it as it stands. What do we expect? A list of things that user 499 might like.

# %% [markdown] lang="zh" of="70da431b"
# ## 1. 文章里的代码
#
# 文章 A1 的推荐系统只有四句：用随机数充当用户行为，拿矩阵乘积当“用户行为矩阵”，用奇异值分解得到“用户兴趣矩阵”，
# 最后取一行与它自己相乘，当作推荐结果。我们照原样运行。应该看到什么？看到用户 499 可能喜欢的东西。

# %%
data = np.random.default_rng(seed).random((1000, 1000))
user_matrix = data.dot(data.T)
interest_matrix = svds(user_matrix, k=50)
print("interest_matrix is a", type(interest_matrix).__name__, "of shapes", [part.shape for part in interest_matrix])
try:
    interest_matrix[499].dot(interest_matrix[499].T)
except IndexError as error:
    print("interest_matrix[499]:", error)

left, values, _ = interest_matrix
print("with the left factor instead, the recommendation is one number:", left[499].dot(left[499].T).round(3))
claim("published_first_share", values.max() ** 2 / np.sum(user_matrix**2))

# %% [markdown] lang="en"
# `svds` returns three arrays, so there is no place 499. With the smallest repair, "the recommendation" is a single number. And
# there is nothing to find: one singular value holds {claim:published_first_share.percent} of the table's sum of squares, because positive random
# numbers have a positive mean; the rest is noise, in no order. The whole list:
#
# | Fault | What happens | Mended in |
# |---|---|---|
# | `svds` returns a tuple (U, singular values, Vᵀ), and it is indexed with 499 | stops with an IndexError | sections 1, 3 |
# | the data are random | there is nothing to learn, and no error could be measured | section 2 |
# | `data.dot(data.T)` is a table of users by users | the items are gone, so none can be recommended | section 2 |
# | a row times itself | one number, the user's own squared length; a score needs a user *and* an item | sections 2, 12 |
# | unknown cells do not exist | real tables are 98 % unknown, which is the whole problem | sections 5–9 |
# | no test, no baseline | success and failure look the same | sections 4, 10 |

# %% [markdown] lang="zh" of="00e01f1c"
# `svds` 返回三个数组，没有第 499 项。做最小的修补之后，“推荐结果”只是一个数。况且数据里什么也没有：单单一个奇异值就占了整张表平方和的
# {claim:published_first_share.percent}，因为随机正数的均值为正；其余都是噪声，毫无规律。毛病汇总：
#
# | 毛病 | 后果 | 改正见 |
# |---|---|---|
# | `svds` 返回元组（U、奇异值、Vᵀ），却用 499 作下标 | 报错中止（IndexError） | 第 1、3 节 |
# | 数据是随机数 | 没有规律可学，也无从衡量误差 | 第 2 节 |
# | `data.dot(data.T)` 是“用户 × 用户”的表 | 物品消失了，也就无物可荐 | 第 2 节 |
# | 一行与它自己相乘 | 得到一个数，即该用户向量长度的平方；得分需要一个用户**和**一个物品 | 第 2、12 节 |
# | 没有未知的格子 | 真实的表 98 % 是未知的，难就难在这里 | 第 5–9 节 |
# | 没有测试，没有基线 | 成败看不出分别 | 第 4、10 节 |

# %% [markdown] lang="en"
# ## 2. Real users, real films
#
# A1 §3.5 writes three sets. Each has a gap that matters.
#
# - $D = \{(u, v, t)\}$: user, item, time. What the user thought of the item, the rating $r$, is missing: $D = \{(u, v, r, t)\}$.
# - $M = \{m_u\}$: an interest model for each user. What *is* $m_u$? Here: a vector of a few numbers, the user's *factors*.
# - $R = \{r_v\}$: a score for each item. As written it is the same for everybody: popularity. A recommendation needs
#   $r_{uv}$, such as the product $m_u \cdot q_v$ with a vector of the film.
#
# The data are MovieLens (Harper and Konstan, 2015): real people rate films with ½ to 5 stars. *How much of the table do we know?*

# %% [markdown] lang="zh" of="50326325"
# ## 2. 真实的用户，真实的电影
#
# A1 §3.5 写了三个集合，每个都缺了要紧的东西。
#
# - $D = \{(u, v, t)\}$：用户、物品、时间。唯独没有用户对物品的看法，即评分 $r$。应为 $D = \{(u, v, r, t)\}$。
# - $M = \{m_u\}$：每个用户一个兴趣模型。$m_u$ 到底**是**什么？在本章里，它是由几个数组成的向量，叫作用户的**因子**。
# - $R = \{r_v\}$：每个物品一个得分。照这样写，人人得到的都一样，那是热门榜。推荐需要的是 $r_{uv}$，例如与电影向量的内积
#   $m_u \cdot q_v$。
#
# 数据是 MovieLens（Harper 和 Konstan，2015）：真实的人给电影打 ½ 到 5 颗星。**这张表我们知道多少？**

# %%
ratings = models.prepare_film_ratings()
user, film, rating, (users, films) = ratings.user, ratings.film, ratings.rating, ratings.shape
per_user, per_film = np.bincount(user), np.bincount(film)
print(f"the first: u = {user[0]}, v = {film[0]} ({ratings.title[film[0]]}), r = {rating[0]}, t = {ratings.time[0]}")
print(f"{len(rating):,} ratings by {users} users of {films:,} films: {len(rating) / (users * films):.1%} of all cells")
print(f"{np.median(per_user):.0f} films a user (median); {np.mean(per_film == 1):.0%} of the films have one rating")

place_of_user, place_of_film = (np.argsort(np.argsort(-count)) for count in (per_user, per_film))
known_cells, _, _ = np.histogram2d(place_of_user[user], place_of_film[film], bins=[61, 103])  # blocks of 11 x 88
figure, axes = plt.subplots(figsize=(7, 3.2))
image = axes.imshow(known_cells / (11 * 88), aspect="auto", extent=(0, films, users, 0), norm=PowerNorm(0.5))
figure.colorbar(image, label="share of cells known")
axes.set(xlabel="films, the most often rated first", ylabel="users, the busiest first")
plt.show()

# %% [markdown] lang="en" role="alt"
# The table of users by films, both sorted by how many ratings they have, as a map of the share of cells that are known. A bright
# corner at the upper left, where busy users meet popular films, and darkness nearly everywhere else.

# %% [markdown] lang="zh" role="alt" of="879bd9ee"
# “用户 × 电影”表中已知格子所占比例的分布图，用户和电影都按评分多少排序。左上角（活跃用户遇到热门电影）是亮的，其余地方几乎一片漆黑。

# %% [markdown] lang="en"
# One corner is known, the rest is dark. To recommend is to guess the dark cells from the bright ones.

# %% [markdown] lang="zh" of="6b6361c2"
# 只有一个角落是已知的，其余一片黑暗。推荐，就是凭亮处去猜暗处。

# %% [markdown] lang="en"
# ## 3. SVD by hand
#
# Four people, five films, no empty cell. Two like the first three films, two the last two. *Can we say so with fewer than 20 numbers?*
# The singular value decomposition writes every table as a sum of simple ones, column times row:
#
# $$A = U \Sigma V^\top = \sum_k \sigma_k\, u_k v_k^\top, \qquad \sigma_1 \ge \sigma_2 \ge \dots \ge 0,$$
#
# with columns $u_k$ of length 1 at right angles, and rows $v_k^\top$ likewise. Where to get them? From $A^\top A = V \Sigma^2
# V^\top$: the $v_k$ are its eigenvectors, the $\sigma_k^2$ its eigenvalues, and $u_k = A v_k / \sigma_k$. Paper check: the squares
# of all entries add up to 209, and so must the $\sigma_k^2$. Four ways, one result; signs may flip, $u_k v_k^\top$ does not.

# %% [markdown] lang="zh" of="bdf88c69"
# ## 3. 手算奇异值分解
#
# 四个人，五部电影，没有空格。两个人喜欢前三部，两个人喜欢后两部。**能不能用少于 20 个数把这件事说清楚？**
# 奇异值分解把任何一张表写成若干张简单表（一列乘一行）之和：
#
# $$A = U \Sigma V^\top = \sum_k \sigma_k\, u_k v_k^\top, \qquad \sigma_1 \ge \sigma_2 \ge \dots \ge 0,$$
#
# 其中各列 $u_k$ 长度为 1、两两垂直，各行 $v_k^\top$ 也是如此。它们从哪里来？从 $A^\top A = V \Sigma^2 V^\top$ 来：$v_k$ 是它的特征向量，
# $\sigma_k^2$ 是特征值，而 $u_k = A v_k / \sigma_k$。可以在纸上验算：所有数的平方和是 209，各个 $\sigma_k^2$ 之和也必须是 209。
# 四种算法，同一个结果；符号可能翻转，但 $u_k v_k^\top$ 不变。

# %%
table = np.array([[5, 4, 5, 0, 1], [4, 5, 4, 1, 0], [0, 1, 0, 5, 4], [1, 0, 0, 4, 5]], dtype=float)


def truncated(left, values, right, rank):  # the sum of the first terms
    return (left[:, :rank] * values[:rank]) @ right[:rank]


squared_values, eigenvectors = np.linalg.eigh(table.T @ table)  # in ascending order
values, right = np.sqrt(squared_values[:0:-1]), eigenvectors[:, :0:-1].T  # the four largest, downwards
by_hand = table @ right.T / values, values, right
by_numpy = np.linalg.svd(table, full_matrices=False)
by_keras = [keras.ops.convert_to_numpy(part) for part in keras.ops.svd(table, full_matrices=False)]
by_scipy = svds(table, k=2)  # the two largest, upwards

print("singular values", values.round(3), " their squares add up to", np.sum(values**2).round(9))
for rank in range(1, 5):
    print(f"rank {rank}: {np.sum(values[:rank] ** 2) / np.sum(table**2):6.1%} of the squares, {rank * (4 + 5)} numbers")
print(truncated(*by_hand, rank=2).round(1))
for parts in (by_numpy, by_keras, by_scipy):
    np.testing.assert_allclose(truncated(*parts, rank=2), truncated(*by_hand, rank=2), atol=1e-5)

# %% [markdown] lang="en"
# Two terms say nearly everything: the first is mostly the camp of the first three films (about 4 in its own cells, 0.7 in those of
# the other camp), the second corrects it and adds the other camp. Could another table of rank 2 come closer? Eckart and Young
# proved in 1936 that none can, and that the squared error is what was left out, $\sigma_3^2 + \sigma_4^2$. The next cell lets
# 20,000 rivals try: each projects the table on two random directions.

# %% [markdown] lang="zh" of="4813300f"
# 两项就几乎说尽了：第一项主要是喜欢前三部的那一边（在自己的格子里约为 4，在另一边只有 0.7），第二项加以修正，并补上另一边。有没有别的秩为 2 的表更接近原表？Eckart 和 Young 在 1936 年证明：没有，
# 而且误差的平方恰好等于舍去的部分，$\sigma_3^2 + \sigma_4^2$。下一格请来两万个对手：每个都把表投影到两个随机方向上。

# %%
rng = np.random.default_rng(seed)
directions = np.linalg.qr(rng.standard_normal((20_000, 5, 2)))[0]  # each: two columns of length 1 at a right angle
rival_errors = np.sum((table - table @ directions @ directions.transpose(0, 2, 1)) ** 2, axis=(1, 2))
svd_error = np.sum((table - truncated(*by_hand, rank=2)) ** 2)
print(f"squared error of the SVD {svd_error:.3f}, of the best of 20,000 rivals {rival_errors.min():.3f}")
np.testing.assert_allclose(svd_error, np.sum(values[2:] ** 2))
assert svd_error < rival_errors.min()

# %% [markdown] lang="en"
# The same on a table that you can see: 32 handwritten digits as one picture of 112 × 224 grey values. *How many terms does it take
# to read them?*

# %% [markdown] lang="zh" of="6668865f"
# 换一张看得见的表：32 个手写数字拼成一幅 112 × 224 的灰度图。**要多少项才认得出来？**

# %%
picture = datasets.load_mnist().train_images[:32].reshape(4, 8, 28, 28).transpose(0, 2, 1, 3).reshape(112, 224) / 255
parts = np.linalg.svd(picture, full_matrices=False)
figure, panels = plt.subplots(2, 2, figsize=(8, 4.3))
for axes, rank in zip(panels.flat, [1, 8, 25, 112], strict=True):
    share = np.sum(parts[1][:rank] ** 2) / np.sum(parts[1] ** 2)
    axes.imshow(truncated(*parts, rank), cmap="gray_r", vmin=0, vmax=1)
    axes.set(title=f"rank {rank}: {share:.0%} of the squares, {rank * (112 + 224):,} numbers", xticks=[], yticks=[])
plt.show()

# %% [markdown] lang="en" role="alt"
# A sheet of 32 handwritten digits rebuilt from 1, 8, 25 and all 112 terms of its SVD. With one term it is a plaid pattern, with
# 8 terms smears that hint at digits, with 25 terms every digit can be read, with 112 it is the original.

# %% [markdown] lang="zh" role="alt" of="9e0c524e"
# 由 32 个手写数字拼成的图，分别用奇异值分解的 1、8、25 项和全部 112 项重建。1 项时是格子花纹，8 项时依稀有数字的影子，25 项时个个认得出来，
# 112 项就是原图。

# %% [markdown] lang="en"
# With 25 terms every digit can be read, from 8,400 numbers, a third of the picture's $112 \cdot 224 = 25{,}088$. (All 112 terms
# need more numbers than the picture itself.) It works because each row is nearly a mixture of a few patterns; the order of the rows
# does not matter, so SVD may suit users and films too. It would fail on noise. Whether it works for ratings is a question for data.
#
# ## 4. Split and baselines
#
# A random fifth of the ratings is the test part; from the rest, 8 % of all serve for choosing. The measure is the root mean
# squared error (RMSE) in stars, with predictions limited to the scale. Before any factors: the mean of all ratings, and
# *biases*, $\hat r_{uv} = \mu + b_u + b_v$, for generous users and good films. A film with one rating should not be trusted as much as
# one with three hundred, so biases are pulled towards 0 as if each came with $\lambda$ extra ratings that say "average":
#
# $$b_v = \frac{\sum_u (r_{uv} - \mu - b_u)}{\lambda + n_v}.$$
#
# Here $n_v$ is the number of ratings of film $v$, over which the sum runs; $b_u$ likewise.

# %% [markdown] lang="zh" of="de933eed"
# 25 项就个个认得出来，只用了 8400 个数，是原图 $112 \cdot 224 = 25088$ 个的三分之一。（112 项全用，反而比原图的数还多。）之所以行得通，
# 是因为每一行都差不多由少数几种图样混合而成；行的次序无关紧要，所以用户和电影的表也用得上。换成噪声就不行了。评分能不能压缩，要问数据。
#
# ## 4. 划分与基线
#
# 随机取五分之一的评分作测试集；其余之中，再留出总数的 8 % 用来做选择。衡量标准是均方根误差（RMSE），单位是星，预测值限制在评分范围之内。
# 先不用因子，只看总均值和**偏置**，$\hat r_{uv} = \mu + b_u + b_v$，反映用户手松手紧、电影好坏。只有一个评分的电影，
# 不该和有三百个评分的一样可信，所以把偏置往 0 拉，好像每个都另有 $\lambda$ 个“普普通通”的评分：
#
# $$b_v = \frac{\sum_u (r_{uv} - \mu - b_u)}{\lambda + n_v} 。$$
#
# 其中 $n_v$ 是电影 $v$ 的评分数，求和就对这些评分；$b_u$ 同理。

# %%
train, validation, test = splits.random_split(len(rating), seed)
cells = np.stack([user, film], axis=1)
shared = [datasets.overlap(cells[a], cells[b]) for a, b in [(train, test), (validation, test), (train, validation)]]
print(f"{len(train):,} + {len(validation):,} + {len(test):,} ratings; cells that two parts share: {sum(shared)}")
assert sum(shared) == 0


def rmse(predicted, rows):
    return root_mean_squared_error(np.clip(predicted, 0.5, 5), rating[rows])


train_table, where = ratings.table(train), (user[validation], film[validation])
tried = {strength: recommendation.fit_biases(train_table, strength) for strength in (0, 2, 5, 10)}
bias_errors = {strength: round(rmse(biases.predict(*where), validation), 4) for strength, biases in tried.items()}
print(f"mean {rmse(np.full(len(validation), rating[train].mean()), validation):.4f}, biases by strength: {bias_errors}")
bias_strength = min(bias_errors, key=bias_errors.get)
biases = tried[bias_strength]
expected, residuals = biases.predict(*where), recommendation.residual_table(train_table, biases)
# Each user's bias is the formula above, given those of the films:
assert np.abs(residuals.sum(axis=1) - bias_strength * biases.user).max() < 1e-6, "a bias is not by the formula"

# %% [markdown] lang="en"
# Biases alone take away about a sixth of the error of the mean. They know nothing of taste: the film order is the same for
# everybody. From here on, everything works on the *residuals*, what the biases do not explain. (From section 6 on, $r_{uv}$ in the
# formulas is what is left of the rating: in sections 6 and 7 the residual, in section 8 the rating minus the mean.)
#
# ## 5. What is an empty cell?
#
# SVD needs every cell. The tempting way, and the one in many tutorials: fill the empty ones with zeros. But an empty cell is not a rating
# of 0 stars. In the table of *residuals*, a zero means "as the biases expect", which is an honest guess for a cell that we do
# not know. We expect the first to be a disaster and the second to help.

# %% [markdown] lang="zh" of="4e1df647"
# 单靠偏置，误差就比总均值少了六分之一。但偏置不懂口味：电影的名次人人相同。从这里起，一切都在**残差**（偏置解释不了的部分）上进行。（从第 6 节起，公式里的 $r_{uv}$ 指评分剩下的部分：第 6、7 节是残差，第 8 节是评分减去总均值。）
#
# ## 5. 空格是什么？
#
# 奇异值分解要求每个格子都有数。最顺手的办法，也是许多教程的办法，是给空格填零。可是空格不是 0 星。在**残差**表里，零的意思是“与偏置的预期一致”，
# 对未知的格子来说，这是个老实的猜测。我们预计：前者一塌糊涂，后者有所帮助。


# %%
print("rank   0 stars  residual 0     (validation RMSE)")
svd_errors, als_errors, bayes_errors = {}, {}, {}  # validation RMSE by setting, here and in sections 7 and 8
for rank in (2, 5, 10, 20, 40):
    of_zeros = recommendation.products(*recommendation.svd_factors(train_table, rank), *where)
    svd_errors[rank] = rmse(recommendation.fit_svd(train_table, rank, bias_strength).predict(*where), validation)
    print(f"{rank:4} {rmse(of_zeros, validation):9.4f} {svd_errors[rank]:11.4f}")
print(f"without factors {rmse(expected, validation):9.4f}")
svd_rank = min(svd_errors, key=svd_errors.get)

# %% [markdown] lang="en"
# As expected. And it costs a fraction of a second, because `svds` only ever multiplies the table with vectors and never touches an empty cell.
#
# *How many of the factors are real?* Shuffle each user's residuals among the films that this user rated. How busy and how moody
# everybody is stays; taste is gone. Singular values above those of the shuffled table carry taste.

# %% [markdown] lang="zh" of="dd12b5f6"
# 不出所料。而且只花一眨眼的工夫，因为 `svds` 只用这张表去乘向量，从不碰空格。
#
# **有多少个因子是真的？**把每个用户的残差在他自己评过的电影之间打乱：谁评得多、谁的分数起伏大，都没有变，口味却没了。高出打乱之后的那一部分，才是口味。

# %%
order = np.lexsort((rng.random(residuals.nnz), recommendation.known_pairs(residuals)[0]))  # within each user
shuffled = recommendation.with_values(residuals, residuals.data[order])
spectra = {name: svds(t, k=60, v0=np.ones(users))[1][::-1] for name, t in [("real", residuals), ("shuffled", shuffled)]}
figure, axes = plt.subplots()
for (name, values), marker in zip(spectra.items(), "os", strict=True):
    axes.plot(range(1, 61), values, marker, markersize=4, label=f"residuals, {name}")
axes.set(xlabel="number of the singular value", ylabel="singular value")
axes.legend()
plt.show()
print("largest share of one user:", np.max(svds(residuals, k=4, v0=np.ones(users))[0][:, ::-1] ** 2, axis=0).round(2))
leads = np.split(np.subtract(*spectra.values()), [4, 20])  # real minus shuffled
print("mean lead of the values 1 to 4, 5 to 20, 21 to 60:", *(f"{part.mean():.2f}" for part in leads))

# %% [markdown] lang="en" role="alt"
# The sixty largest singular values of the residual table and of the same residuals shuffled within each user. The first four nearly
# coincide, from the fifth to about the twentieth the real ones lie slightly above, then the two curves run together.

# %% [markdown] lang="zh" role="alt" of="e36e662f"
# 残差表，以及在每个用户内部打乱的残差表，各自最大的六十个奇异值。前四个几乎重合，第五到第二十个左右真实的略高，此后两条曲线合在一起。

# %% [markdown] lang="en"
# The first four hardly move: each is nearly a single busy user (the shares above), whose row is long whatever they like. That is
# why two factors did not help. From the fifth to about the twentieth the real values lie a little above the shuffled ones, after
# that hardly; 20 was also the best rank. Taste is a thin layer on a slope of noise, and any method that trusts all factors alike
# learns both. Keep that in mind for the next three sections.
#
# ## 6. Fill the holes with your own guess
#
# A 0 in the table of residuals is a guess, and it never gets better. Yet after one SVD we have a better one: what the factors say
# about the cell. *Why not write that into the holes and decompose again?* A full SVD returns exactly what went in, so
# nothing would move. The new table must be a little more cautious than the old one. *Soft-impute* (Mazumder, Hastie and Tibshirani,
# 2010) shrinks it. Start with $Z = 0$, then again and again:
#
# 1. *Fill*: the known cells keep their ratings, the unknown ones get those of $Z$.
# 2. *Decompose* the filled table: $U \Sigma V^\top$.
# 3. *Shrink* every singular value by $\lambda$, down to 0 at most: $Z = U\, (\Sigma - \lambda I)_+\, V^\top$, where $(x)_+$ stands for
#    $\max(x, 0)$.
#
# This is more than a trick. No round raises this quantity, and repeating them leads to its minimum:
#
# $$\min_Z\; \frac12 \sum_{(u,v)\ \text{known}} (r_{uv} - z_{uv})^2 + \lambda \sum_k \sigma_k(Z) .$$
#
# The sum of the singular values is the *nuclear norm* $\|Z\|_*$, small when few directions suffice. Why does subtracting do it?
# Take one singular value $\sigma$ of a full table and look for the best $s \ge 0$ in its place: $\frac12 (\sigma - s)^2 + \lambda
# s$ has the derivative $s - \sigma + \lambda$, so $s = \sigma - \lambda$, or 0 when $\sigma$ is smaller than $\lambda$. On paper:
# with $\lambda = 1$, $\begin{pmatrix} 3 & 0 \\ 0 & 1 \end{pmatrix}$ becomes $\begin{pmatrix} 2 & 0 \\ 0 & 0 \end{pmatrix}$. That
# costs $\frac12 (1 + 1) + 2 = 3$; keeping the table costs $3 + 1 = 4$, zeros everywhere $\frac12 (9 + 1) = 5$.
#
# Now hide four cells of section 3's table, two 4s and two 1s. We expect the objective never to rise, and the 4s to come back.

# %% [markdown] lang="zh" of="9a64a136"
# 前四个几乎不动：每个差不多只是一位评分极多的用户（看上面打印的比例），不论口味如何，他那一行都很长。所以两个因子帮不上忙。从第五个到第二十个左右，真实的值略高于打乱的，再往后就几乎没有分别了；
# 前面最好的秩也正是 20。口味只是噪声长坡上薄薄的一层，谁要是对所有因子一视同仁，谁就会连噪声一起学进去。读下面三节时请记住这一点。
#
# ## 6. 用自己的猜测补洞
#
# 残差表里的 0 也是猜测，而且永远不会变好。可是做完一次奇异值分解，我们就有了更好的猜测：因子给这一格的预测。**何不把它填进洞里，再分解一次？**
# 但完整的奇异值分解填进什么就还你什么，原地不动。新表必须比旧表保守一点。**软插补**（soft-impute；Mazumder、Hastie 和 Tibshirani，2010）的办法是收缩。
# 从 $Z = 0$ 开始，反复做三步：
#
# 1. **填**：已知的格子保留评分，未知的格子填上 $Z$ 里的数。
# 2. **拆**：对填满的表做奇异值分解，得 $U \Sigma V^\top$。
# 3. **缩**：每个奇异值减去 $\lambda$，减到 0 为止：$Z = U\, (\Sigma - \lambda I)_+\, V^\top$，其中 $(x)_+$ 表示 $\max(x, 0)$。
#
# 这不只是窍门。下面这个量，哪一轮都不会让它上升；一轮轮做下去，就到达它的最小值：
#
# $$\min_Z\; \frac12 \sum_{(u,v)\ \text{已知}} (r_{uv} - z_{uv})^2 + \lambda \sum_k \sigma_k(Z) 。$$
#
# 奇异值之和叫作**核范数**，记作 $\|Z\|_*$；用得着的方向越少，它越小。为什么减一减就行？在每格都有数的表里取一个奇异值 $\sigma$，看换成哪个
# $s \ge 0$ 最合算：$\frac12 (\sigma - s)^2 + \lambda s$ 的导数是 $s - \sigma + \lambda$，
# 所以 $s = \sigma - \lambda$；$\sigma$ 比 $\lambda$ 还小时取 0。
# 在纸上算：$\lambda = 1$ 时，
# $\begin{pmatrix} 3 & 0 \\ 0 & 1 \end{pmatrix}$ 变成 $\begin{pmatrix} 2 & 0 \\ 0 & 0 \end{pmatrix}$，
# 代价是 $\frac12 (1 + 1) + 2 = 3$；
# 原样不动的代价是 $3 + 1 = 4$，全部取零的代价是 $\frac12 (9 + 1) = 5$。
#
# 现在把第 3 节那张表遮住四格：两个 4，两个 1。我们预计：目标从不上升，两个 4 会被找回来。

# %%
known = np.array([[1, 0, 1, 1, 1], [1, 1, 1, 0, 1], [1, 1, 1, 1, 0], [0, 1, 1, 1, 1]], dtype=bool)
guess, objectives = np.zeros_like(table), []
for number in range(1, 301):
    left, values, right = np.linalg.svd(np.where(known, table, guess), full_matrices=False)  # fill, decompose
    shrunk = np.maximum(values - 1, 0)  # a strength of 1
    guess = (left * shrunk) @ right
    objectives.append(np.sum((table - guess)[known] ** 2) / 2 + shrunk.sum())
    if number in (1, 2, 5, 20, 300):
        print(f"round {number:3}: objective {objectives[-1]:7.4f}, in the holes {guess[~known].round(2)}")
zero_filled = truncated(*np.linalg.svd(table * known, full_matrices=False), rank=2)
print("zero-filled SVD of rank 2:", zero_filled[~known].round(2), " in truth:", table[~known])
assert np.all(np.diff(objectives) < 1e-9), "the objective rose"
tiny = recommendation.rating_table(*np.nonzero(known), table[known], table.shape)
np.testing.assert_allclose(truncated(*recommendation.soft_impute(tiny, 1, rounds=300), rank=4), guess, atol=1e-6)

# %% [markdown] lang="en"
# The two 4s come back near 4, where zero-filling stays at about 2½. The two 1s end near 0: they were exceptions, and nothing in
# the known cells says so. The function in `course_utils` arrives at the same table, but never builds it. On real data the
# filled table would have six million cells; yet it is a sum,
#
# $$\text{filled table} = \underbrace{r_{uv} - z_{uv}\ \text{in the known cells, else } 0}_{\text{sparse}} \;+\; \underbrace{Z}_{\text{low rank}} ,$$
#
# and both parts are quickly multiplied by a vector. Nor does it begin each SVD anew: one multiplication from either side
# refines the directions of the round before (a relative of Hastie, Mazumder, Lee and Zadeh, 2015, who use a ridge regression for each side).
#
# How strong should $\lambda$ be? From the largest singular value of the residuals on (look at the figure above), nothing is left of
# them. We go down from half of that. Each time we begin at the answer before: a *warm start*.

# %% [markdown] lang="zh" of="3ca0b55a"
# 两个 4 回到了 4 附近，填零的办法却停在 2½ 左右。两个 1 猜成了接近 0：它们是例外，已知的格子里看不出来。`course_utils` 里的函数得到同一张表，却从不真的把表造出来。
# 真实数据填满之后有六百万格，好在它是两部分之和：
#
# $$\text{填满的表} = \underbrace{\text{已知的格子里是 } r_{uv} - z_{uv}\text{，其余是 } 0}_{\text{稀疏}} \;+\; \underbrace{Z}_{\text{低秩}} ，$$
#
# 两部分与向量相乘都很快。每一轮的奇异值分解也不必从头做起：从左右两边各乘一次，把上一轮的方向修得更准，就够了
# （Hastie、Mazumder、Lee 和 Zadeh，2015 的做法与此相近，两边各做一次岭回归）。
#
# $\lambda$ 取多大？一旦达到残差的最大奇异值（看上面的图），就什么也剩不下。我们从它的一半往下试，每次都从上一个答案出发，这叫**热启动**。

# %%
soft_errors, parts = {}, None
for strength in (20, 15, 12, 10):
    left, values, right = parts = recommendation.soft_impute(residuals, strength, rounds=10, start=parts)
    soft_errors[strength] = rmse(expected + recommendation.products(left * values, right.T, *where), validation)
    print(f"strength {strength}: {np.count_nonzero(values)} directions, validation RMSE {soft_errors[strength]:.4f}")
soft_strength = min(soft_errors, key=soft_errors.get)

# %% [markdown] lang="en"
# The strength decides how many directions survive (we allow 60 at most). Too strong, and taste goes out with the noise; too weak,
# and both stay. In between, the error is below that of the zero-filled SVD at its best rank.
#
# ## 7. Only the known cells: a regression for each user
#
# Soft-impute still fills in 98 % of cells that nobody knows. *Can we do without them?* The nuclear norm has a second face. Write $Z
# = PQ^\top$, with a vector $p_u$ for each user and $q_v$ for each film. There are many ways; the one with the shortest vectors has
# $\frac12 \sum_u |p_u|^2 + \frac12 \sum_v |q_v|^2 = \|Z\|_*$ (Mazumder, Hastie and Tibshirani, 2010). So with factors enough, the
# minimum is that of
#
# $$\min_{P, Q} \sum_{(u,v)\ \text{known}} (r_{uv} - p_u \cdot q_v)^2 + \lambda \sum_u |p_u|^2 + \lambda \sum_v |q_v|^2 ,$$
#
# where no unknown cell occurs. With the films' vectors $q_v$ fixed, this is *ridge regression*, one for each user, solved by one
# small linear system:
#
# $$\Big(\sum_v q_v q_v^\top + \lambda I\Big)\, p_u = \sum_v r_{uv}\, q_v .$$
#
# On paper: three films $q_1 = (1, 0)$, $q_2 = (0, 1)$, $q_3 = (1, 1)$; the user gave film 1 two stars more than expected and film 3
# one more; $\lambda = 1$. The system is $\begin{pmatrix} 3 & 1 \\ 1 & 2 \end{pmatrix} p = \begin{pmatrix} 3 \\ 1 \end{pmatrix}$, so
# $p = (1, 0)$, and film 2 is expected at $p \cdot q_2 = 0$.

# %% [markdown] lang="zh" of="43efe61b"
# 强度决定留下多少个方向（我们最多允许 60 个）。太强，口味和噪声一起丢掉；太弱，两样都留着。居中时，误差低于填零的奇异值分解在最佳秩上的结果。
#
# ## 7. 只看已知的格子：每个用户一次回归
#
# 软插补仍要填那 98 % 谁也不知道的格子。**能不能干脆不管它们？**核范数还有另一副面孔。把 $Z$ 写成 $PQ^\top$，每个用户一个向量 $p_u$，每部电影一个向量 $q_v$。
# 写法很多；向量最短的那一种，恰好有 $\frac12 \sum_u |p_u|^2 + \frac12 \sum_v |q_v|^2 = \|Z\|_*$（Mazumder、Hastie 和 Tibshirani，
# 2010）。所以只要因子够多，最小值就与下式相同：
#
# $$\min_{P, Q} \sum_{(u,v)\ \text{已知}} (r_{uv} - p_u \cdot q_v)^2 + \lambda \sum_u |p_u|^2 + \lambda \sum_v |q_v|^2 ，$$
#
# 式中没有任何未知的格子。电影向量 $q_v$ 固定时，这就是**岭回归**，每个用户一次，解一个小小的线性方程组：
#
# $$\Big(\sum_v q_v q_v^\top + \lambda I\Big)\, p_u = \sum_v r_{uv}\, q_v 。$$
#
# 在纸上算：三部电影 $q_1 = (1, 0)$、$q_2 = (0, 1)$、$q_3 = (1, 1)$；用户给电影 1 的分比预期多两星，给电影 3 多一星；$\lambda = 1$。
# 方程组是 $\begin{pmatrix} 3 & 1 \\ 1 & 2 \end{pmatrix} p = \begin{pmatrix} 3 \\ 1 \end{pmatrix}$，
# 解得 $p = (1, 0)$，于是电影 2 的预期是 $p \cdot q_2 = 0$。

# %%
three_films, gave = np.array([[1.0, 0], [0, 1], [1, 1]]), np.array([2.0, 1.0])
known = three_films[[0, 2]]
by_formula = np.linalg.solve(known.T @ known + np.eye(2), known.T @ gave)
by_sklearn = Ridge(alpha=1.0, fit_intercept=False).fit(known, gave).coef_
one_user = recommendation.rating_table(np.array([0, 0]), np.array([0, 2]), gave, (1, 3))
by_package = recommendation.ridge(one_user, three_films, strength=1.0)[0]
for name, p in [("formula", by_formula), ("scikit-learn", by_sklearn), ("all users at once", by_package)]:
    print(f"{name:18} p = {p.round(6) + 0.0}")
    np.testing.assert_allclose(p, [1, 0], atol=1e-9)

# %% [markdown] lang="en"
# Then fix the users and solve for the films, and so on by turns: *alternating least squares* (ALS). All users of a turn are solved
# at once by `course_utils.recommendation.ridge`. First the promise above: with four factors and $\lambda = 1$, ALS must end at
# soft-impute's table of section 6. On the real table few factors are faster, so two settings are to be chosen: the rank and the
# strength $\lambda$.

# %% [markdown] lang="zh" of="5a6a8c55"
# 接着固定用户、求解电影，如此轮流，就是**交替最小二乘**（ALS）。每一轮的所有用户由 `course_utils.recommendation.ridge` 一次解完。
# 先兑现上面的话：取四个因子、$\lambda = 1$，ALS 必须停在第 6 节软插补得到的那张表上。真实的表上，因子少算得快，所以有两样要选：秩和强度 $\lambda$。


# %%
# np.inner(P, Q) is P times Q transposed: the table of section 6
assert np.allclose(np.inner(*recommendation.alternating_least_squares(tiny, 4, 1, rounds=300)), guess, atol=1e-6)
for strength in (5, 15):
    for rank in (2, 5, 10, 20):
        fitted = recommendation.fit_als(train_table, rank, strength, bias_strength, seed)
        als_errors[rank, strength] = rmse(fitted.predict(*where), validation)
    print(f"strength {strength:2}, rank 2, 5, 10, 20:", *(f"{als_errors[r, strength]:.4f}" for r in (2, 5, 10, 20)))
als_rank, als_strength = min(als_errors, key=als_errors.get)

# %% [markdown] lang="en"
# Look at the first line. With the weak penalty, ALS is far *worse* than the biases, and more factors do not mend it: it has learnt
# the training ratings by heart. All depends on $\lambda$. Is there a way that needs no such choice?
#
# ## 8. Do not choose, average
#
# ALS answers with one vector for each user and film. But a film's two ratings cannot fix ten numbers; very many vectors would be
# possible, and the best of them is only one among them. A *Bayesian* model averages over all, each weighted by how well it explains the
# ratings. Three assumptions: a rating scatters around $p_u \cdot q_v$ with variance $1/\alpha$; users lie around a mean $m$ with
# precision (inverse covariance) $\Lambda$; films likewise. Then, given the films, a user's vector has the normal distribution
#
# $$p_u \sim \mathcal N\big(A^{-1} b,\; A^{-1}\big), \qquad A = \alpha \sum_v q_v q_v^\top + \Lambda, \qquad b = \alpha \sum_v r_{uv}\, q_v + \Lambda m .$$
#
# The mean is ridge regression again. To *draw* from it there is a beautiful trick (Papandreou and Yuille, 2010): add noise to the
# right-hand side, $\sqrt\alpha\, \varepsilon_{uv}\, q_v$ for each rating and $\Lambda^{1/2}\varepsilon$ for the prior, and solve
# the same system (each $\varepsilon$ is a standard normal number). The noise has covariance $A$, so the solution has covariance
# $A^{-1} A A^{-1} = A^{-1}$. Check it with section 7's films ($\alpha = 1$, $\Lambda = I$, $m = 0$; in the code, `half` is
# $\Lambda^{1/2}$): $A^{-1} = \frac15 \begin{pmatrix} 2 & -1 \\ -1 & 3 \end{pmatrix}$.

# %% [markdown] lang="zh" of="bda37646"
# 看第一行。惩罚太弱时，ALS 比只用偏置还**差**得多，而且加大秩也无济于事：它把训练评分背了下来。成败全在 $\lambda$。有没有不必这样挑选的办法？
#
# ## 8. 不要挑，取平均
#
# ALS 给每个用户、每部电影一个向量。可是一部电影的两个评分定不下十个数；说得通的向量非常多，最好的那个不过是其中之一。**贝叶斯**模型对它们全体取平均，
# 谁把评分解释得好，谁的权重就大。三条假设：评分散布在 $p_u \cdot q_v$ 周围，方差为 $1/\alpha$；用户散布在均值 $m$ 周围，精度（协方差的逆）为
# $\Lambda$；电影也是如此。于是，电影给定时，用户向量服从正态分布
#
# $$p_u \sim \mathcal N\big(A^{-1} b,\; A^{-1}\big), \qquad A = \alpha \sum_v q_v q_v^\top + \Lambda, \qquad b = \alpha \sum_v r_{uv}\, q_v + \Lambda m 。$$
#
# 均值又是岭回归。要从中**抽样**，有个漂亮的办法（Papandreou 和 Yuille，2010）：给右端加噪声，每个评分加 $\sqrt\alpha\, \varepsilon_{uv}\, q_v$，
# 先验加 $\Lambda^{1/2}\varepsilon$，再解同一个方程组（各个 $\varepsilon$ 都服从标准正态分布）。噪声的协方差是 $A$，
# 所以解的协方差是 $A^{-1} A A^{-1} = A^{-1}$。用第 7 节的电影验算（$\alpha = 1$、$\Lambda = I$、$m = 0$；
# 代码里 `half` 就是 $\Lambda^{1/2}$）：
# $A^{-1} = \frac15 \begin{pmatrix} 2 & -1 \\ -1 & 3 \end{pmatrix}$。

# %%
right_sides = known.T @ (gave[:, None] + rng.standard_normal((2, 200_000))) + rng.standard_normal((2, 200_000))
draws = np.linalg.solve(known.T @ known + np.eye(2), right_sides)
print("mean of the draws", draws.mean(axis=1).round(3), " covariance", np.cov(draws).round(3).tolist())
np.testing.assert_allclose(draws.mean(axis=1), [1, 0], atol=0.01)
np.testing.assert_allclose(np.cov(draws), np.array([[2, -1], [-1, 3]]) / 5, atol=0.01)

source = inspect.getsource(recommendation.sample_factors)
print(source[source.index("    def draw") : source.index("        if on_step")])

# %% [markdown] lang="en"
# That is nearly the whole algorithm: *a step of ALS on noisy ratings*, with $m$, $\Lambda$ and $\alpha$ drawn as well instead of
# chosen. Drawing each unknown in turn, given all others, is *Gibbs sampling*; the model is Bayesian probabilistic matrix
# factorisation (Salakhutdinov and Mnih, 2008). The first steps are thrown away, the predictions of the others averaged. (Each
# predicts with the drawn films and the *best* answer of the users to them, the mean above: the average is the same and scatters
# less.) It starts from the ratings minus their mean: no biases, no strength. *What does the rank do to each method?*

# %% [markdown] lang="zh" of="02df44f4"
# 算法差不多就是这些：**在加了噪声的评分上走一步 ALS**，而 $m$、$\Lambda$、$\alpha$ 也不用选，一并抽样。每次在其余给定时抽一样，
# 叫**吉布斯采样**；这个模型叫贝叶斯概率矩阵分解（Salakhutdinov 和 Mnih，2008）。开头若干步丢掉，其余各步的预测取平均。（每一步用抽出的电影向量，配上用户对它们的**最佳**解，即上式的均值：平均值相同，波动更小。）
# 它从减去总均值的评分出发：不用偏置，也不用选强度。**秩对各种方法有什么影响？**

# %%
for rank in (2, 5, 10):
    drawn = recommendation.sample_factors(train_table, rank, seed=seed)
    bayes_errors[rank] = rmse(drawn.predict(*where), validation)
    print(f"Bayes, rank {rank:2}: {bayes_errors[rank]:.4f}, scatter of a rating {drawn.precision.mean() ** -0.5:.2f}")
bayes_rank = min(bayes_errors, key=bayes_errors.get)
one = [drawn._replace(user=drawn.user[[step]], film=drawn.film[[step]]) for step in (0, 40, 79)]
print("rank 10, single samples:", [round(rmse(sample.predict(*where), validation), 3) for sample in one])

curves = {f"ALS, strength {s}": {r: als_errors[r, s] for r in (2, 5, 10, 20)} for s in (5, 15)}
curves |= {"SVD of residuals": svd_errors, "Bayes": bayes_errors}
figure, axes = plt.subplots()
axes.axhline(rmse(expected, validation), color="black", linestyle=":", label="biases")
axes.axhline(soft_errors[soft_strength], color="black", linestyle="-.", label="soft-impute")
for name, errors in curves.items():
    axes.plot(list(errors), list(errors.values()), "o--" if "ALS" in name else "s-", markersize=4, label=name)
axes.set(xlabel="rank", ylabel="validation RMSE (stars)")
axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()

# %% [markdown] lang="en" role="alt"
# Validation RMSE against rank. ALS with strength 5 lies far above the dotted line of the biases; with strength 15 it comes near or
# below it; the SVD of residuals falls slowly below it; the level line of soft-impute is lower still, and the Bayesian curve ends lowest of all.

# %% [markdown] lang="zh" role="alt" of="4dfbdc26"
# 验证 RMSE 随秩的变化。强度为 5 的 ALS 远在代表偏置的点线之上；强度为 15 时接近或低于它；残差的奇异值分解缓缓降到点线之下；
# 软插补的水平线更低；贝叶斯的曲线最后降到最低。

# %% [markdown] lang="en"
# The Bayesian model wins, with nothing to tune but the rank, and up to rank 10 more factors only help it. Two things set it apart
# from ALS: it averages, and the data decide how strongly each direction is held back. The last line printed separates them: one
# sample alone, with the same learnt priors, is worse than the biases. It is the average that wins.
#
# ## 9. With Keras
#
# The same model $\mu + b_u + b_v + p_u \cdot q_v$ as a network: four embedding tables (chapter 04) and one dot product, trained by
# gradient descent. Two things to check before any training. The network must compute the formula; and one rating's prediction must
# not depend on which others are in the batch. That second check sounds silly. Section 17 shows a widely copied example that fails it.

# %% [markdown] lang="zh" of="8ce90d86"
# 贝叶斯胜出，除了秩没有什么要调的，而且直到秩 10，加因子只有好处。它与 ALS 有两点不同：一是取平均，二是每个方向该压住多少由数据决定。打印的最后一行把两者分开了：先验同样是学来的，单独一个样本却比偏置还差。功劳在取平均。
#
# ## 9. 换用 Keras
#
# 同一个模型 $\mu + b_u + b_v + p_u \cdot q_v$ 写成网络：四张嵌入表（第 04 章）加一个内积，用梯度下降训练。训练之前先检验两件事。
# 网络算的必须是这个公式；一个评分的预测，不得取决于同一批里还有谁。第二条听起来多余，第 17 节会给出一个流传很广、却过不了这一关的例子。

# %%
untrained = models.build_rating_network(ratings.shape, mean=rating[train].mean())
of_user, of_film, b_user, b_film = (weight.numpy() for weight in untrained.weights)
some_users, some_films = user[:1000].astype("int32"), film[:1000].astype("int32")
by_keras = untrained([some_users, some_films]).numpy()[:, 0]
by_hand = rating[train].mean() + recommendation.products(of_user, of_film, some_users, some_films)
np.testing.assert_allclose(by_keras, by_hand + b_user[some_users, 0] + b_film[some_films, 0], rtol=1e-5)
alone = [untrained([some_users[[i]], some_films[[i]]]).numpy()[0, 0] for i in range(20)]
np.testing.assert_allclose(alone, by_keras[:20], rtol=1e-5)
print(f"{untrained.count_params():,} parameters; formula and network agree, alone and in a batch")

network = models.train_rating_network(ratings, train, validation, seed, callbacks=[EpochReport(every=3)])

# %% [markdown] lang="en"
# *Did it learn, or learn by heart?* The curves answer.

# %% [markdown] lang="zh" of="4cd9ed9f"
# **它学会了，还是背下来了？**看曲线。

# %%
plotting.learning_curves({"network": network.history}, "rmse", "RMSE (stars)").axes[0].set_ylim(0.7, 1.1)
plt.show()

# %% [markdown] lang="en" role="alt"
# Training and validation RMSE of the factorisation network over fifteen epochs. Both fall fast at first; then the training
# error keeps falling while the validation error levels off near 0.88.

# %% [markdown] lang="zh" role="alt" of="2490af69"
# 分解网络十五轮训练中训练集与验证集的 RMSE。起初两条曲线都降得很快；之后训练误差继续下降，验证误差停在 0.88 附近。

# %% [markdown] lang="en"
# Both: the validation error fell and levelled off, while the training error went on falling. (In the log, `val_loss` rises again
# after the first epochs because it contains the penalty, which grows with the factors; judge by `val_rmse`.)
#
# ## 10. The test, once
#
# All choices are made: bias strength, rank of the SVD, strength of soft-impute, rank and strength of ALS, rank of the Bayesian
# model, all on validation ratings (the network keeps its preset rank, penalty and number of epochs). Now each method is fitted once
# more, on training and validation part together, and meets the test part. Ratings of one user are not independent, so the standard
# errors of the differences treat each user as one unit.

# %% [markdown] lang="zh" of="4793c411"
# 两样都有：验证误差降下来以后走平，训练误差却还在降。（日志里 `val_loss` 头几轮以后又上升，是因为它含有惩罚项，而惩罚随因子变大；好坏要看 `val_rmse`。）
#
# ## 10. 只测试一次
#
# 该选的都选好了：偏置的强度、奇异值分解的秩、软插补的强度、ALS 的秩和强度、贝叶斯模型的秩，都是在验证评分上选的（网络沿用预设的秩、惩罚强度和轮数）。现在每种方法在训练集与验证集合起来的
# 数据上重新拟合一次，然后面对测试集。同一用户的评分彼此不独立，所以计算差的标准误时，把每个用户当作一个单位。

# %%
earlier = np.sort(np.concatenate([train, validation]))
full_table, where = ratings.table(earlier), (user[test], film[test])
recipes = {
    "biases": lambda: recommendation.fit_biases(full_table, bias_strength),
    "SVD of residuals": lambda: recommendation.fit_svd(full_table, svd_rank, bias_strength),
    "soft-impute": lambda: recommendation.fit_soft_impute(full_table, soft_strength, bias_strength),
    "ALS": lambda: recommendation.fit_als(full_table, als_rank, als_strength, bias_strength, seed),
    "Keras network": lambda: models.train_rating_network(ratings, earlier, seed=seed),
    "Bayes": lambda: recommendation.sample_factors(full_table, bayes_rank, seed=seed),
}
fitted, squared = {}, {"mean": (rating[earlier].mean() - rating[test]) ** 2}
for name, fit in recipes.items():
    started = time.perf_counter()
    fitted[name] = fit()
    print(f"{name:16} {time.perf_counter() - started:6.2f} s")
    squared[name] = (np.clip(fitted[name].predict(*where), 0.5, 5) - rating[test]) ** 2
error = {name: np.sqrt(values.mean()) for name, values in squared.items()}
ahead = {name: paired_difference(values, squared["Bayes"], group=user[test]) for name, values in squared.items()}
for name in error:
    print(f"{name:16} RMSE {error[name]:.4f}, squared error minus that of Bayes {ahead[name]}")

# %%
claim("bias_rmse", error["biases"], baseline=error["mean"])
claim("svd_rmse", error["SVD of residuals"], baseline=error["biases"])
claim("soft_rmse", error["soft-impute"], baseline=error["biases"])
claim("als_rmse", error["ALS"], baseline=error["biases"])
claim("network_rmse", error["Keras network"], baseline=error["biases"])
claim("bayes_rmse", error["Bayes"], baseline=error["biases"])
claim("svd_gain", error["biases"] - error["SVD of residuals"])
claim("soft_gain", error["biases"] - error["soft-impute"])
claim("als_gain", error["biases"] - error["ALS"])
claim("network_gain", error["biases"] - error["Keras network"])
claim("bayes_gain", error["biases"] - error["Bayes"])
claim("bayes_over_svd", error["SVD of residuals"] - error["Bayes"])
claim("bayes_over_network", error["Keras network"] - error["Bayes"])
claim("bayes_over_network_in_errors", ahead["Keras network"].in_errors)

# %% [markdown] lang="en"
# | on the test part, {claim:bayes_rmse.seeds} seeds (each with its own split) | RMSE | below the biases by |
# |---|---|---|
# | mean | {claim:bias_rmse.baseline} | |
# | biases | {claim:bias_rmse.full} | |
# | SVD of residuals, zero-filled | {claim:svd_rmse.full} | {claim:svd_gain.full} |
# | soft-impute | {claim:soft_rmse.full} | {claim:soft_gain.full} |
# | ALS | {claim:als_rmse.full} | {claim:als_gain.full} |
# | Keras network | {claim:network_rmse.full} | {claim:network_gain.full} |
# | Bayes, averaged samples | {claim:bayes_rmse.full} | {claim:bayes_gain.full} |
#
# The spread in the first column is that of the splits, and all methods share it; the gains in the second are much surer. Bayes is
# ahead of the zero-filled SVD by {claim:bayes_over_svd.full} and of the network by {claim:bayes_over_network.full}, which is
# {claim:bayes_over_network_in_errors} standard errors over the users of one test part. So here the network loses. One difference is
# that, like ALS, it ends at *one* point instead of averaging over many (exercise 6 measures how much that explains); another, that
# its penalty is fixed.
#
# The step from zeros to guesses that improve raises the gain over the biases from {claim:svd_gain} to {claim:soft_gain}. That
# soft-impute is also ahead of ALS says nothing about the two ways: they minimise the same objective, but soft-impute may keep 60
# directions, and its strength was tried in finer steps (exercise 7). The SVD of residuals is the bargain of the table: close to the
# network, and hardly any time. [benchmarks/06_svd_recommendations.md](../benchmarks/06_svd_recommendations.md) compares methods of
# this table with the SVD, SVD++ and neighbourhood methods of the package scikit-surprise on the same splits.

# %% [markdown] lang="zh" of="8bfb6110"
# | 测试集，{claim:bayes_rmse.seeds} 个随机种子（各有自己的划分） | RMSE | 比偏置低 |
# |---|---|---|
# | 总均值 | {claim:bias_rmse.baseline} | |
# | 偏置 | {claim:bias_rmse.full} | |
# | 残差的奇异值分解，空格填零 | {claim:svd_rmse.full} | {claim:svd_gain.full} |
# | 软插补 | {claim:soft_rmse.full} | {claim:soft_gain.full} |
# | ALS | {claim:als_rmse.full} | {claim:als_gain.full} |
# | Keras 网络 | {claim:network_rmse.full} | {claim:network_gain.full} |
# | 贝叶斯，样本平均 | {claim:bayes_rmse.full} | {claim:bayes_gain.full} |
#
# 第一列的离散程度来自划分，各种方法一同起落；第二列的差要可靠得多。贝叶斯比填零的奇异值分解低 {claim:bayes_over_svd.full}，比网络低
# {claim:bayes_over_network.full}；单看一个测试集，按用户算，后者是 {claim:bayes_over_network_in_errors} 个标准误。
# 所以这一回网络输了。差别之一是，它和 ALS 一样，最后停在**一个**点上，没有对许多点取平均（这能解释多少，见练习 6）；另一点是，它的惩罚强度是固定的。
#
# 不再死守着零，而是让猜测越填越准，这一步把对偏置的优势从 {claim:svd_gain}扩大到 {claim:soft_gain}。软插补也比 ALS 低，但这不说明哪条路更好：两者的目标相同，只是软插补最多可以留 60 个方向，
# 强度也试得更细（练习 7）。残差的奇异值分解最划算：与网络相差不多，却几乎不花时间。
# [benchmarks/06_svd_recommendations.md](../../benchmarks/06_svd_recommendations.md) 在同样的划分上，
# 把表中的方法与 scikit-surprise 包里的 SVD、SVD++ 和近邻方法放在一起比较。

# %% [markdown] lang="en"
# ## 11. What the random split hides
#
# A random split lets the model see a user's ratings from *after* the one it must predict, and hardly ever a user whom it does not know.
# A recommender in use has neither comfort. So split by the clock: the first 80 % of all ratings to learn from, the last 20 %
# to predict. We expect larger errors. *How much larger, and does Bayes stay ahead of the biases?*

# %% [markdown] lang="zh" of="dfcd5b93"
# ## 11. 随机划分掩盖了什么
#
# 随机划分让模型看得到用户在**之后**打的分，也几乎不会遇到陌生用户。真正上线的推荐系统没有这两样便利。所以改按时钟划分：最早的 80 % 用来学，
# 最后的 20 % 用来预测。我们预计误差会变大。**大多少？贝叶斯还领先偏置吗？**

# %%
by_time = np.argsort(ratings.time, kind="stable")
past, future = np.sort(by_time[: len(earlier)]), np.sort(by_time[len(earlier) :])
assert ratings.time[past].max() <= ratings.time[future].min()
known_user = np.isin(user[future], user[past])
print(f"{1 - known_user.mean():.0%} of the later ratings are by users without any earlier one")
past_table, later = ratings.table(past), {}
later["biases"] = recommendation.fit_biases(past_table, bias_strength).predict(user[future], film[future])
later["Bayes"] = recommendation.sample_factors(past_table, bayes_rank, seed=seed).predict(user[future], film[future])
for name, values in later.items():
    print(f"{name:6} {rmse(values, future):.4f}, known users alone {rmse(values[known_user], future[known_user]):.4f}")
claim("time_split_bayes_rmse", rmse(later["Bayes"], future), baseline=rmse(later["biases"], future))
claim("random_split_flatters", rmse(later["Bayes"], future) - error["Bayes"])

# %% [markdown] lang="en"
# The random split flatters by {claim:random_split_flatters.full}, several times the gap between the best method and the biases;
# Bayes stays ahead of them. Most of the later ratings come from new users, about whom the model can say nothing but what it thinks
# of the average one. Numbers from random splits compare methods with each other; they are no forecast of how a system will do next
# month.
#
# ## 12. A rating is not a ranking
#
# Nobody asks a recommender for decimals. People see ten films. So: hold out each user's last ten ratings by time (lots decide among
# ratings of the same second), rank all films that the user has not rated before, and see how many of the ten turn up among the
# first ten (*recall@10*), and how high they stand (*nDCG@10*, where a hit at place $i$ counts $1/\log_2(1+i)$ and the sum is
# divided by that of ten hits). The baseline is *popularity*: the same list for everybody, A1's $r_v$. Two limits: a hit is a film
# that the user went on to rate, liked or not (exercise 4 changes that); and other users' later ratings remain visible.
#
# Here the opponents change. What did a user *rate at all*? That is known for every cell: 1 or 0, and the empty cell is an answer now.
# Let $X$ be this table. Two methods, both made of its SVD, $X = U \Sigma V^\top$:
#
# - *SVD* (after Cremonesi, Koren and Turrin, 2010, who take the stars instead of the 1s): keep $k$ directions, $U_k U_k^\top X$, and
#   drop the rest.
# - *EASE* (Steck, 2019): predict each film from all *other* films by ridge regression. It has a closed form,
#   $B = I - P\, \mathrm{diag}(P)^{-1}$ with $P = (X^\top X + \lambda I)^{-1}$ and scores $XB$. As a matrix of films by films it is
#   large; with few
#   users it need not be built, since $XP = (XX^\top + \lambda I)^{-1} X$: in $XP$ each direction is multiplied by $\frac{1}{\sigma^2 +
#   \lambda}$. The scores are $X$ minus this (columns scaled by $\mathrm{diag}(P)^{-1}$, nearly $\lambda$ for rare films), so each
#   direction is multiplied by about $\frac{\sigma^2}{\sigma^2 + \lambda}$: the weak ones are damped, none is dropped.
#
# First the shortcut by hand: the four users of section 3, a film counts as watched from 4 stars.

# %% [markdown] lang="zh" of="18c8192f"
# 随机划分把误差美化了 {claim:random_split_flatters.full}，是最好的方法与偏置之间差距的好几倍；不过贝叶斯仍然领先。后来的评分大多出自新用户，对他们，模型只说得出对
# “普通用户”的看法。随机划分得到的数字可以用来比较方法，却预报不了系统下个月的表现。
#
# ## 12. 评分不等于排序
#
# 谁也不会去看推荐系统算出的小数，大家看到的只是十部电影。所以：按时间留出每个用户最后十个评分（同一秒的抽签决定先后），给该用户此前没评过的所有电影排序，看这十部里有几部进了
# 前十名（**召回率** recall@10），排得有多靠前（**nDCG@10**，第 $i$ 位命中计 $1/\log_2(1+i)$ 分，总分再除以十位全中的分数）。基线是**热门榜**：人人一份相同的名单，
# 也就是 A1 的 $r_v$。有两点局限：只要用户后来评过，不论喜不喜欢，都算命中（练习 4 会改）；别的用户更晚的评分，模型仍然看得到。
#
# 这里换了对手。用户**评过**什么？这件事每个格子都有答案：1 或 0，空格现在也是一种回答。设这张表为 $X$。两种方法都出自它的奇异值分解
# $X = U \Sigma V^\top$：
#
# - **奇异值分解**（仿 Cremonesi、Koren 和 Turrin，2010；他们用的是星数，不是 1）：留下 $k$ 个方向，$U_k U_k^\top X$，其余丢掉。
# - **EASE**（Steck，2019）：用岭回归，由**其他**电影预测每一部电影。它有闭式解：$B = I - P\, \mathrm{diag}(P)^{-1}$，其中
#   $P = (X^\top X + \lambda I)^{-1}$，得分为 $XB$。“电影 × 电影”的矩阵很大，但用户少时不必造出来，因为 $XP = (XX^\top + \lambda I)^{-1} X$：
#   $XP$ 里每个方向乘以 $\frac{1}{\sigma^2 + \lambda}$；得分是 $X$ 减去它（各列再乘 $\mathrm{diag}(P)^{-1}$，冷门电影接近 $\lambda$），于是每个方向大约乘以 $\frac{\sigma^2}{\sigma^2 + \lambda}$：弱的被压低，一个也不丢。
#
# 先手算验证这条捷径：用第 3 节的四个用户，4 星及以上算看过。

# %%
watched = (table >= 4).astype(float)
inverse = np.linalg.inv(watched.T @ watched + 1.0 * np.eye(5))
weights = np.eye(5) - inverse / np.diag(inverse)
print("what a watched film (row) adds to the score of another (column)\n", weights.round(2))
np.testing.assert_allclose(recommendation.item_regression(watched, strength=1.0), watched @ weights, atol=1e-12)
assert np.allclose(np.diag(weights), 0), "a film must not predict itself"

# %% [markdown] lang="en"
# Rank $k$ and strength $\lambda$ are chosen on the ten ratings *before* the last ten.

# %% [markdown] lang="zh" of="915aba46"
# 秩 $k$ 和强度 $\lambda$ 用最后十个评分**之前**的十个来选。

# %%
before_last, last_ten = splits.last_of_each(user, ratings.time, 10, seed)
again = splits.last_of_each(user[before_last], ratings.time[before_last], 10, seed)
to_learn, to_choose = (before_last[rows] for rows in again)
methods = {"SVD": recommendation.subspace_scores, "EASE": recommendation.item_regression}
to_try = {"SVD": (10, 20, 40, 80), "EASE": (200, 400, 800, 1600)}
seen, relevant, chosen = ratings.seen(to_learn), ratings.seen(to_choose), {}
for name, method in methods.items():
    ndcg = [ranking_scores(method(seen.astype(float), each), seen, relevant).ndcg.mean() for each in to_try[name]]
    chosen[name] = to_try[name][np.argmax(ndcg)]
    print(f"{name:4} nDCG@10 by setting:", dict(zip(to_try[name], np.round(ndcg, 4).tolist(), strict=True)))

# %%
seen, relevant = ratings.seen(before_last), ratings.seen(last_ten)
ratings_of = seen.sum(axis=0)
scores = {"popularity": np.tile(ratings_of, (users, 1))}
scores |= {name: method(seen.astype(float), chosen[name]) for name, method in methods.items()}
scores["Bayes"] = recommendation.sample_factors(ratings.table(before_last), bayes_rank, samples=40, seed=seed).scores()
found = {name: ranking_scores(values, seen, relevant) for name, values in scores.items()}
popular = found["popularity"]
above = {name: paired_difference(each.ndcg, popular.ndcg) for name, each in found.items()}
print("           recall@10  nDCG@10   minus popularity   ratings of a recommended film")
for name, each in found.items():
    line = f"{name:10} {each.recall.mean():9.4f} {each.ndcg.mean():8.4f}   {above[name]!s:17}"
    print(line, f"{np.median(ratings_of[each.top]):8.0f}")
claim("ease_recall", found["EASE"].recall.mean(), baseline=popular.recall.mean())
claim("ease_ndcg", found["EASE"].ndcg.mean(), baseline=popular.ndcg.mean())
claim("ease_over_popularity_in_errors", above["EASE"].in_errors)
claim("svd_ndcg", found["SVD"].ndcg.mean(), baseline=popular.ndcg.mean())
claim("bayes_ndcg", found["Bayes"].ndcg.mean(), baseline=popular.ndcg.mean())

# %% [markdown] lang="en"
# The best predictor of ratings is by far the *worst* adviser: nDCG {claim:bayes_ndcg.full}, popularity {claim:bayes_ndcg.baseline},
# EASE {claim:ease_ndcg}, which is {claim:ease_over_popularity_in_errors} standard errors above popularity. The truncated SVD
# ({claim:svd_ndcg}) ties with EASE: what matters is the question, not the method. Why? The last column tells: Bayes recommends
# films that far fewer people have rated. It answers "how would you like it, *if* you watched it?", and for that question its answer
# may be right. But it has learnt from films that people had chosen to watch, and nobody asked whether they would. Ratings are
# *missing not at random*; whether there is one says more than its value.
#
# *What does that look like for one user?* A star marks a film among the user's last ten. We show the user whom EASE serves best; on
# average it finds {claim:ease_recall.percent} of the ten, fewer than one film.

# %% [markdown] lang="zh" of="e8f14663"
# 评分预测得最准的，推荐起来却远远**垫底**：nDCG 为 {claim:bayes_ndcg.full}，热门榜是 {claim:bayes_ndcg.baseline}，EASE 是 {claim:ease_ndcg}，
# 比热门榜高 {claim:ease_over_popularity_in_errors} 个标准误。截断的奇异值分解（{claim:svd_ndcg}）与 EASE 打成平手：要紧的是问什么问题，不是用哪个方法。
# 为什么？看最后一列：贝叶斯推荐的电影，评过的人少得多。它回答的是“**假如**你看了，会有多喜欢？”，
# 对这个问题，它也许没答错。但它学的都是人们自己挑来看的电影，没有人问过他们会不会去看。评分是**非随机缺失**的：有没有评分，比评分多少更说明问题。
#
# **具体到一个用户，是什么样子？**带星号的电影属于该用户的最后十部。下面挑的是 EASE 猜得最准的那位；平均而言，它只找回十部中的 {claim:ease_recall.percent}，还不到一部。

# %%
example = popular.user[np.argmax(found["EASE"].recall)]
own = before_last[user[before_last] == example]
print("rated highest:", "; ".join(ratings.title[film[own[np.argsort(-rating[own], kind="stable")[:5]]]]))
for name in ("EASE", "popularity", "Bayes"):
    top = found[name].top[popular.user == example][0][:6]
    print(f"\n{name}:", "; ".join(("* " if relevant[example, place] else "") + ratings.title[place] for place in top))

# %% [markdown] lang="en"
# ## 13. A new user, without retraining
#
# Somebody arrives and rates a few films. Must the model be trained again? No: with the films fixed, the user is one small
# regression, the formula of section 8, once in each sample. This is called *folding in*. The proof that it is the same computation:
# fold in a user whom the model *does* know, from their own ratings, and compare.

# %% [markdown] lang="zh" of="946bc0cb"
# ## 13. 新用户来了，不必重新训练
#
# 有人来了，给几部电影打了分。模型要重新训练吗？不用：电影固定时，一个用户就是一次小小的回归，也就是第 8 节的公式，每个样本里算一次。
# 这叫**折入**。怎样证明这是同一个计算？把一个模型**认识**的用户，用他自己的评分折入，再比较。

# %%
someone = np.argmin(np.abs(np.bincount(user[earlier], minlength=users) - 30))  # a user with about thirty ratings
own, posterior = earlier[user[earlier] == someone], fitted["Bayes"]
folded = posterior.fold_in(film[own], rating[own])
trained_with = posterior.predict(np.full(films, someone), np.arange(films))
print(f"user {someone}: folded in and trained differ by {np.abs(folded - trained_with).max():.1e} stars at most")
np.testing.assert_allclose(folded, trained_with, atol=1e-4)

often_rated = np.flatnonzero(np.bincount(film[earlier]) >= 50)  # after section 12: only films that people do watch
space, no_love = {"Star Wars: Episode IV": 5, "Matrix, The": 5}, {"Titanic (1997)": 1, "Sleepless": 1}
for name, stars in [("no answer yet", {}), ("space and action", space), ("and no love stories", space | no_love)]:
    print(f"\n{name}: {models.recommend(ratings, posterior, stars, often_rated)}")

# %% [markdown] lang="en"
# Without any answer it falls back on what the average user likes; each answer bends that, a dislike more than a like: one star is
# about 2½ below the mean, five stars only 1½ above it. Two likes bring space and adventure; with two dislikes added, the list is
# nearly what people choose who do not care for love stories. So few answers are little, and odd guesses slip in: five stars for one
# love story, below, bring up *The Lord of the Rings*. In JupyterLab, move the sliders and see the list follow. (Where sliders do
# not show, change the stars in the cell above and run it again. 0 means "not seen".) The cell also moves a slider by program, so
# that the tests know that it works.

# %% [markdown] lang="zh" of="38902010"
# 一个回答也没有时，它退回到普通用户的喜好；每多一个回答，名单就跟着变，而且差评比好评更有力：一星比均值低两星半左右，五星只高一星半。两个好评带来了太空片和冒险片；再加两个差评，
# 名单就差不多成了“不爱看爱情片的人”的名单。这么几个回答毕竟太少，还会混进一些莫名其妙的猜测：下面给一部爱情片打五星，冒出来的却是《指环王》。在 JupyterLab 里拖动滑块，看看名单怎样变化。
# （看不到滑块时，改上一格里的星数，再运行一次。0 表示“没看过”。）这一格还会用程序拨动一个滑块，好让测试知道它管用。

# %%
asked = ["Star Wars: Episode IV", "Matrix, The", "Titanic (1997)", "Sleepless in Seattle", "Toy Story (1995)", "Fargo"]
slider, answer = sliders(asked, lambda stars: models.recommend(ratings, posterior, stars, often_rated))
untouched = answer.value
slider["Sleepless in Seattle"].value = 5.0
assert answer.value != untouched
print("five stars for Sleepless in Seattle:", answer.value)

# %% [markdown] lang="en"
# ## 14. Similar films
#
# Each film is a column of a table like that of section 12 (here of all ratings in `earlier`), and the SVD gives it a few
# coordinates, a row of $V_k \sqrt{\Sigma_k}$, scaled to length 1 (only films with 50 ratings or more). Films that the same people
# rate point the same way. *Do the coordinates mean anything?* Two checks: the nearest films by angle, and a map of the most watched
# films in the second and third direction. (The first only says how popular a film is.) The SVD has seen no title and no genre.

# %% [markdown] lang="zh" of="bda2da61"
# ## 14. 相似的电影
#
# 每部电影是一张表的一列，与第 12 节的表同样做法（这里用 `earlier` 里的评分），奇异值分解给它几个坐标，即 $V_k \sqrt{\Sigma_k}$ 的一行，
# 再缩放到长度 1（只取至少有 50 个评分的电影）。同一批人评的电影，方向也相近。**这些坐标有意义吗？**
# 用两个办法检验：看夹角最小的电影是哪些；再把看得最多的电影按第二、第三个方向画成地图。（第一个方向只表示热门程度。）
# 奇异值分解没有见过任何片名和类型。

# %% tags=["picture"]
watched = csr_array(ratings.seen(earlier)[:, often_rated].astype(float))
of_users, of_films = map(keras.utils.normalize, recommendation.svd_factors(watched, rank=20))  # rows of length 1
titles = ratings.title[often_rated]
for title in ("Toy Story (1995)", "Godfather, The", "Scream (1996)"):
    place = np.searchsorted(often_rated, ratings.find(title)[0])
    print(f"{titles[place]}: {'; '.join(titles[np.argsort(-of_films @ of_films[place])[1:5]])}")

shown = np.argsort(-per_film[often_rated])[:16]
figure, axes = plt.subplots(figsize=(8.6, 5))
image = axes.scatter(*of_films[shown, 1:3].T, c=[int(title[-5:-1]) for title in titles[shown]], s=26)
for title, place in zip(titles[shown], of_films[shown, 1:3], strict=True):
    short = title.split(" (")[0].split(" - ")[-1].split(":")[0]
    axes.annotate(short, place, (3, 0), textcoords="offset points", fontsize=7, rotation=-30, va="top")
axes.set(xlabel="second singular direction", ylabel="third singular direction", xticks=[], yticks=[])
figure.colorbar(image, label="year of the film", ticks=range(1980, 2000, 5))
plt.show()
joined = [ratings.time[user == u].min().astype(float) for u in range(users)]
claim("second_direction_is_time", abs(np.corrcoef(of_users[:, 1], joined)[0, 1]))

# %% [markdown] lang="en" role="alt"
# Map of the 16 most rated films by their second and third singular directions, coloured by year. Films of the early and
# mid-nineties lie on one side; The Matrix and American Beauty of 1999, and older ones such as Star Wars and Raiders of the Lost
# Ark, on the other.

# %% [markdown] lang="zh" role="alt" of="8646ce66"
# 评分人数最多的 16 部电影，按第二、第三奇异方向画成的地图，颜色表示年份。九十年代初期和中期的电影聚在一侧；1999 年的《黑客帝国》和《美国丽人》，以及《星球大战》《夺宝奇兵》等更早的电影，在另一侧。

# %% [markdown] lang="en"
# Some neighbours are of a kind, others merely of the same years. And the strongest direction after popularity has more to do with
# *time* than one would think. A user's coordinate in it correlates by {claim:second_direction_is_time} with the day of the user's
# first rating; who left in 1996 could not rate *The Matrix*. Factors are what the data vary by, whether or not we have a name for
# it.
#
# ## 15. Cold start
#
# How many ratings does a new user have to give? Hide 200 users from the model altogether, fold each in from $n$ of their ratings
# and predict the same other ratings each time (at most 30 of each user). Baseline: the film's bias plus the user's bias from these $n$ ratings.

# %% [markdown] lang="zh" of="f06fb861"
# 邻居有的是同类，有的只是同一时期的电影。除了热门程度，最强的方向与**时间**大有关系：用户在这个方向上的坐标，与其第一次评分的日期相关系数达到 {claim:second_direction_is_time}；
# 1996 年就离开的人，不可能评《黑客帝国》。数据因什么而不同，因子就是什么，不管我们叫不叫得出名字。
#
# ## 15. 冷启动
#
# 新用户要打多少分才够？把 200 个用户整个藏起来，不让模型看见；然后分别用各人的 $n$ 个评分折入，每次都预测同一批其余的评分（每人至多 30 个）。
# 基线是电影的偏置，加上由这 $n$ 个评分算出的用户偏置。

# %%
new_users = np.random.default_rng(seed).choice(users, 200, replace=False)
others = np.flatnonzero(~np.isin(user, new_users))
assert datasets.overlap(user[others], new_users) == 0
others_table, known_counts = ratings.table(others), (0, 1, 2, 4, 8, 15)
from_others = recommendation.sample_factors(others_table, bayes_rank, samples=40, seed=seed)
others_biases = recommendation.fit_biases(others_table, bias_strength)
cold = models.cold_start_errors(ratings, from_others, others_biases, new_users, known_counts, bias_strength)

figure, axes = plt.subplots()
for name, errors in cold.items():
    axes.plot(known_counts, errors, "o-", label=name)
    print(f"{name:10}", " ".join(f"{n}: {value:.3f}" for n, value in zip(known_counts, errors, strict=True)))
axes.set(xlabel="ratings that the new user has given", ylabel="RMSE on the others (stars)")
axes.legend()
plt.show()
claim("cold_start_gain", cold["folded in"][0] - cold["folded in"][-1])
claim("cold_start_over_biases", cold["biases"][-1] - cold["folded in"][-1])

# %% [markdown] lang="en" role="alt"
# RMSE for 200 new users against the number of ratings they have given, from 0 to 15, for biases and for folding in. Both fall
# together, fastest over the first four ratings; in the end folding in lies a little lower.

# %% [markdown] lang="zh" role="alt" of="5566ecc1"
# 两百个新用户的 RMSE 随其已给评分数（0 到 15）的变化，分别用偏置和折入。两条曲线一同下降，头四个评分时降得最快；最后折入略低一些。

# %% [markdown] lang="en"
# Fifteen ratings are worth {claim:cold_start_gain.full}, most of it from the first four: they tell how generous somebody is, and
# for that the biases are as good. With so few, who is ahead changes from seed to seed: so few ratings say little about taste. After
# fifteen, folding in is ahead by {claim:cold_start_over_biases.full}.
#
# ## 16. When the table grows
#
# A full SVD of a dense table of $m$ users and $n \ge m$ films costs time in proportion to $m^2 n$ and memory to $mn$, known or not.
# The sparse method only multiplies with the known cells. Grow a synthetic table like ours (same share known, random places; without
# a hidden structure the iteration has it harder, not easier) to 100 times as many ratings. *What happens to time and memory?* The
# dense way is tried on the two smallest tables.

# %% [markdown] lang="zh" of="74a0185c"
# 十五个评分能让误差降低 {claim:cold_start_gain.full}，大半来自头四个：它们说明这个人手松手紧，而这一点偏置做得一样好。评分这样少的时候，谁领先要看随机种子：这么几个评分，
# 还说不出多少口味。有了十五个评分，折入领先 {claim:cold_start_over_biases.full}。
#
# ## 16. 表变大了怎么办
#
# $m$ 个用户、$n$ 部电影（$n \ge m$）的稠密表，完整的奇异值分解耗时与 $m^2 n$ 成正比，内存与 $mn$ 成正比，不管格子是否已知。稀疏的办法只与已知的格子相乘。
# 造一张和我们的表相似的表（已知比例相同，位置随机；没有隐藏的规律，迭代只会更难，不会更容易），让评分增加到 100 倍。**时间和内存会怎样？**稠密的办法只在最小的两张表上试。

# %%
print("   ratings    MB: sparse  dense   seconds: sparse  dense")
for times in (0.25, 1, 10, 100):
    m, n, count = int(users * times**0.5), int(films * times**0.5), int(len(rating) * times)
    places = np.random.default_rng(seed).integers(0, [[m], [n]], (2, count), dtype=np.int32)
    grown = csr_array((np.ones(count, np.float32), tuple(places)), shape=(m, n))
    clock = [time.perf_counter()]
    largest = svds(grown, k=5, v0=np.ones(m, np.float32), tol=0.01, return_singular_vectors=False)[-1]
    clock.append(time.perf_counter())
    if times <= 1:
        np.testing.assert_allclose(np.linalg.svd(grown.toarray(), full_matrices=False)[1][0], largest, rtol=0.01)
        clock.append(time.perf_counter())
    print(f"{count:10,} {8 * count / 1e6:8.1f} {4 * m * n / 1e6:8,.0f}", *(f"{spent:9.2f}" for spent in np.diff(clock)))

# %% [markdown] lang="en"
# The five largest singular values of a table with ten million ratings take seconds on a small machine. The dense way computes all
# of them with their vectors, where the sparse run asks for five values to 1 %. It is dozens of times slower already at the size of
# our table, and by the formula it would need a thousand times as long for the last line, and 2.4 GB instead of 80 MB. When a table
# does not fit one machine, it can be cut into blocks of rows on many:
# [benchmarks/06_cluster_svd.py](../benchmarks/06_cluster_svd.py) does it, with dense blocks, by Dask's `svd_compressed` on a local
# cluster and compares the singular values (`pip install -e .[cluster]`).

# %% [markdown] lang="zh" of="803d13d6"
# 一千万个评分的表，最大的五个奇异值在一台小机器上几秒钟就算完。稠密的办法要算出全部奇异值和奇异向量（稀疏的只求五个值，精确到 1 %），在我们这么大的表上就已经慢了几十倍，按上面的公式，最后一行要再慢一千倍，内存是 2.4 GB，而不是 80 MB。
# 如果一张表大得一台机器放不下，可以按行切成块，分给许多机器：
# [benchmarks/06_cluster_svd.py](../../benchmarks/06_cluster_svd.py) 用 Dask 的 `svd_compressed` 在本地集群上做了这件事（块是稠密的），
# 并核对奇异值（`pip install -e .[cluster]`）。

# %% [markdown] lang="en"
# ## 17. Break it
#
# Five typical faults, and the checks that stop them. The second is the one promised in section 9: a dot product over *two* axes,
# `tensordot(users, films, 2)`, adds up the whole batch into a single number. The example *Collaborative Filtering for Movie
# Recommendations* of keras.io does it (reported in 2021: keras-team/keras-io, issue 397). It trains and its loss falls, yet what it
# predicts for one pair depends on who else is in the batch.

# %% [markdown] lang="zh" of="691fc0ff"
# ## 17. 故意弄坏
#
# 五个典型的毛病，以及拦住它们的检验。第二个就是第 9 节说过的：内积对**两个**轴求和，`tensordot(users, films, 2)`，把整批加成了一个数。
# keras.io 的例子 *Collaborative Filtering for Movie Recommendations* 就是这样写的（2021 年已有人报告：
# keras-team/keras-io 第 397 号 issue）：照样训练，损失照样下降，可是对一对用户和电影的预测，要看同一批里还有谁。


# %%
with caught("empty cells are filled with 0 stars, as in many tutorials"):
    filled = recommendation.products(*recommendation.svd_factors(full_table, svd_rank), *where)
    claim("svd_gain", error["biases"] - rmse(filled, test))

with caught("the dot product runs over the batch as well"):
    change = np.ptp([np.tensordot(of_user[some_users[:size]], of_film[some_films[:size]], 2) for size in (1, 20)])
    assert change < 1e-5, f"a prediction changes by {change:.3f} stars when 19 other ratings join the batch"

with caught("the test ratings are trained on as well"):
    leaked = datasets.overlap(cells[np.concatenate([earlier, test])], cells[test])
    assert leaked == 0, f"{leaked:,} test cells were trained on"

with caught("a split by time is shuffled first"):
    late = np.mean(ratings.time[rng.permutation(len(rating))[: len(past)]] > ratings.time[future].min())
    assert late == 0, f"{late:.0%} of the ratings to learn from are later than the first one to predict"

with caught("films that the user has rated already are not taken out"):
    known_already = np.take_along_axis(seen, np.argsort(-scores["EASE"], axis=1)[:, :10], axis=1).mean()
    assert known_already == 0, f"{known_already:.0%} of the recommendations have been watched already"

# %% [markdown] lang="en"
# The first two are in circulation. None of the five raises an error by itself; without a baseline or a check beside them, the
# numbers would pass.

# %% [markdown] lang="zh" of="bee07e96"
# 前两个至今还在流传。五个毛病没有一个会自己报错；旁边没有基线和检验，那些数就蒙混过关了。

# %% [markdown] lang="en"
# ## 18. Why it matters for large models
#
# A table of 671 × 9,066 cells described by two tables of vectors: that is what "embedding" means in every large model. A language
# model's last layer is the same product, of the context's vector with the vector of each of thousands of tokens. Low rank saves
# work there too. Low-rank adaptation (LoRA; Hu et al., 2022) leaves a matrix $W$ as it is and trains only a product $BA$ of low
# rank, say 8, that is added to it: for a matrix of $w \times w$ it trains $2 \cdot 8\, w$ numbers instead of $w^2$, 4 % at MiniLM's
# width of 384, 0.13 % at GPT-3's 12,288. *Are the weights themselves of low rank, then?* Look at those of MiniLM, a real language
# model (chapter 08), next to the film table.

# %% [markdown] lang="zh" of="66696dec"
# ## 18. 与大模型有什么关系
#
# 用两张向量表描述一张 671 × 9066 格的表：大模型里的“嵌入”就是这个意思。语言模型的最后一层也是同样的乘积，拿上下文的向量与成千上万个词元的向量
# 逐一相乘。低秩在那里同样省力：低秩适配（LoRA；Hu 等，2022）微调时不改动矩阵 $W$，只训练一个加在它上面的低秩乘积 $BA$，秩很低，比如 8：$w \times w$ 的矩阵本来有
# $w^2$ 个数，现在只训练 $2 \cdot 8\, w$ 个；宽度为 384 的 MiniLM 是 4 %，宽度为 12288 的 GPT-3 是 0.13 %。
# **那么权重本身是低秩的吗？**看看真实的语言模型 MiniLM（第 08 章）的权重，和电影表比一比。

# %%
weights = datasets.load_minilm()
matrices = {
    "films watched (users x films)": ratings.seen(earlier).astype(float),
    "MiniLM: token embeddings": weights["embeddings.word_embeddings.weight"],
    "MiniLM: feedforward, layer 3": weights["encoder.layer.2.intermediate.dense.weight"],
}
for name, matrix in matrices.items():
    small = matrix if matrix.shape[0] < matrix.shape[1] else matrix.T
    squares = np.linalg.eigvalsh(small @ small.T)[::-1]
    share = squares[: len(squares) // 10].sum() / squares.sum()
    print(f"{name:30} {matrix.shape!s:13} the first tenth of the directions holds {share:.0%} of the squares")
claim("minilm_feedforward_share", share)

# %% [markdown] lang="en"
# They are not: the strongest tenth of the directions of the feedforward matrix holds {claim:minilm_feedforward_share.percent} of
# its squares, so truncating it would throw most of it away. What LoRA supposes to be of low rank is the *change* that a new task
# needs. And section 8 carries over too: averaging over many possible models beats picking one of them, which is one reason why
# ensembles do well.
#
# ## Summary
#
# - SVD writes a table as a sum of columns times rows, the best of each rank. It needs every cell; ratings fill 1.6 % of them.
# - An empty cell is not a zero. Zero-filled *residuals* are fine and cost nothing: RMSE {claim:svd_rmse}, biases
#   {claim:bias_rmse}.
# - Filling the holes with one's own shrunk guess, again and again, is soft-impute: {claim:soft_rmse}. Ridge regressions by turns have
#   the same minimum.
# - Averaging over possible factors instead of choosing one: {claim:bayes_rmse.full}. The Keras network reaches {claim:network_rmse}.
# - Split by time, errors grow by {claim:random_split_flatters}.
# - Good predictions of ratings can make bad rankings: nDCG@10 {claim:bayes_ndcg}, popularity {claim:ease_ndcg.baseline}, EASE {claim:ease_ndcg}.
# - A new user is a small regression: nothing is retrained.
#
# ## Exercises
#
# 1. Do the SVD of $\begin{pmatrix} 3 & 0 \\ 4 & 5 \end{pmatrix}$ on paper. (The eigenvalues of $A^\top A$ are 45 and 5.) Check with
#    NumPy. (15 minutes)
# 2. Rate ten films that you know with `recommend`. Which list would you rather have: this one, or one with `often_rated` at 1
#    rating? Why? (10 minutes)
# 3. Rank by Bayes, but only films with at least so many ratings, such as 50. What becomes of nDCG@10? Choose the threshold on
#    `to_choose`. (15 minutes)
# 4. Let only ratings of 4 and more count as relevant in section 12. Who wins now? Does the difference to popularity still exceed two standard
#    errors? (15 minutes)
# 5. Blend two methods of section 10 with a weight chosen on the validation part (for that, use models fitted on `train` alone:
#    `fitted` has seen it). How much is gained, and is it worth a second model? (25 minutes)
# 6. Average over several end points: train the Keras network with five seeds and average the predictions. How much of
#    the gap to Bayes closes? (20 minutes)
# 7. Give ALS 60 factors and the strength that soft-impute chose, and fit it on `full_table`. How close do the two predictions come on
#    the test part?
#    Which is faster? (10 minutes)
#
# ## References
#
# - C. Eckart, G. Young (1936). *The approximation of one matrix by another of lower rank.* Psychometrika 1(3), 211–218.
#   doi:10.1007/BF02288367
# - R. Mazumder, T. Hastie, R. Tibshirani (2010). *Spectral regularization algorithms for learning large incomplete matrices.*
#   Journal of Machine Learning Research 11, 2287–2322. (soft-impute)
# - T. Hastie, R. Mazumder, J. D. Lee, R. Zadeh (2015). *Matrix completion and low-rank SVD via fast alternating least squares.*
#   Journal of Machine Learning Research 16, 3367–3402.
# - Y. Koren, R. Bell, C. Volinsky (2009). *Matrix factorization techniques for recommender systems.* Computer 42(8), 30–37.
#   doi:10.1109/MC.2009.263 (A1 gives another journal and one author)
# - R. Salakhutdinov, A. Mnih (2008). *Bayesian probabilistic matrix factorization using Markov chain Monte Carlo.* ICML,
#   880–887. doi:10.1145/1390156.1390267
# - G. Papandreou, A. Yuille (2010). *Gaussian sampling by local perturbations.* NeurIPS 23.
# - Y. Zhou, D. Wilkinson, R. Schreiber, R. Pan (2008). *Large-scale parallel collaborative filtering for the Netflix prize.* AAIM, 337–348.
#   doi:10.1007/978-3-540-68880-8_32 (alternating least squares)
# - P. Cremonesi, Y. Koren, R. Turrin (2010). *Performance of recommender algorithms on top-N recommendation tasks.* RecSys, 39–46.
#   doi:10.1145/1864708.1864721
# - H. Steck (2019). *Embarrassingly shallow autoencoders for sparse data.* WWW, 3251–3257. doi:10.1145/3308558.3313710 (EASE)
# - K. Järvelin, J. Kekäläinen (2002). *Cumulated gain-based evaluation of IR techniques.* ACM Transactions on Information Systems
#   20(4), 422–446. doi:10.1145/582415.582418
# - F. M. Harper, J. A. Konstan (2015). *The MovieLens datasets: history and context.* ACM Transactions on Interactive Intelligent
#   Systems 5(4), 19. doi:10.1145/2827872 (A1's reference [6] does not exist)
# - E. J. Hu et al. (2022). *LoRA: low-rank adaptation of large language models.* ICLR. arXiv:2106.09685

# %% [markdown] lang="zh" of="b0242820"
# 不是：前馈矩阵最强的十分之一方向只占平方和的 {claim:minilm_feedforward_share.percent}，截断就等于扔掉它的大半。LoRA 假定低秩的，是新任务所需的**改动**。
# 第 8 节的道理也搬得过去：对许多说得通的模型取平均，胜过从中挑一个；集成学习效果好，这是原因之一。
#
# ## 小结
#
# - 奇异值分解把一张表写成“列乘行”之和，每个秩上都是最好的近似。它要求每格都有数，而评分只填了 1.6 %。
# - 空格不是零。给**残差**填零却没有问题，而且几乎不花时间：RMSE 为 {claim:svd_rmse}，偏置是 {claim:bias_rmse}。
# - 用自己收缩过的猜测补洞，补了再猜，就是软插补：{claim:soft_rmse}。轮流做岭回归，到达的是同一个最小值。
# - 不挑一组因子，而对说得通的因子取平均：{claim:bayes_rmse.full}。Keras 网络达到 {claim:network_rmse}。
# - 按时间划分，误差增加 {claim:random_split_flatters}。
# - 评分预测得准，排序却可能很差：nDCG@10 为 {claim:bayes_ndcg}，热门榜 {claim:ease_ndcg.baseline}，EASE {claim:ease_ndcg}。
# - 新用户只是一次小小的回归，什么都不用重新训练。
#
# ## 练习
#
# 1. 在纸上做 $\begin{pmatrix} 3 & 0 \\ 4 & 5 \end{pmatrix}$ 的奇异值分解（$A^\top A$ 的特征值是 45 和 5），再用 NumPy 核对。（15 分钟）
# 2. 用 `recommend` 给你看过的十部电影打分。把 `often_rated` 的门槛降到 1 个评分再试，两份名单你更想要哪一份？为什么？（10 分钟）
# 3. 仍用贝叶斯排序，但只排评分数达到某个门槛（例如 50）的电影。nDCG@10 变成多少？门槛请在 `to_choose` 上选。（15 分钟）
# 4. 在第 12 节里，只把 4 星及以上的评分算作命中。现在谁赢？与热门榜的差还超过两个标准误吗？（15 分钟）
# 5. 把第 10 节的两种方法加权混合，权重在验证集上选（选的时候要用只在 `train` 上拟合的模型：`fitted` 已经见过验证集）。能好多少？值不值得多养一个模型？（25 分钟）
# 6. 用五个随机种子训练 Keras 网络，把预测取平均。与贝叶斯的差距缩小了多少？（20 分钟）
# 7. 给 ALS 60 个因子和软插补选出的强度，在 `full_table` 上拟合。两者对测试集的预测有多接近？哪个更快？（10 分钟）
#
# ## 参考文献
#
# - C. Eckart, G. Young (1936). *The approximation of one matrix by another of lower rank.* Psychometrika 1(3), 211–218.
#   doi:10.1007/BF02288367
# - R. Mazumder, T. Hastie, R. Tibshirani (2010). *Spectral regularization algorithms for learning large incomplete matrices.*
#   Journal of Machine Learning Research 11, 2287–2322.（软插补）
# - T. Hastie, R. Mazumder, J. D. Lee, R. Zadeh (2015). *Matrix completion and low-rank SVD via fast alternating least squares.*
#   Journal of Machine Learning Research 16, 3367–3402.
# - Y. Koren, R. Bell, C. Volinsky (2009). *Matrix factorization techniques for recommender systems.* Computer 42(8), 30–37.
#   doi:10.1109/MC.2009.263（A1 把期刊写错，作者也只写了一位）
# - R. Salakhutdinov, A. Mnih (2008). *Bayesian probabilistic matrix factorization using Markov chain Monte Carlo.* ICML,
#   880–887. doi:10.1145/1390156.1390267
# - G. Papandreou, A. Yuille (2010). *Gaussian sampling by local perturbations.* NeurIPS 23.
# - Y. Zhou, D. Wilkinson, R. Schreiber, R. Pan (2008). *Large-scale parallel collaborative filtering for the Netflix prize.* AAIM, 337–348.
#   doi:10.1007/978-3-540-68880-8_32（交替最小二乘）
# - P. Cremonesi, Y. Koren, R. Turrin (2010). *Performance of recommender algorithms on top-N recommendation tasks.* RecSys, 39–46.
#   doi:10.1145/1864708.1864721
# - H. Steck (2019). *Embarrassingly shallow autoencoders for sparse data.* WWW, 3251–3257. doi:10.1145/3308558.3313710（EASE）
# - K. Järvelin, J. Kekäläinen (2002). *Cumulated gain-based evaluation of IR techniques.* ACM Transactions on Information Systems
#   20(4), 422–446. doi:10.1145/582415.582418
# - F. M. Harper, J. A. Konstan (2015). *The MovieLens datasets: history and context.* ACM Transactions on Interactive Intelligent
#   Systems 5(4), 19. doi:10.1145/2827872（A1 的参考文献 [6] 并不存在）
# - E. J. Hu et al. (2022). *LoRA: low-rank adaptation of large language models.* ICLR. arXiv:2106.09685
