"""Benches of the life kernel: `timing` measures, `settings` says what, `rivals` what else could do it, `life` against
what, `costs` what it grows with.

A room of its own because nothing that evolves uses it. Only `rivals` imports JAX, and only when called.
"""
