"""One island's evolution: birth, life, scores, selection, reproduction.

island.py        a generation of one island, as a pure function
measuring.py     further columns of births: functions of a finished life, and how often they are taken
objects.py       the user's own objects that a configuration names
selection.py     fitness, the schemes of selection, and what each leads one to expect
reproduction.py  from an emitted genome to a newborn; death
adult.py         one adult as a plain torch module
"""
