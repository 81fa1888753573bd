"""Organisms that are shipped beside the dense network, written against the public protocols alone (`alife.Network`).

tiny/  networks of 14 to 20 weights that are applied to weights, and soups of them (Gabor et al. 2019)
"""
