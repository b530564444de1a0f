# Answers of imagined students to assignment 06, and what each must get. tests/test_assignments.py grades them.

# %% exercise="mend_the_recommender" points=0.5 what="mends the factor only" says="before or after the mean"
def predict_stars(stars, rank):
    mean = np.nanmean(stars)
    left, values, right = svds(np.nan_to_num(stars) - mean, k=rank)
    return mean + (left * values) @ right


def recommend(stars, predicted, user, count):
    return np.argsort(predicted[user])[:count]


# %% exercise="mend_the_recommender" points=1.5 what="mends the predictions only" says="In which order does `argsort` list"
def predict_stars(stars, rank):
    mean = np.nanmean(stars)
    left, values, right = svds(np.nan_to_num(stars - mean), k=rank)
    return mean + (left * values) @ right


def recommend(stars, predicted, user, count):
    return np.argsort(predicted[user])[:count]


# %% exercise="mend_the_recommender" points=2.5 what="gives rated films the score 0" says="Can another film's prediction lie below it"
def predict_stars(stars, rank):
    mean = np.nanmean(stars)
    left, values, right = svds(np.nan_to_num(stars - mean), k=rank)
    return mean + (left * values) @ right


def recommend(stars, predicted, user, count):
    return np.argsort(-np.where(np.isnan(stars[user]), predicted[user], 0))[:count]


# %% exercise="mend_the_recommender" points=2 what="returns residuals for stars" says="What has to be added"
def predict_stars(stars, rank):
    left, values, right = svds(np.nan_to_num(stars - np.nanmean(stars)), k=rank)
    return (left * values) @ right


def recommend(stars, predicted, user, count):
    order = np.argsort(-predicted[user])
    return order[np.isnan(stars[user, order])][:count]


# %% exercise="mend_the_recommender" points=2 what="keeps the rated films on the list" says="so that they are never among the best"
def predict_stars(stars, rank):
    mean = np.nanmean(stars)
    left, values, right = svds(np.nan_to_num(stars - mean), k=rank)
    return mean + (left * values) @ right


def recommend(stars, predicted, user, count):
    return np.argsort(predicted[user])[::-1][:count]


# %% exercise="mend_the_recommender" points=3 what="uses NumPy's SVD, loops and a sorted list"
def predict_stars(stars, rank):
    known = stars == stars
    mean = stars[known].sum() / known.sum()
    left, values, right = np.linalg.svd(np.where(known, stars - mean, 0.0))
    return mean + sum(values[k] * np.outer(left[:, k], right[k]) for k in range(rank))


def recommend(stars, predicted, user, count):
    free = [film for film in range(stars.shape[1]) if stars[user, film] != stars[user, film]]
    return sorted(free, key=lambda film: predicted[user, film], reverse=True)[:count]


# %% exercise="cost_of_a_rank" points=1 what="begins at rank 1" says="What is the table of rank 0"
def approximation_errors(table):
    squares = np.linalg.svd(table, compute_uv=False) ** 2
    return np.sqrt([squares[rank:].sum() / table.size for rank in range(1, len(squares) + 1)])


def rank_for(table, error):
    return np.flatnonzero(approximation_errors(table) <= error)[0]


# %% exercise="cost_of_a_rank" points=0.5 what="forgets the mean over the cells" says="Over how many cells is the mean"
def approximation_errors(table):
    squares = np.linalg.svd(table, compute_uv=False) ** 2
    return np.sqrt([squares[rank:].sum() for rank in range(len(squares) + 1)])


def rank_for(table, error):
    return np.flatnonzero(approximation_errors(table) <= error)[0]


# %% exercise="cost_of_a_rank" points=1.5 what="adds up the values, not their squares" says="Which sum do Eckart and Young speak of"
def approximation_errors(table):
    values = np.linalg.svd(table, compute_uv=False)
    return np.sqrt([values[rank:].sum() / table.size for rank in range(len(values) + 1)])


def rank_for(table, error):
    return np.flatnonzero(approximation_errors(table) <= error)[0]


# %% exercise="cost_of_a_rank" points=2.5 what="counts ranks from 1" says="At which rank does your list begin"
def approximation_errors(table):
    squares = np.linalg.svd(table, compute_uv=False) ** 2
    return np.sqrt([squares[rank:].sum() / table.size for rank in range(len(squares) + 1)])


def rank_for(table, error):
    return np.flatnonzero(approximation_errors(table) <= error)[0] + 1


