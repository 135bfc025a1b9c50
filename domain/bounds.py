"""How far a share may be from what was counted: one-sided Clopper–Pearson bounds, with 95 % confidence.

    upper bound of k of n   the p for which k or fewer of n are as unlikely as 5 %:  I_p(k + 1, n - k) = 0.95
    0 of n                  1 - 0.05^(1/n), which is about 3/n

I is the regularized incomplete beta function, by its continued fraction (Numerical Recipes, 6.4). After Clopper and
Pearson, "The use of confidence or fiducial limits", Biometrika 26 (1934).
"""

from math import exp, lgamma, log, log1p

CONFIDENCE = 0.95
HALVINGS = 60
TERMS = 10_000
TINY = 1e-300
CLOSE = 1e-15


def at_most(hit: int, of: int) -> float | None:
    """The share that is not exceeded with 95 % confidence, where `hit` of `of` were counted; None where none were."""
    if not 0 <= hit <= of:
        raise ValueError(f"{hit} of {of} is no count")
    if of == 0:
        return None
    if hit == of:
        return 1.0
    low, high = hit / of, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if _beta(middle, hit + 1, of - hit) < CONFIDENCE:
            low = middle
        else:
            high = middle
    return high


def _beta(x: float, a: float, b: float) -> float:
    """I_x(a, b)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction, by Lentz's method."""
    c, d = 1.0, 1 / _not_zero(1 - (a + b) * x / (a + 1))
    result = d
    for m in range(1, TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d, c = 1 / _not_zero(1 + term * d), _not_zero(1 + term / c)
            result *= c * d
        if abs(c * d - 1) < CLOSE:
            break
    return result


def _not_zero(value: float) -> float:
    return value if abs(value) > TINY else TINY
