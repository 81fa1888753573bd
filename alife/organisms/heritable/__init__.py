"""The heritable quine, which learns classes for what it prints: newborns know what their parents have learned.

network.py  the network, its parameters and its loss; `heritable` makes it
"""