# %% exercise="cost_of_a_rank" points=0 what="measures what is kept" says="measure what is left out, or what is kept"
def approximation_errors(table):
    squares = np.linalg.svd(table, compute_uv=False) ** 2
    return np.sqrt([squares[:rank].sum() / table.size for rank in range(len(squares) + 1)])


def rank_for(table, error):
    return np.flatnonzero(approximation_errors(table) >= error)[-1]


# %% exercise="cost_of_a_rank" points=2 what="takes the largest value left out only" says="Does rank 0 leave out only one of them"
def approximation_errors(table):
    return np.append(np.linalg.svd(table, compute_uv=False), 0) / table.size**0.5


def rank_for(table, error):
    return np.flatnonzero(approximation_errors(table) <= error)[0]


# %% exercise="cost_of_a_rank" points=1.5 what="forgets the root" says="In what unit would it be"
def approximation_errors(table):
    squares = np.linalg.svd(table, compute_uv=False) ** 2
    return np.append(np.cumsum(squares[::-1])[::-1], 0) / table.size


def rank_for(table, error):
    return np.flatnonzero(approximation_errors(table) <= error)[0]


# %% exercise="cost_of_a_rank" points=0.5 what="takes the mean over the rows" says="The ratios are right"
def approximation_errors(table):
    squares = np.linalg.svd(table, compute_uv=False) ** 2
    return np.sqrt(np.append(np.cumsum(squares[::-1])[::-1], 0) / len(table))


def rank_for(table, error):
    return np.flatnonzero(approximation_errors(table) <= error)[0]


# %% exercise="cost_of_a_rank" points=4 what="builds every approximation and measures it"
def approximation_errors(table):
    left, values, right = np.linalg.svd(table, full_matrices=False)
    errors, approximation = [], np.zeros(table.shape)
    for rank in range(len(values) + 1):
        errors.append(float(((table - approximation) ** 2).mean() ** 0.5))
        if rank < len(values):
            approximation += values[rank] * np.outer(left[:, rank], right[rank])
    return errors


def rank_for(table, error):
    rank = 0
    while approximation_errors(table)[rank] > error:
        rank += 1
    return rank


# %% exercise="fold_in" points=1.5 what="has no bias of the user" says="Where is the user's own bias"
def fold_in(film_factors, film_bias, mean, rated, stars, strength):
    known = film_factors[rated]
    system = known.T @ known + strength * np.eye(film_factors.shape[1])
    return mean + film_bias + film_factors @ np.linalg.solve(system, known.T @ (stars - mean - film_bias[rated]))


# %% exercise="fold_in" points=1 what="fits without the penalty" says="Where is λ"
def fold_in(film_factors, film_bias, mean, rated, stars, strength):
    vectors = np.column_stack([np.ones(len(film_bias)), film_factors])
    user = np.linalg.pinv(vectors[rated]) @ (stars - mean - film_bias[rated])
    return mean + film_bias + vectors @ user


# %% exercise="fold_in" points=0 what="returns deviations" says="What makes stars of them"
def fold_in(film_factors, film_bias, mean, rated, stars, strength):
    vectors = np.column_stack([np.ones(len(film_bias)), film_factors])
    known = vectors[rated]
    system = known.T @ known + strength * np.eye(vectors.shape[1])
    return vectors @ np.linalg.solve(system, known.T @ (stars - mean - film_bias[rated]))


# %% exercise="fold_in" points=1 what="takes the user's mean first, then the factors" says="You let the bias go free"
def fold_in(film_factors, film_bias, mean, rated, stars, strength):
    rest = stars - mean - film_bias[rated]
    bias = rest.sum() / max(len(rest), 1)
    known = film_factors[rated]
    system = known.T @ known + strength * np.eye(film_factors.shape[1])
    return mean + film_bias + bias + film_factors @ np.linalg.solve(system, known.T @ (rest - bias))


# %% exercise="fold_in" points=1.5 what="forgets what is expected of the films" says="before it knows anything of the user"
def fold_in(film_factors, film_bias, mean, rated, stars, strength):
    vectors = np.column_stack([np.ones(len(film_bias)), film_factors])
    known = vectors[rated]
    system = known.T @ known + strength * np.eye(vectors.shape[1])
    return mean + film_bias + vectors @ np.linalg.solve(system, known.T @ (stars - mean))


# %% exercise="fold_in" points=0 what="predicts the rated films only" says="Which films would a recommender want to know about"
def fold_in(film_factors, film_bias, mean, rated, stars, strength):
    known = np.column_stack([np.ones(len(film_bias)), film_factors])[rated]
    system = known.T @ known + strength * np.eye(known.shape[1])
    return mean + film_bias[rated] + known @ np.linalg.solve(system, known.T @ (stars - mean - film_bias[rated]))


