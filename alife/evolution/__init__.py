"""One island's evolution: birth, life, scores, selection, reproduction.

island.py        a generation of one island, as a pure function
selection.py     fitness, the schemes of selection, and what each leads one to expect
reproduction.py  from an emitted genome to a newborn; death
adult.py         one adult as a plain torch module
founding.py      founders that the user brings
programs.py      adults as files that others read: safetensors, TorchScript, ONNX
"""
