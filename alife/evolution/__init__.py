"""One island's evolution: birth, life, scores, selection, reproduction.

island.py        a generation of one island, as a pure function
selection.py     fitness, who is chosen, and what a scheme leads one to expect
schemes.py       the shipped schemes of selection
mutation.py      operators of mutation, shipped and one's own
crossover.py     operators of crossover of two messages, likewise
measuring.py     further columns of births: functions of a finished life, and how often they are taken
objects.py       the user's own objects of a configuration
handed.py        what these are given, and give
reproduction.py  from an emitted genome to a newborn; death
succession.py    the next generation of an island: survivors and children
adult.py         one adult as a plain torch module
founding.py      founders that the user brings
programs.py      adults as files that others read: safetensors, TorchScript, ONNX
"""
