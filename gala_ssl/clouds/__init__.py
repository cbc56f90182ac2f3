"""The bonds around each particle."""
# Bonds in a point cloud: a network looks at each of their pairs, and memory is set aside for so many at most.
MOST_NEIGHBORS = 512
