"""Organisms that go by a word of `quine.network`, each written against the public protocols alone: heritable/."""
