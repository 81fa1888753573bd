"""The world that all individuals share: the task and the fixed projections.

task.py         MNIST or any folder of IDX files, split to learn, to select and to test
mnist.py        MNIST itself: where it comes from, and the check that it is MNIST
idx.py          IDX files: a strict reader and a writer
glyphs.py       a small data set that needs no file
splits.py       how a training set is divided
projections.py  random projections of coordinates and pixels, drawn once
"""
