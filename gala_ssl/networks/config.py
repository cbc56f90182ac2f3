"""The settings of the network that all tasks share, as a frozen dataclass; the paper's values are the defaults.

Marks: P the paper's text, R the authors' run file of August 2022, C a default of the authors' code,
O our own choice where no source has a value.
"""
import dataclasses

from gala_ssl.base.validators import is_finite, is_whole, require

# A card may come from anywhere; no network of this kind needs more, and no machine should be asked for it.
_MOST = 1024


@dataclasses.dataclass(frozen=True)
class CoreConfig:
    """The network every task shares (paper, Figure 2 and Appendix D).

    Attributes:
        type_width: numbers a bond's type encoding has, twice the number of particle types.
        width: numbers in the rotation-invariant signal of a bond (P).
        hidden: width of the one hidden layer of each MLP (P).
        blocks: refinement blocks (R).
        dropout: rate behind the hidden layers: 0.5 for the classifiers, 0.1 for the other tasks (R).
        join, merge: how pair values are combined, "concat" (learned projections) or "mean" (C).
        normalized_products: add each product divided by its norm to invariants and covariants (R).
        multivector_norm: "momentum" keeps one running length of the multivectors and divides by it,
            "none" leaves them. The authors use it for the classifiers only (R); here it is the same in
            all tasks, so that every core fits every head (O).
        invariant_epsilon: added to the running standard deviations that invariants are divided by. Some
            invariants are constant but for rounding, such as the length of a normalised bond, always 1;
            divided by the 1e-7 of the published layer, rounding becomes a signal of the size of the others,
            and a trained network no longer gives a turned cloud the same answer (O).
        vector_inputs: what the final attention of a head that answers with vectors (denoising, shift, nearest
            bond) acts on: "bonds", the raw input bonds (R), or "multivectors", the core's (P, as its text reads).
        attention: "fast" (this package's layers) or "published" (geometric_algebra_attention.keras);
            the same function of the same weights.
    """

    type_width: int = 2
    width: int = 32
    hidden: int = 64
    blocks: int = 3
    dropout: float = 0.1
    join: str = "concat"
    merge: str = "concat"
    normalized_products: bool = True
    multivector_norm: str = "momentum"
    invariant_epsilon: float = 1e-2
    vector_inputs: str = "bonds"
    attention: str = "fast"

    def __post_init__(self):
        for name, most in {"type_width": _MOST, "width": _MOST, "hidden": _MOST, "blocks": 64}.items():
            value = getattr(self, name)
            require(is_whole(value) and 0 < value <= most,
                     f"{name} is {value!r}; it must be a positive integer, at most {most}.", name, value)
        require(is_finite(self.dropout) and 0 <= self.dropout < 1,
                 f"dropout is {self.dropout!r}; a rate lies from 0 to below 1.", "dropout", self.dropout)
        for name in ("join", "merge"):
            value = getattr(self, name)
            require(value in ("concat", "mean"), f"{name} is {value!r}; it must be 'concat' or 'mean'.", name, value)
        require(self.multivector_norm in ("momentum", "none"),
                 f"multivector_norm is {self.multivector_norm!r}; it must be 'momentum' or 'none'.",
                 "multivector_norm", self.multivector_norm)
        require(isinstance(self.normalized_products, bool),
                 f"normalized_products is {self.normalized_products!r}; it must be true or false.",
                 "normalized_products", self.normalized_products)
        require(is_finite(self.invariant_epsilon) and self.invariant_epsilon > 0,
                 f"invariant_epsilon is {self.invariant_epsilon!r}; it must be positive and finite.",
                 "invariant_epsilon", self.invariant_epsilon)
        require(self.vector_inputs in ("bonds", "multivectors"),
                 f"vector_inputs is {self.vector_inputs!r}; it must be 'bonds' or 'multivectors'.",
                 "vector_inputs", self.vector_inputs)
        require(self.attention in ("published", "fast"),
                 f"attention is {self.attention!r}; it must be 'published' or 'fast'.", "attention", self.attention)
