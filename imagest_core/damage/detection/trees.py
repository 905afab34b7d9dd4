"""Extremely randomized trees as plain arrays: learned with scikit-learn.

Nothing that is stored needs scikit-learn to be read, and nothing in it can be executed. Its compiled trees
evaluate the arrays in less than half the time that NumPy takes; both give the same result.

References
----------
P. Geurts, D. Ernst, L. Wehenkel, "Extremely randomized trees", Machine Learning 63, 2006.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image
from imagest_core.cached import cached_property
from imagest_core.threads import thread_count

TREES, MAX_LEAVES, MIN_LEAF = 24, 96, 0.0015
"""Number of trees, leaves of a tree, and minimum share of the weight in a leaf."""
QUICK_TREES, AGREED = 8, 0.97
"""Number of trees that are asked first about many samples, and mean share from which these are sure."""
MAX_NODES, MAX_DEPTH, MAX_TREES = 1 << 18, 64, 1024
LEAF, MAX_FEATURES = -1, 4096
ARRAYS: Mapping[str, Any] = {
    "feature": np.int16,
    "threshold": np.float32,
    "left": np.int32,
    "right": np.int32,
    "value": np.float32,
    "roots": np.int32,
}
"""The arrays of a forest and their types."""


@dataclass(frozen=True, eq=False)
class Forest:
    """Decision trees, their nodes one tree after the other.

    Attributes
    ----------
    feature
        (nodes,) index of the compared feature, -1 in a leaf.
    threshold
        (nodes,) float32; a sample goes left if its feature is at most the threshold.
    left, right
        (nodes,) index of the next node, which is always behind its parent; 0 in a leaf.
    value
        (nodes, classes) float32: shares of the classes.
    roots
        (trees,) index of the first node of each tree.
    """

    feature: NDArray[np.int16]
    threshold: NDArray[np.float32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: NDArray[np.float32]
    roots: NDArray[np.int32]

    @classmethod
    def learn(
        cls,
        samples: Image,
        classes: NDArray[np.int64],
        weights: NDArray[np.float64],
        seed: int = 0,
        trees: int = TREES,
    ) -> Self:
        """Learn a number of ``trees``.

        Samples are (n, features) float32, classes (n,), from 0, and weights (n,).
        """
        from sklearn import config_context
        from sklearn.ensemble import ExtraTreesClassifier

        classifier = ExtraTreesClassifier(
            trees,
            max_leaf_nodes=MAX_LEAVES,
            min_weight_fraction_leaf=MIN_LEAF,
            random_state=seed,
            n_jobs=thread_count(),
        )
        with config_context(skip_parameter_validation=True, assume_finite=True):
            classifier.fit(samples, classes, sample_weight=weights)
        return cls.from_sklearn(classifier)

    @classmethod
    def from_sklearn(cls, classifier: Any) -> Self:
        """Convert a fitted classifier of scikit-learn's."""
        trees = [tree.tree_ for tree in classifier.estimators_]
        roots = np.cumsum([0, *(tree.node_count for tree in trees)])[:-1]

        def children(name: str) -> NDArray[np.int32]:
            parts = [getattr(tree, name) for tree in trees]
            moved = [np.where(part < 0, 0, part + root) for part, root in zip(parts, roots)]
            return np.concatenate(moved).astype(np.int32)

        feature = np.concatenate([tree.feature for tree in trees])
        values = np.concatenate([tree.value[:, 0, :] for tree in trees])
        return cls(
            np.maximum(feature, LEAF).astype(np.int16),
            _rounded_down(np.concatenate([tree.threshold for tree in trees])),
            children("children_left"),
            children("children_right"),
            (values / values.sum(axis=1, keepdims=True)).astype(np.float32),
            roots.astype(np.int32),
        )

    @property
    def classes(self) -> int:
        """The number of classes."""
        return int(self.value.shape[1])

    def probabilities(self, samples: Image, *, quick: bool = False) -> Image:
        """Return the mean shares of the classes, (n, classes), for ``samples`` (n, features) float32.

        With ``quick``, only some trees are asked about samples on which those agree.
        """
        trees = len(self.roots)
        first = min(QUICK_TREES, trees) if quick else trees
        rows = np.ascontiguousarray(samples, np.float32)
        total = self._summed(rows, range(first))
        if first < trees:
            unsure = np.flatnonzero(total.max(axis=1) < AGREED * first)
            total[unsure] += self._summed(rows[unsure], range(first, trees))
            sure = np.ones(len(total), np.bool_)
            sure[unsure] = False
            total[sure] *= np.float32(trees / first)
        return np.divide(total, np.float32(trees), out=total)

    def _summed(self, rows: Image, trees: range) -> Image:
        """Return the sum (n, classes) of the shares of some trees for ``rows`` (n, features)."""
        total = np.zeros((len(rows), self.classes), np.float32)
        if not len(rows):
            return total
        samples = None if self._compiled is not None else np.ascontiguousarray(rows.T)
        for number in trees:
            root = int(self.roots[number])
            if samples is not None:
                total += self.value.take(self._leaves(root, samples), axis=0)
            elif self._compiled is not None:
                total += self.value.take(self._compiled[number].apply(rows) + root, axis=0)
        return total

    @cached_property
    def _compiled(self) -> list[Any] | None:
        """The trees as objects of scikit-learn's; None if this version has other ones."""
        try:
            return [_compiled_tree(self, number) for number in range(len(self.roots))]
        except (ImportError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def _leaves(self, root: int, samples: Image) -> NDArray[np.int32]:
        """Send the indices of all samples down one tree, split at each node; return their leaves (n,)."""
        feature, threshold = self.feature.tolist(), self.threshold.tolist()
        left, right = self.left.tolist(), self.right.tolist()
        leaves = np.empty(samples.shape[1], np.int32)
        pending = [(root, np.arange(samples.shape[1], dtype=np.int32))]
        while pending:
            node, indices = pending.pop()
            if feature[node] == LEAF:
                leaves[indices] = node
                continue
            goes_left = samples[feature[node]].take(indices) <= threshold[node]
            for child, chosen in ((left[node], goes_left), (right[node], ~goes_left)):
                part = indices[chosen]
                if len(part):
                    pending.append((child, part))
        return leaves

    def check(self, features: int) -> None:
        """Raise ``ValueError`` unless every node can be followed safely with ``features`` features."""
        nodes = len(self.feature)
        arrays = (self.threshold, self.left, self.right, self.value)
        if not 0 < nodes <= MAX_NODES or any(len(array) != nodes for array in arrays):
            raise ValueError("its trees have an invalid number of nodes")
        if self.value.ndim != 2 or not np.isfinite(self.value).all() or not np.isfinite(self.threshold).all():
            raise ValueError("its trees contain invalid values")
        if self.value.min() < 0 or self.value.max() > 1.001:
            raise ValueError("its probabilities are not between 0 and 1")
        if not 0 < len(self.roots) <= MAX_TREES or not _inside(self.roots, nodes):
            raise ValueError("its trees have invalid roots")
        if self.feature.min() < LEAF or self.feature.max() >= features:
            raise ValueError("its trees compare features that do not exist")
        self._check_children(nodes)

    def _check_children(self, nodes: int) -> None:
        inner = np.flatnonzero(self.feature != LEAF)
        for children in (self.left[inner], self.right[inner]):
            if not _inside(children, nodes) or (children <= inner).any():
                raise ValueError("its trees refer to nodes that do not exist or come earlier")
        depth = [0] * nodes
        for node in inner.tolist():
            for child in (int(self.left[node]), int(self.right[node])):
                depth[child] = max(depth[child], depth[node] + 1)
        if max(depth) > MAX_DEPTH:
            raise ValueError("its trees are too deep")


def _compiled_tree(forest: Forest, number: int) -> Any:
    """Return a tree of scikit-learn's that finds leaves; ``forest`` was checked or learned."""
    from sklearn.tree._tree import NODE_DTYPE, Tree

    ends = [*forest.roots.tolist()[1:], len(forest.feature)]
    root = int(forest.roots[number])
    part = slice(root, ends[number])
    leaf = forest.feature[part] == LEAF
    nodes = np.zeros(len(leaf), NODE_DTYPE)
    for name, children in (("left_child", forest.left), ("right_child", forest.right)):
        nodes[name] = np.where(leaf, LEAF, children[part] - root)
    nodes["feature"] = np.where(leaf, -2, forest.feature[part])
    nodes["threshold"] = forest.threshold[part]
    if any(
        nodes[name].max() >= len(nodes) or nodes[name].min() < LEAF for name in ("left_child", "right_child")
    ):
        raise ValueError("the nodes of the trees are not one tree after the other")
    tree = Tree(MAX_FEATURES, np.ones(1, np.intp), 1)
    values = np.zeros((len(nodes), 1, 1))
    tree.__setstate__({"max_depth": MAX_DEPTH, "node_count": len(nodes), "nodes": nodes, "values": values})
    return tree


def _rounded_down(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the largest float32 up to each value: float32 samples compare with it as with the value."""
    rounded = values.astype(np.float32)
    above = rounded > values
    rounded[above] = np.nextafter(rounded[above], np.float32(-np.inf))
    return rounded


def _inside(indices: NDArray[np.int32], nodes: int) -> bool:
    return bool((indices >= 0).all() and (indices < nodes).all())
