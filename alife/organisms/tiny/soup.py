"""A soup as a life: `quine.network: soup`. The individuals of an island are in one dish for `life.steps` epochs.

`evolve` is the paper's soup (Gabor et al. 2019, section 5) as a function of weights; `Soup` is the network of a run.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from pydantic import BaseModel, Field
from torch import Tensor

import alife
from alife.organisms.tiny import turns
from alife.organisms.tiny.fixpoints import EPSILON
from alife.organisms.tiny.networks import Activation, Tiny, made
from alife.organisms.tiny.training import orders, trained


class Rules(BaseModel):
    """What `quine.parameters` may say of a soup. Rates are chances an individual and epoch."""

    network: Literal["weightwise", "aggregating", "recurrent"] = Field("weightwise", description="what swims in it")
    activation: Activation = Field("linear", description="of every layer")
    attack: float = Field(0.1, ge=0, le=1, description="chance to put f_θ(w) in place of another's weights w")
    learn_from: float = Field(
        0.0, ge=0, le=1, description="chance to train on mapping another's weights onto themselves"
    )
    severity: int = Field(1, ge=1, le=100_000, description="passes over the other's weights when one learns from it")
    self_train: int = Field(10, ge=0, le=100_000, description="passes over one's own weights, each epoch")
    remove_divergent: bool = Field(True, description="put a fresh one in place of one whose weights are not finite")
    remove_zero: bool = Field(True, description="put a fresh one in place of one whose weights are all within ±epsilon")
    epsilon: float = Field(EPSILON, gt=0, le=1, description="of remove_zero")


class Soup(alife.Network):
    """Weightwise, aggregating or recurrent networks that attack each other, learn from each other and train themselves.

    Args:
        sizes: As of `alife.Network`.
        parameters: What happens in the soup.
    """

    module: Tiny

    def __init__(self, sizes: alife.Sizes, parameters: Rules):
        super().__init__(made(parameters.network, parameters.activation), sizes)
        self.rules = parameters

    def live(self, genomes: Tensor, conditions: alife.Conditions) -> Tensor:
        """[P, N] what genomes [P, N] have become after `life.steps` epochs in one dish."""
        randoms = [conditions.random(slot) for slot in range(len(genomes))]
        steps = conditions.life.steps
        return evolve(self.module, genomes, self.rules, conditions.rates, randoms, len(genomes), steps)


def evolve(
    tiny: Tiny,
    weights: Tensor,
    rules: Rules,
    rates: Tensor,
    randoms: Sequence[np.random.Generator],
    dish: int,
    epochs: int,
) -> Tensor:
    """[R, N] weights of soups after so many epochs.

    Args:
        tiny: The kind of network.
        weights: [R, N], left as they are.
        rules: What happens.
        rates: [R] learning rates.
        randoms: [R] the generator of each individual, and of those that take its place.
        dish: Individuals of a soup: the first so many are one, the next so many another.
        epochs: How many.
    """
    weights = weights.clone()
    for _ in range(epochs):
        for step in turns.schedule(turns.turns(randoms, dish, rules.attack, rules.learn_from)):
            if step.kind == "attack":
                _attack(tiny, weights, step)
            elif step.kind == "learn":
                _train(tiny, weights, step, rules.severity, rates, randoms)
            else:
                _train(tiny, weights, step, rules.self_train, rates, randoms)
                _replace(tiny, weights, step, rules, randoms)
    return weights


def _attack(tiny: Tiny, weights: Tensor, step: turns.Step) -> None:
    """θ_j ← f_θi(θ_j), attack after attack."""
    for attacker, victim in step.acts:
        weights[victim] = tiny.applied(tiny.matrices(weights[attacker]), weights[victim])


def _train(
    tiny: Tiny,
    weights: Tensor,
    step: turns.Step,
    passes: int,
    rates: Tensor,
    randoms: Sequence[np.random.Generator],
) -> None:
    """Let all of a step train at once, each on the weights of whom it learns from, as they are before the step."""
    before = weights.clone()
    for own in (True, False):
        acts = [(who, whom) for who, whom in step.acts if (who == whom) == own]
        if acts and passes:
            who, whom = torch.tensor(acts, device=weights.device).unbind(1)
            order = np.stack([orders(tiny, passes, randoms[slot]) for slot, _ in acts])
            weights[who] = trained(tiny, before[who], order, rates[who], None if own else before[whom])


def _replace(
    tiny: Tiny, weights: Tensor, step: turns.Step, rules: Rules, randoms: Sequence[np.random.Generator]
) -> None:
    """Put fresh individuals in place of those that are divergent or zero."""
    slots = [slot for slot, _ in step.acts]
    rows = weights[slots]
    gone = torch.zeros(len(slots), dtype=torch.bool, device=weights.device)
    if rules.remove_divergent:
        gone |= ~rows.isfinite().all(1)
    if rules.remove_zero:
        gone |= (rows.abs() <= rules.epsilon).all(1)
    for slot in np.array(slots)[gone.numpy(force=True)].tolist():
        weights[slot] = tiny.fresh(randoms[slot]).to(weights)
