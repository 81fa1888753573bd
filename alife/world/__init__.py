"""The world that all individuals share: the task and the fixed projections.

task.py         MNIST, a folder of IDX files or arrays in memory, split to learn, to select and to test
about.py        what a data set is, in a few lines
parts.py        training and test set before they are divided, and what has to fit in them
arrays.py       images of arrays, tensors and lists, in any layout
labels.py       labels of any dtype, and words
targets.py      numbers to predict, and the scale on which they are learned
datasets.py     data sets as of torchvision and Hugging Face, taken apart
mnist.py        MNIST itself: where it comes from, and the check that it is MNIST
idx.py          IDX files: a strict reader and a writer
glyphs.py       a small data set that needs no file
splits.py       how a training set is divided
projections.py  random projections of coordinates and pixels, drawn once
"""
