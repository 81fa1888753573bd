"""Organisms that are shipped beside the dense network, written against the public protocols alone (`alife.Network`).

heritable/  classes are asked of the network that is printed, so that newborns know them
tiny/       networks of 14 to 20 weights that are applied to weights, and soups of them (Gabor et al. 2019)
"""