# %% exercise="fold_in" points=0.5 what="multiplies the strength by the number of ratings" says="λ is multiplied by the number of ratings here"
def fold_in(film_factors, film_bias, mean, rated, stars, strength):
    vectors = np.column_stack([np.ones(len(film_bias)), film_factors])
    known = vectors[rated]
    system = known.T @ known + len(rated) * strength * np.eye(vectors.shape[1])
    return mean + film_bias + vectors @ np.linalg.solve(system, known.T @ (stars - mean - film_bias[rated]))


# %% exercise="fold_in" points=4 what="writes the penalty as further rows of a least squares problem, and returns a list"
def fold_in(film_factors, film_bias, mean, rated, stars, strength):
    rank = np.shape(film_factors)[1]
    rows = [[*film_factors[film], 1.0] for film in rated] + (strength**0.5 * np.eye(rank + 1)).tolist()
    right = [star - mean - film_bias[film] for film, star in zip(rated, stars)] + [0.0] * (rank + 1)
    user = np.linalg.lstsq(np.array(rows), np.array(right), rcond=None)[0]
    return [mean + bias + user[-1] + float(q @ user[:-1]) for q, bias in zip(film_factors, film_bias)]


# %% exercise="soft_impute" points=0 what="drops small values and keeps the others" says="What happens to 5 and 3"
def shrink(table, strength):
    left, values, right = np.linalg.svd(table, full_matrices=False)
    return left * np.where(values > strength, values, 0) @ right


def soft_impute(table, strength, rounds):
    estimate = np.zeros(table.shape)
    for _ in range(rounds):
        estimate = shrink(np.where(np.isnan(table), estimate, table), strength)
    return estimate


# %% exercise="soft_impute" points=2 what="fills with 0 in every round" says="Three rounds give what one gives"
def shrink(table, strength):
    left, values, right = np.linalg.svd(table, full_matrices=False)
    return left * np.maximum(values - strength, 0) @ right


def soft_impute(table, strength, rounds):
    for _ in range(rounds):
        estimate = shrink(np.nan_to_num(table), strength)
    return estimate


# %% exercise="soft_impute" points=2 what="puts the known cells back at the end" says="What is the last thing that a round does"
def shrink(table, strength):
    left, values, right = np.linalg.svd(table, full_matrices=False)
    return left * np.maximum(values - strength, 0) @ right


def soft_impute(table, strength, rounds):
    filled = np.nan_to_num(table)
    for _ in range(rounds):
        filled = np.where(np.isnan(table), shrink(filled, strength), table)
    return filled


# %% exercise="soft_impute" points=2 what="forgets the known cells after the first round" says="What should stand in them before each shrinking"
def shrink(table, strength):
    left, values, right = np.linalg.svd(table, full_matrices=False)
    return left * np.maximum(values - strength, 0) @ right


def soft_impute(table, strength, rounds):
    estimate = np.nan_to_num(table)
    for _ in range(rounds):
        estimate = shrink(estimate, strength)
    return estimate


# %% exercise="soft_impute" points=0.67 what="lets singular values fall below 0" says="Can a singular value be negative"
def shrink(table, strength):
    left, values, right = np.linalg.svd(table, full_matrices=False)
    return left * (values - strength) @ right


def soft_impute(table, strength, rounds):
    estimate = np.zeros(table.shape)
    for _ in range(rounds):
        estimate = shrink(np.where(np.isnan(table), estimate, table), strength)
    return estimate


# %% exercise="soft_impute" points=0.67 what="takes the absolute value" says="1 − 2 has become +1"
def shrink(table, strength):
    left, values, right = np.linalg.svd(table, full_matrices=False)
    return left * np.abs(values - strength) @ right


def soft_impute(table, strength, rounds):
    estimate = np.zeros(table.shape)
    for _ in range(rounds):
        estimate = shrink(np.where(np.isnan(table), estimate, table), strength)
    return estimate


# %% exercise="soft_impute" points=4 what="adds up outer products and changes copies in place"
def shrink(table, strength):
    left, values, right = np.linalg.svd(table)
    total = np.zeros_like(table)
    for u, value, v in zip(left.T, values, right):
        if value > strength:
            total += (value - strength) * u[:, None] * v
    return total


def soft_impute(table, strength, rounds):
    holes, filled = np.isnan(table), np.nan_to_num(table)
    for _ in range(rounds):
        estimate = shrink(filled, strength)
        filled[holes] = estimate[holes]
    return estimate.tolist()


