"""Islands on Ray.

cluster.py        what there is in a cluster and room for
head.py           the cluster's head, and its silence
supervisor.py     the backend: workers keep islands, and those of a lost one go to others
homes.py          which worker keeps which islands, and who has to know of it
introductions.py  who may ask whom for pieces of large islands
pool.py           workers started where there is room, and replaced
worker.py         the actor: it answers pings while it starts, and reports while it lives
tasks.py          a job in a process of Ray
failures.py       the failure detector: when a worker is given up
placing.py        which nodes workers are placed on
addresses.py      where Ray is to be
start.py          Ray started or joined, for one user at a time
surroundings.py   what is arranged around its start
guard.py          a process that ends what hangs while Ray starts
folder.py         where Ray keeps its sockets and logs
cores.py          how many cores this process may use
devices.py        errors of a GPU, told from errors of the program
asking.py         what workers say of their devices
"""
