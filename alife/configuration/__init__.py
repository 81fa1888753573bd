"""A run's configuration.

keys.py      every key, its type, its limits and its meaning
values.py    types of single values
networks.py  the shipped networks
operators.py the shipped operators of mutation, and their parameters
schemes.py   the shipped schemes of selection, and their parameters
columns.py   what a column of a run's own may be called
sources.py   the text, from a file, a pipe or standard input
parsing.py   nested mappings as YAML holds them
problems.py  what is wrong with a configuration, in words
changes.py   what may change while a run is lived
together.py  who has to be lived in one place, and how many workers have something to live
remarks.py   what it says in vain
idle.py      keys that change nothing under the others
"""
