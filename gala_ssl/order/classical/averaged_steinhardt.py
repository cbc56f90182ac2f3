"""Steinhardt's order parameters, averaged over neighbours before they are squared."""
from gala_ssl.order.classical.base import register_baseline
from gala_ssl.order.classical.steinhardt import Steinhardt


@register_baseline
class AveragedSteinhardt(Steinhardt):
    r"""Averaged Steinhardt order parameters of the nearest n neighbours, for a range of n.

    .. math::
        \bar{Q}_l(i) = \sqrt{\frac{4 \pi}{2 l + 1} \sum_{m=-l}^{l} \Big|\frac{1}{n + 1}
                    \Big(q_{lm}(i) + \sum_{j=1}^n q_{lm}(j)\Big)\Big|^2}, \quad
        q_{lm}(i) = \frac{1}{n} \sum_{j=1}^n Y_{lm}(r_{ij})

    A particle and its neighbours are averaged, so that two shells count, and thermal noise less. Lechner and Dellago,
    J. Chem. Phys. 129, 114707 (2008); computed by freud. It is not among the order parameters of the paper.

    Args:
        degrees: the l.
        neighbors: the n. The columns are all degrees for the first n, then for the next.

    Raises when called:
        InputError: what `point_clouds` refuses, for the largest n.

    Example:
        >>> AveragedSteinhardt(degrees=(4, 6), neighbors=(12,))(frame).shape
        (4096, 2)
    """

    name = "averaged_steinhardt"
    order = 4
    of_paper = False
    averaged = True
