"""Fit a linear ranker: maximum likelihood of the right options under a softmax, with an L2 penalty."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from quoth.extraction.ranking.model import Ranker
from training.examples import Example

DIGITS = 2  # of a weight; more do not matter


def fit(examples: Sequence[Example], *, penalty: float, seldom: int) -> Ranker:
    """Return the ranker that maximises the likelihood of the right options of all examples.

    `penalty` is the factor of half the squared norm of the weights. Features in fewer than `seldom` options are
    dropped. The loss is convex, except for choices with several right options, and starts from zero: the same examples
    give the same weights.
    """
    counts = Counter(feature for example in examples for row in example.options for feature in set(row))
    names = sorted(feature for feature, count in counts.items() if count >= seldom)
    numbers = {feature: number for number, feature in enumerate(names)}
    rows = [[numbers[f] for f in row if f in numbers] for example in examples for row in example.options]
    columns = np.array([number for row in rows for number in sorted(row)], dtype=np.int64)
    ends = np.cumsum([0, *map(len, rows)])
    matrix = csr_matrix((np.ones(len(columns)), columns, ends), shape=(len(rows), len(names)))
    transposed = matrix.T.tocsr()
    sizes = [len(example.options) for example in examples]
    first = np.cumsum([0, *sizes[:-1]])
    group = np.repeat(np.arange(len(examples)), sizes)
    right = np.array([n in example.right for example in examples for n in range(len(example.options))])

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scores = matrix @ weights
        powers = np.exp(scores - np.maximum.reduceat(scores, first)[group])
        total, favoured = np.add.reduceat(powers, first), np.add.reduceat(powers * right, first)
        value = float(np.sum(np.log(total) - np.log(favoured)) + penalty / 2 * weights @ weights)
        slope = powers / total[group] - powers * right / favoured[group]
        return value, transposed @ slope + penalty * weights

    optimum = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B", options={"maxiter": 300})
    weights = {name: round(float(weight), DIGITS) for name, weight in zip(names, optimum.x, strict=True)}
    return Ranker({name: weight for name, weight in weights.items() if weight})