# %% exercise="find_the_leak" points=1.2 what="keeps each training rating in its own mean" says="from an input that contains the answer"
def generosity(user, stars, train):
    known = train.astype(float)
    return np.bincount(user, stars * known)[user] / np.maximum(np.bincount(user, known)[user], 1)


# %% exercise="find_the_leak" points=0 what="leaves out itself, but not the test ratings" says="When are they known"
def generosity(user, stars, train):
    sums, counts = np.bincount(user, stars)[user] - stars, np.bincount(user)[user] - 1
    return np.where(counts > 0, sums / np.maximum(counts, 1), 3.0)


# %% exercise="find_the_leak" points=2.4 what="divides 0 by 0" says="What should stand there"
def generosity(user, stars, train):
    with np.errstate(invalid="ignore"):
        sums, counts = np.bincount(user, stars * train)[user] - stars * train, np.bincount(user, train)[user] - train
        return sums / counts


# %% exercise="find_the_leak" points=0 what="takes the mean of all other users' training ratings"
def generosity(user, stars, train):
    return np.array([stars[train & (user != one)].mean() for one in user])


# %% exercise="find_the_leak" points=3 what="loops over lists"
def generosity(user, stars, train):
    answers = []
    for row, one in enumerate(user):
        known = [s for r, (u, s, t) in enumerate(zip(user, stars, train)) if u == one and t and r != row]
        answers.append(sum(known) / len(known) if known else 3)
    return answers


# %% exercise="popular_recall" points=0 what="recommends what has been watched" says="Are these films new to the user"
def popular_recall(seen, relevant, count):
    top = np.argsort(-seen.sum(axis=0), kind="stable")[:count]
    asked = relevant.any(axis=1)
    return np.mean(relevant[asked][:, top].sum(axis=1) / relevant[asked].sum(axis=1))


# %% exercise="popular_recall" points=0.6 what="divides by the length of the list" says="Recall is a share of something else"
def popular_recall(seen, relevant, count):
    scores = np.where(seen, -1, seen.sum(axis=0))
    top = np.argsort(-scores, axis=1, kind="stable")[:, :count]
    return np.mean(np.take_along_axis(relevant, top, axis=1)[relevant.any(axis=1)])


# %% exercise="popular_recall" points=1.8 what="counts users without a relevant film as 0" says="Whom does the mean leave out"
def popular_recall(seen, relevant, count):
    scores = np.where(seen, -1, seen.sum(axis=0))
    top = np.argsort(-scores, axis=1, kind="stable")[:, :count]
    hits = np.take_along_axis(relevant, top, axis=1).sum(axis=1)
    return np.mean(hits / np.maximum(relevant.sum(axis=1), 1))


# %% exercise="popular_recall" points=0 what="counts popularity with the test data" says="Who knows those when the list is made"
def popular_recall(seen, relevant, count):
    scores = np.where(seen, -1, (seen | relevant).sum(axis=0))
    top = np.argsort(-scores, axis=1, kind="stable")[:, :count]
    hits = np.take_along_axis(relevant, top, axis=1).sum(axis=1)
    asked = relevant.any(axis=1)
    return np.mean(hits[asked] / relevant[asked].sum(axis=1))


# %% exercise="popular_recall" points=0.6 what="pools the films of all users" says="Here each user has a recall"
def popular_recall(seen, relevant, count):
    scores = np.where(seen, -1, seen.sum(axis=0))
    top = np.argsort(-scores, axis=1, kind="stable")[:, :count]
    return np.take_along_axis(relevant, top, axis=1).sum() / relevant.sum()


# %% exercise="popular_recall" points=0 what="adds up over the users" says="This is a sum over the users"
def popular_recall(seen, relevant, count):
    scores = np.where(seen, -1, seen.sum(axis=0))
    top = np.argsort(-scores, axis=1, kind="stable")[:, :count]
    hits = np.take_along_axis(relevant, top, axis=1).sum(axis=1)
    return sum(hits / np.maximum(relevant.sum(axis=1), 1))


# %% exercise="popular_recall" points=3 what="sorts a list for each user and averages in pure Python"
def popular_recall(seen, relevant, count):
    popularity, shares = [sum(column) for column in seen.T.tolist()], []
    for watched, wanted in zip(seen.tolist(), relevant.tolist()):
        free = sorted((-popularity[film], film) for film, known in enumerate(watched) if not known)
        if any(wanted):
            shares.append(sum(wanted[film] for _, film in free[:count]) / sum(wanted))
    return sum(shares) / len(shares)
