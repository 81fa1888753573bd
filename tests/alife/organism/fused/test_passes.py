"""Loops over a block: numbers that a life seldom meets."""

import numpy as np
import pytest
import torch

from alife.organism.fused.passes import choose


@pytest.mark.parametrize("size", [1.0, 100.0, 1e6, 1e38])
def test_the_softmax_of_large_logits_is_torch_s(size):
    draw = np.random.default_rng(5)
    logits, labels = (draw.normal(size=(4, 9)) * size / 4).astype(np.float32), draw.integers(0, 4, 20)
    images = draw.integers(0, 20, 9)
    shown = torch.nn.functional.one_hot(torch.from_numpy(labels[images]), 4).T.numpy()
    expected = torch.softmax(torch.from_numpy(logits.astype(np.float64)) * np.log(2), 0).numpy() - shown
    choose(logits, labels, images, np.float32(0.5))
    np.testing.assert_allclose(logits, 0.5 * expected, rtol=2e-5, atol=1e-7)
