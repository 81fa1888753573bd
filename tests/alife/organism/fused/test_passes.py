"""Loops over a block: where they are kept, and numbers that a life seldom meets."""

import numpy as np
import pytest
import torch
from numba.core import caching

from alife.organism.fused.passes import EXACT, _kept, choose


def test_loops_are_kept_where_there_is_a_folder_for_them_and_else_compiled_anew(monkeypatch: pytest.MonkeyPatch):
    assert EXACT["cache"] is True
    assert _kept()

    def refuse(self):
        raise OSError("a file system that is read-only")

    monkeypatch.setattr(caching._CacheLocator, "ensure_cache_path", refuse)
    assert not _kept()


@pytest.mark.parametrize("size", [1.0, 100.0, 1e6, 1e38])
def test_the_softmax_of_large_logits_is_torch_s(size):
    draw = np.random.default_rng(5)
    logits, labels = (draw.normal(size=(4, 9)) * size / 4).astype(np.float32), draw.integers(0, 4, 20)
    images = draw.integers(0, 20, 9)
    shown = torch.nn.functional.one_hot(torch.from_numpy(labels[images]), 4).T.numpy()
    expected = torch.softmax(torch.from_numpy(logits.astype(np.float64)) * np.log(2), 0).numpy() - shown
    choose(logits, labels, images, np.float32(0.5))
    np.testing.assert_allclose(logits, 0.5 * expected, rtol=2e-5, atol=1e-7)
